/** The payer's newest payments with their receipts, and the ways to the rest. */

import { __ } from "../pay_form/i18n.js";
import { el } from "../pay_form/view/dom.js";
import { date, form_link, money } from "./format.js";

const COLOURS = {
	"Action Required": "orange",
	Processing: "orange",
	Succeeded: "green",
	Failed: "red",
	Disputed: "red",
	"Dispute Lost": "red",
};

export function own_payments(payments, may_pay) {
	const list = payments.length
		? el(
				"ul.stripe-home-rows",
				{ attrs: { "aria-label": __("My payments") } },
				...payments.map((payment) => payment_row(payment, receipt(payment)))
		  )
		: el("div.stripe-home-empty", {}, el("p", {}, __("You have made no payment yet.")));
	return [el("h2.stripe-home-heading", {}, __("My payments")), list, links(payments, may_pay)];
}

/** `actions`: what can be done with it, a node or null. */
export function payment_row(payment, actions) {
	const { amount, currency, status } = payment;
	return el(
		"li.stripe-home-row",
		{ attrs: { "data-name": payment.name } },
		el(
			"div.stripe-home-what",
			{},
			el(
				"a.stripe-home-title",
				{ attrs: { href: form_link("Invoice Payment", payment.name) } },
				payment.reference_title || payment.reference_name
			),
			el("div.stripe-pay-muted", {}, about(payment))
		),
		el(
			"div.stripe-home-due",
			{},
			el(
				`span.stripe-pay-pill.stripe-pay-pill--${COLOURS[status] || "gray"}`,
				{},
				payment.status_label
			)
		),
		el("div.stripe-home-amount", {}, el("strong", {}, money(amount, currency))),
		el("div.stripe-home-action", {}, actions)
	);
}

function about({ creation, method_label, reference_name, expected_by, status }) {
	const until =
		status === "Processing" && expected_by ? __("expected by {0}", [date(expected_by)]) : null;
	return [date(creation.split(" ")[0]), method_label, reference_name, until]
		.filter(Boolean)
		.join(" · ");
}

function receipt({ receipt_url, reference_title, reference_name }) {
	if (!/^https?:/.test(receipt_url || "")) return null;
	const name = __("Receipt for {0}", [reference_title || reference_name]);
	return el(
		"a.btn.btn-default.btn-sm.stripe-pay-button",
		{
			attrs: {
				href: receipt_url,
				target: "_blank",
				rel: "noopener noreferrer",
				"aria-label": name,
			},
		},
		__("Receipt")
	);
}

function links(payments, may_pay) {
	const all =
		payments.length > 0 &&
		link(__("All my payments"), () =>
			frappe.set_route("List", "Invoice Payment", "List", { user: frappe.session.user })
		);
	const methods =
		may_pay &&
		link(__("My cards and bank accounts"), () => frappe.set_route("my-payment-methods"));
	const items = link(__("My work items"), () => frappe.set_route("List", "Workflow Action"));
	return el(
		"nav.stripe-home-links",
		{ attrs: { "aria-label": __("More") } },
		all,
		methods,
		items
	);
}

function link(label, on_click) {
	return el(
		"button.btn.btn-default.btn-sm",
		{ attrs: { type: "button" }, on: { click: on_click } },
		label
	);
}
