/** Where a payer without a login may ask for Stripe's receipt. */

import { __ } from "../i18n.js";
import { el, show, unique_id } from "./dom.js";

export class EmailField {
	constructor() {
		this.help = el(
			"p.stripe-pay-muted",
			{ attrs: { id: unique_id("email-help") } },
			__("Stripe sends the receipt there. Leave it empty if you need none by e-mail.")
		);
		this.input = el("input.form-control.stripe-pay-input", {
			attrs: {
				type: "email",
				id: unique_id("email"),
				autocomplete: "email",
				maxlength: 254,
				"aria-describedby": this.help.id,
			},
		});
		this.node = el(
			"div.stripe-pay-email",
			{},
			el(
				"label.stripe-pay-label",
				{ attrs: { for: this.input.id } },
				__("E-mail address for the receipt (optional)")
			),
			this.input,
			this.help
		);
	}

	get value() {
		return this.input.value.trim();
	}

	get is_valid() {
		return this.input.checkValidity();
	}

	render(state, { disabled }) {
		show(this.node, Boolean(state.form.asks_email));
		this.input.disabled = disabled;
	}
}
