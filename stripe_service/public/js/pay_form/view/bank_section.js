/**
 * The bank accounts: choose a verified one, add one inside Stripe's fields, verify one that waits.
 *
 * Only shows and asks; what happens on each button is the BankFlow's (bank_flow.js).
 */

import { __ } from "../i18n.js";
import { bank_note, bank_status, bank_title } from "../messages.js";
import { AddBankPanel } from "./add_bank_panel.js";
import { button } from "./button.js";
import { RadioRows } from "./choices.js";
import { el, set_text, show } from "./dom.js";
import { bank_mark } from "./marks.js";
import { VerifyPanel } from "./verify_panel.js";

export class BankSection {
	constructor({
		format,
		on_choose,
		on_add,
		on_add_confirm,
		on_add_cancel,
		on_verify,
		on_remove,
	}) {
		Object.assign(this, { format, on_verify, on_remove });
		this.rows = new RadioRows({ label: __("Your bank accounts"), on_choose });
		this.none = el("p.stripe-pay-muted", {}, __("You have not added a bank account yet."));
		this.first_button = button(__("Add a bank account"), "btn-primary", on_add);
		this.next_button = button(__("Add a bank account"), "btn-default", on_add);
		this.add_panel = new AddBankPanel({
			on_confirm: on_add_confirm,
			on_cancel: on_add_cancel,
		});
		this.status = el("p.stripe-pay-muted.stripe-pay-bank-status", {
			attrs: { role: "status" },
		});
		this.extras = new Map();
		this.node = el(
			"div.stripe-pay-section",
			{},
			this.rows.node,
			this.none,
			this.first_button,
			this.next_button,
			this.add_panel.node,
			this.status
		);
	}

	/** The one that is shown: adding is the thing to do where no account can pay yet. */
	get add_button() {
		return this.first_button.hidden ? this.next_button : this.first_button;
	}

	render(state, flow, { disabled }) {
		const accounts = state.form.saved.bank_accounts;
		const adding = flow.step === "adding";
		const may_add = !adding && state.form.methods.us_bank_account?.may_save !== false;
		show(this.rows.node, accounts.length > 0);
		show(this.none, accounts.length === 0 && !adding);
		this.rows.render(
			accounts.map((row) => this._row(row, flow, disabled)),
			state.bank_account,
			{ disabled }
		);
		show(this.first_button, may_add && accounts.length === 0);
		show(this.next_button, may_add && accounts.length > 0);
		this.add_button.disabled = disabled || flow.busy;
		this.add_panel.render(flow, state.form.stripe?.test_mode);
		set_text(this.status, flow.status);
		show(this.status, Boolean(flow.status));
	}

	_row(row, flow, disabled) {
		return {
			value: row.name,
			mark: bank_mark(),
			title: bank_title(row),
			detail: row.usable ? "" : bank_note(row, this.format.date),
			disabled: !row.usable,
			pills: [
				bank_status(row),
				row.is_default && row.usable && { label: __("Default"), colour: "gray" },
			].filter(Boolean),
			extra: row.usable ? null : this._extra(row, flow, disabled),
		};
	}

	/** What can be done about an account that can't pay: verify it, remove it. */
	_extra(row, flow, disabled) {
		const verifying = row.status === "Verification Pending" && row.microdeposit_type;
		const key = `${row.name}/${row.status}/${row.microdeposit_type}`;
		if (!this.extras.has(key)) this.extras.set(key, this._make_extra(row, verifying));
		const { node, panel, remove, error } = this.extras.get(key);
		const busy = disabled || flow.busy;
		const problem = flow.name === row.name ? flow.error : "";
		panel?.render(row, { busy, error: problem });
		remove.disabled = busy;
		set_text(error, panel ? "" : problem);
		show(error, Boolean(error.textContent));
		return node;
	}

	_make_extra(row, verifying) {
		const panel = verifying ? new VerifyPanel(row, { on_verify: this.on_verify }) : null;
		const remove = button(
			__("Remove"),
			"btn-default",
			() => this.on_remove(row),
			__("Remove {0}", [bank_title(row)])
		);
		const error = el("p.stripe-pay-field-error", { attrs: { role: "alert" } });
		const actions = el("div.stripe-pay-row-actions", {}, error, remove);
		const node = el("div", {}, ...(panel ? [panel.node] : []), actions);
		return { node, panel, remove, error };
	}
}
