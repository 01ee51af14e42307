/** The payer's own payments, with the app's receipt and Stripe's. */

import { receipt_link } from "./surroundings.js";
import { __ } from "../pay_form/i18n.js";
import { el } from "../pay_form/view/dom.js";
import { payment_row } from "../payer_home/payments.js";

export function payments_list(payments) {
	if (!payments.length) {
		return el("div.stripe-home-empty", {}, el("p", {}, __("You have made no payment yet.")));
	}
	return el(
		"ul.stripe-home-rows",
		{ attrs: { "aria-label": __("My payments") } },
		...payments.map((payment) => payment_row(payment, receipts(payment)))
	);
}

function receipts({ name, was_received, receipt_url, reference_title, reference_name }) {
	const what = reference_title || reference_name;
	const of_stripe = /^https?:/.test(receipt_url || "");
	if (!was_received && !of_stripe) return null;
	return el(
		"div.stripe-portal-receipts",
		{},
		was_received &&
			link(receipt_link(name), __("Receipt"), __("Receipt for {0}", [what]), "btn-default"),
		of_stripe &&
			link(
				receipt_url,
				__("Receipt at Stripe"),
				__("Receipt at Stripe for {0}", [what]),
				"btn-link"
			)
	);
}

function link(href, label, name, kind) {
	const attrs = { href, target: "_blank", rel: "noopener noreferrer", "aria-label": name };
	return el(`a.btn.btn-sm.${kind}.stripe-pay-button`, { attrs }, label);
}
