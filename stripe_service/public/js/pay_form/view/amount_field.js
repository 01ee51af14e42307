/** The amount, with what may be paid beneath it and what is wrong beside it. */

import { el, set_attributes, set_text, show, unique_id } from "./dom.js";

export class AmountField {
	constructor({ texts, on_type }) {
		this.texts = texts;
		const help = unique_id("amount-help");
		const error = unique_id("amount-error");
		this.input = el("input.stripe-pay-input.form-control", {
			attrs: {
				id: unique_id("amount"),
				type: "text",
				inputmode: "decimal",
				autocomplete: "off",
				"aria-describedby": `${error} ${help}`,
			},
			on: { input: (event) => on_type(event.target.value) },
		});
		this.currency = el("span.stripe-pay-currency", { attrs: { "aria-hidden": "true" } });
		this.help = el("p.stripe-pay-muted", { attrs: { id: help } });
		this.error = el("p.stripe-pay-field-error", { attrs: { id: error, role: "alert" } });
		this.node = el(
			"div.stripe-pay-amount",
			{},
			el("label.stripe-pay-label", { attrs: { for: this.input.id } }, texts.amount_label),
			el("div.stripe-pay-amount-box", {}, this.input, this.currency),
			this.error,
			this.help
		);
	}

	render(state, { problem, disabled, format }) {
		const { amount, invoice } = state.form;
		if (this.input.value !== state.amount) this.input.value = state.amount;
		set_attributes(this.input, {
			readonly: !amount.partial_allowed,
			disabled,
			"aria-invalid": problem ? "true" : null,
		});
		set_text(this.currency, invoice.currency);
		const max = format.minor(amount.max_minor);
		const help = amount.partial_allowed
			? this.texts.amount_help(max)
			: this.texts.amount_fixed(max);
		set_text(this.help, [help, amount.reason].filter(Boolean).join(" "));
		set_text(this.error, problem);
		show(this.error, Boolean(problem));
		show(this.help, !problem);
	}
}
