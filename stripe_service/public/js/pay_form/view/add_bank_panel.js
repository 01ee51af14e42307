/** Stripe's own fields for a bank account, with the mandate's text; what happens is BankFlow's (bank_flow.js). */

import { __ } from "../i18n.js";
import { button } from "./button.js";
import { el, set_text, show } from "./dom.js";
import { test_bank_account } from "./test_data.js";

/**
 * Not a dialog: a modal one would lie above, and lock, the window in which Stripe lets the payer link their bank.
 */
export class AddBankPanel {
	constructor({ on_confirm, on_cancel }) {
		this.mount_point = el("div.stripe-pay-element");
		// Never seen: what our own inputs look like, for Stripe's to look the same.
		this.like = el("div.stripe-pay-input.stripe-pay-model.form-control");
		this.loading = el(
			"p.stripe-pay-muted.stripe-pay-element-loading",
			{},
			__("Loading the secure entry fields…")
		);
		this.error = el("p.stripe-pay-field-error", { attrs: { role: "alert" } });
		this.cancel = button(__("Cancel"), "btn-default", on_cancel);
		this.confirm = button(__("Add this account"), "btn-primary", on_confirm);
		const label = __("Add a bank account");
		this.test_data = test_bank_account();
		this.node = el(
			"div.stripe-pay-panel",
			{ attrs: { role: "group", "aria-label": label } },
			el("div.stripe-pay-panel-title", {}, label),
			el(
				"p.stripe-pay-muted",
				{},
				__(
					"The account number goes to Stripe only. Stripe verifies the account at once if your bank takes part, otherwise by a small deposit within two business days."
				)
			),
			this.loading,
			this.mount_point,
			this.test_data,
			this.like,
			this.error,
			el("div.stripe-pay-panel-actions", {}, this.cancel, this.confirm)
		);
	}

	/** `state` is the BankFlow's; `test_mode`: the keys are test keys. */
	render({ step, element_ready, busy, error }, test_mode) {
		show(this.test_data, Boolean(test_mode));
		const adding = step === "adding";
		show(this.node, adding);
		show(this.loading, adding && !element_ready && !error);
		set_text(this.error, adding ? error : "");
		show(this.error, adding && Boolean(error));
		this.confirm.disabled = busy || !element_ready;
		this.cancel.disabled = busy;
	}
}
