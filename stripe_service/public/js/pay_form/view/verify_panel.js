/** Verifying a bank account by what Stripe deposited: two amounts, or the code of the one deposit. */

import { __ } from "../i18n.js";
import { tries_left } from "../messages.js";
import { button } from "./button.js";
import { el, set_text, show, unique_id } from "./dom.js";

export class VerifyPanel {
	constructor(row, { on_verify }) {
		this.type = row.microdeposit_type;
		const submit = () => on_verify(row.name, this._answer());
		this.inputs = this.type === "amounts" ? amount_inputs() : code_input();
		this.error = el("p.stripe-pay-field-error", {
			attrs: { role: "alert", id: unique_id("verify-error") },
		});
		this.tries = el("span.stripe-pay-muted");
		this.submit = button(__("Verify"), "btn-primary", submit);
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
			el("p.stripe-pay-muted", {}, this._instruction(row)),
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
		const values = this.inputs.map(({ input }) => input.value.replace(/\s/g, ""));
		if (this.type !== "amounts") return { descriptor_code: values[0].toUpperCase() };
		const [first_amount, second_amount] = values.map(cents);
		return { first_amount, second_amount };
	}

	render(row, { busy, error }) {
		set_text(this.error, error);
		show(this.error, Boolean(error));
		// The server's answer to a wrong guess may say it already.
		const tries = tries_left(row);
		set_text(this.tries, error.includes(tries) ? "" : tries);
		this.submit.disabled = busy;
		for (const { input } of this.inputs) {
			input.disabled = busy;
			input.setAttribute("aria-invalid", error ? "true" : "false");
		}
	}
}

/** 32 for "32" as for "0.32", "$0.32" and "$ 0,32", which is what the statement says; null for anything else. */
function cents(text) {
	const [, digits] = /^(?:\$?0?[.,])?(\d{1,2})$/.exec(text) || [];
	return digits ? Number(digits) : null;
}

function amount_inputs() {
	return [__("First amount"), __("Second amount")].map((label) =>
		labelled_input(label, { inputmode: "numeric", placeholder: "00" }, "¢")
	);
}

function code_input() {
	return [
		labelled_input(__("Code"), {
			placeholder: "SM0000",
			autocapitalize: "characters",
		}),
	];
}

function labelled_input(label, attributes, unit = "") {
	// No maxlength: what is pasted from a mail has blanks around it, and would be cut short.
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
