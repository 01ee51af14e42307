/** The pay form in a dialog of the desk. */

import { accessible } from "../../desk/accessible_dialog.js";
import { frappe_adapter } from "../frappe_adapter.js";
import { __ } from "../i18n.js";
import { PayForm } from "../pay_form.js";

let shown = null; // a Promise while a dialog is open
let leaving = null; // that of a dialog that was closed and has not faded away yet

/**
 * Resolves, when the dialog has been closed, with the result of the payment or null.
 *
 * `on_result(result)` is called as soon as there is one, while the dialog still shows it. While one dialog is open there
 * is no second one: asked again, the first one answers.
 */
export function open_dialog(options) {
	if (shown) return shown;
	const show = () =>
		show_dialog(options, () => {
			shown = null;
			leaving = opened;
		});
	const opened = (leaving ? leaving.then(show) : show()).finally(() => {
		if (shown === opened) shown = null;
		if (leaving === opened) leaving = null;
	});
	shown = opened;
	return opened;
}

function show_dialog({ doctype, name, documents, on_result }, on_leaving) {
	return new Promise((resolve) => {
		const opener = document.activeElement;
		// Static: a click beside the dialog must not throw away a card that has been typed in.
		const dialog = new frappe.ui.Dialog({ title: __("Pay"), static: true });
		let result = null;
		const form = new PayForm({
			target: dialog.body,
			doctype,
			name,
			documents,
			adapter: frappe_adapter(),
			customise: doctype ? stripe_service.pay_form.customisation_of(doctype) : {},
			on_result: (outcome) => {
				result = outcome;
				on_result?.(outcome);
			},
			on_close: () => dialog.hide(),
			on_escape: () => close_if_idle(dialog, form),
		});
		dialog.$wrapper.addClass("stripe-pay-dialog");
		accessible(dialog, opener);
		const forget_keys = close_only_when_idle(dialog, form);
		dialog.$wrapper.one("hide.bs.modal", on_leaving);
		dialog.on_hide = () => {
			forget_keys();
			form.destroy();
			resolve(result);
		};
		dialog.show();
		form.open();
	});
}

/** While an answer is awaited the dialog stays: closed, it could not show what became of the money. */
function close_if_idle(dialog, form) {
	if (!form.busy) dialog.hide();
}

/** The close button, and the Escape key wherever the focus is; a static dialog has neither by itself. */
function close_only_when_idle(dialog, form) {
	const button = dialog.get_close_btn().show().get(0);
	const on_click = (event) => form.busy && event.stopImmediatePropagation();
	const on_key = (event) => {
		const on_top = !window.cur_dialog || window.cur_dialog === dialog;
		if (event.key === "Escape" && on_top) close_if_idle(dialog, form);
	};
	button.addEventListener("click", on_click, true);
	document.addEventListener("keydown", on_key);
	return () => document.removeEventListener("keydown", on_key);
}
