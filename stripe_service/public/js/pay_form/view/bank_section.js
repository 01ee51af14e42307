/**
 * The bank accounts: choose a verified one, add one inside Stripe's fields, verify one that waits.
 *
 * Only shows and asks; what happens on each button is the BankFlow's (bank_flow.js).
 */

import { __ } from "../i18n.js";
import { bank_note, bank_status, tries_left } from "../messages.js";
import { RadioRows } from "./choices.js";
import { el, set_text, show, unique_id } from "./dom.js";
import { bank_mark } from "./marks.js";

export class BankSection {
	constructor({ format, on_choose, on_add, on_add_confirm, on_add_cancel, on_verify }) {
		this.format = format;
		this.on_verify = on_verify;
		this.rows = new RadioRows({ label: __("Your bank accounts"), on_choose });
		this.none = el("p.stripe-pay-muted", {}, __("You have not added a bank account yet."));
		this.add_button = button(__("Add a bank account"), on_add, "btn-default");
		this.add_panel = this._add_panel(on_add_confirm, on_add_cancel);
		this.status = el("p.stripe-pay-muted.stripe-pay-bank-status", {
			attrs: { role: "status" },
		});
		this.verify_panels = new Map();
		this.node = el(
			"div.stripe-pay-section",
			{},
			this.rows.node,
			this.none,
			this.add_button,
			this.add_panel.node,
			this.status
		);
	}

	_add_panel(on_confirm, on_cancel) {
		const loading = el(
			"p.stripe-pay-muted.stripe-pay-element-loading",
			{},
			__("Loading the secure entry fields…")
		);
		const mount_point = el("div.stripe-pay-element");
		const error = el("p.stripe-pay-field-error", { attrs: { role: "alert" } });
		const confirm = button(__("Add this account"), on_confirm, "btn-primary");
		const cancel = button(__("Cancel"), on_cancel, "btn-default");
		const node = el(
			"div.stripe-pay-panel",
			{ attrs: { role: "group", "aria-label": __("Add a bank account") } },
			el("div.stripe-pay-panel-title", {}, __("Add a bank account")),
			el(
				"p.stripe-pay-muted",
				{},
				__(
					"Only a verified account can pay. Stripe verifies it at once where your bank takes part, else by a small deposit."
				)
			),
			loading,
			mount_point,
			error,
			el("div.stripe-pay-panel-actions", {}, cancel, confirm)
		);
		return { node, loading, mount_point, error, confirm, cancel };
	}

	render(state, flow, { disabled }) {
		const accounts = state.form.saved.bank_accounts;
		const adding = flow.step === "adding";
		show(this.rows.node, accounts.length > 0);
		show(this.none, accounts.length === 0 && !adding);
		this.rows.render(
			accounts.map((row) => this._row(row, flow, disabled)),
			state.bank_account,
			{ disabled }
		);
		show(this.add_button, !adding && state.form.methods.us_bank_account.may_save !== false);
		this.add_button.disabled = disabled || flow.busy;
		this._render_add(flow, adding);
		set_text(this.status, flow.status);
		show(this.status, Boolean(flow.status));
	}

	_render_add(flow, adding) {
		const { node, loading, error, confirm, cancel } = this.add_panel;
		show(node, adding);
		show(loading, adding && !flow.element_ready);
		set_text(error, adding ? flow.error : "");
		show(error, adding && Boolean(flow.error));
		confirm.disabled = flow.busy || !flow.element_ready;
		cancel.disabled = flow.busy;
	}

	_row(row, flow, disabled) {
		const verifying = row.status === "Verification Pending" && row.microdeposit_type;
		return {
			value: row.name,
			marks: [bank_mark()],
			title: `${row.bank_name || __("Bank account")} ••••\u00a0${row.last4}`,
			detail: row.usable ? "" : bank_note(row, this.format.date),
			disabled: !row.usable,
			pills: [
				bank_status(row),
				row.is_default && row.usable && { label: __("Default"), colour: "gray" },
			].filter(Boolean),
			extra: verifying ? this._verify_panel(row, flow, disabled) : null,
		};
	}

	_verify_panel(row, flow, disabled) {
		const key = `${row.name}/${row.microdeposit_type}`;
		if (!this.verify_panels.has(key)) {
			this.verify_panels.set(
				key,
				new VerifyPanel(row, { format: this.format, on_verify: this.on_verify })
			);
		}
		const panel = this.verify_panels.get(key);
		panel.render(row, {
			busy: disabled || flow.busy,
			error: flow.name === row.name ? flow.error : "",
		});
		return panel.node;
	}
}

/** Two amounts, or the code of the one deposit: whichever Stripe sent. */
export class VerifyPanel {
	constructor(row, { on_verify, format }) {
		this.type = row.microdeposit_type;
		const submit = () => on_verify(row.name, this._answer());
		this.inputs = this.type === "amounts" ? amount_inputs() : code_input();
		this.error = el("p.stripe-pay-field-error", {
			attrs: { role: "alert", id: unique_id("verify-error") },
		});
		this.tries = el("span.stripe-pay-muted");
		this.submit = button(__("Verify"), submit, "btn-default");
		for (const { input } of this.inputs) {
			input.setAttribute("aria-describedby", this.error.id);
			input.addEventListener("keydown", (event) => {
				if (event.key !== "Enter") return;
				event.preventDefault();
				submit();
			});
		}
		this.node = el(
			"div.stripe-pay-verify",
			{
				attrs: {
					role: "group",
					"aria-label": __("Verify the account ending in {0}", [row.last4]),
				},
			},
			el("p.stripe-pay-muted", {}, this._instruction(row, format)),
			el(
				"div.stripe-pay-verify-line",
				{},
				...this.inputs.map(({ node }) => node),
				this.submit,
				this.tries
			),
			this.error
		);
	}

	_instruction(row) {
		return this.type === "amounts"
			? __(
					"Look for two small deposits marked ACCTVERIFY on the statement of •••• {0}, and enter their amounts in cents.",
					[row.last4]
			  )
			: __(
					"Look for a deposit of $0.01 on the statement of •••• {0}, and enter the code of six characters beside it. It starts with SM.",
					[row.last4]
			  );
	}

	_answer() {
		const values = this.inputs.map(({ input }) => input.value.trim());
		if (this.type !== "amounts") return { descriptor_code: values[0].toUpperCase() };
		const [first_amount, second_amount] = values.map((value) =>
			/^\d{1,2}$/.test(value) ? Number(value) : null
		);
		return { first_amount, second_amount };
	}

	render(row, { busy, error }) {
		set_text(this.error, error);
		show(this.error, Boolean(error));
		set_text(this.tries, tries_left(row));
		this.submit.disabled = busy;
		for (const { input } of this.inputs) {
			input.disabled = busy;
			input.setAttribute("aria-invalid", error ? "true" : "false");
		}
	}
}

function amount_inputs() {
	return [__("First amount"), __("Second amount")].map((label) =>
		labelled_input(label, { inputmode: "numeric", maxlength: 2, placeholder: "00" }, "¢")
	);
}

function code_input() {
	return [
		labelled_input(__("Code"), {
			maxlength: 6,
			placeholder: "SM0000",
			autocapitalize: "characters",
		}),
	];
}

function labelled_input(label, attributes, unit = "") {
	const input = el("input.stripe-pay-input.form-control", {
		attrs: { type: "text", id: unique_id("verify"), autocomplete: "off", ...attributes },
	});
	const node = el(
		"div.stripe-pay-verify-field",
		{},
		el(
			"label.stripe-pay-label",
			{ attrs: { for: input.id } },
			unit ? `${label} (${unit})` : label
		),
		input
	);
	return { input, node };
}

function button(label, on_click, kind) {
	return el(
		`button.btn.btn-sm.${kind}.stripe-pay-button`,
		{ attrs: { type: "button" }, on: { click: on_click } },
		label
	);
}
