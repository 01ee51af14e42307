import { el } from "./dom.js";

/** `kind` is a class of Bootstrap's: btn-primary, btn-default, btn-danger. `name` is for screen readers, where several say the same. */
export function button(label, kind, on_click, name = null) {
	return el(
		`button.btn.btn-sm.${kind}.stripe-pay-button`,
		{ attrs: { type: "button", "aria-label": name }, on: { click: on_click } },
		label
	);
}
