/** The pay form in a dialog of the desk. */

import { __ } from "../i18n.js";
import { frappe_adapter } from "../frappe_adapter.js";
import { PayForm } from "../pay_form.js";

/**
 * Resolves, when the dialog has been closed, with the result of the payment or null.
 *
 * `on_result(result)` is called as soon as there is one, while the dialog still shows it.
 */
export function open_dialog({ doctype, name, on_result }) {
	return new Promise((resolve) => {
		// Static: a click beside the dialog must not throw away a card that has been typed in.
		const dialog = new frappe.ui.Dialog({ title: __("Pay"), static: true });
		let result = null;
		const form = new PayForm({
			target: dialog.body,
			doctype,
			name,
			adapter: frappe_adapter(),
			customise: stripe_service.pay_form.customisation_of(doctype),
			on_result: (outcome) => {
				result = outcome;
				on_result?.(outcome);
			},
			on_close: () => dialog.hide(),
		});
		close_only_when_idle(dialog, form);
		dialog.$wrapper.addClass("stripe-pay-dialog");
		dialog.on_hide = () => {
			form.destroy();
			resolve(result);
		};
		dialog.show();
		form.open();
	});
}

/** While an answer is awaited the dialog stays: closed, it could not show what became of the money. */
function close_only_when_idle(dialog, form) {
	const button = dialog.get_close_btn().show().get(0);
	button.addEventListener(
		"click",
		(event) => {
			if (form.busy) event.stopImmediatePropagation();
		},
		true
	);
	dialog.$wrapper.on("keydown", (event) => {
		if (event.key === "Escape" && !form.busy) dialog.hide();
	});
}
