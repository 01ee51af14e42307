/** One document that waits: what it is, from whom, when it is due, how much, and Pay. */

import { __ } from "../pay_form/i18n.js";
import { el } from "../pay_form/view/dom.js";
import { date, form_link, money } from "./format.js";

/** `row.about` are words beside its title. `choose` is null where there is nothing to be chosen together: {chosen, on_change(checked)}. */
export function waiting_row(row, on_pay, choose) {
	return el(
		`li.stripe-home-row${choose ? ".stripe-home-row--choosable" : ""}`,
		{ attrs: { "data-name": row.name } },
		choose && checkbox(row, choose),
		el(
			"div.stripe-home-what",
			{},
			el(
				"a.stripe-home-title",
				{ attrs: { href: form_link(row.doctype, row.name) } },
				row.title
			),
			el("div.stripe-pay-muted", {}, about(row)),
			row.why_not && el("div.stripe-pay-muted", {}, row.why_not),
			row.automatic_on &&
				el(
					"div.stripe-pay-muted",
					{},
					__("Will be paid automatically on {0}", [date(row.automatic_on)])
				)
		),
		due(row),
		amount(row),
		el("div.stripe-home-action", {}, row.may_pay ? pay_button(row, on_pay) : null)
	);
}

function checkbox(row, { chosen, on_change }) {
	if (!row.may_pay) return el("span");
	const input = el("input.stripe-home-choose", {
		attrs: {
			type: "checkbox",
			"aria-label": __("Choose {0}", [row.title]),
			"data-name": row.name,
		},
		on: { change: (event) => on_change(event.target.checked) },
	});
	input.checked = chosen;
	return input;
}

function about(row) {
	const number = row.title === row.name ? null : row.name;
	return [...row.about, number].filter(Boolean).join(" · ");
}

function due(row) {
	if (!row.due_date) return el("div.stripe-home-due.stripe-pay-muted", {}, __("No due date"));
	const day = el("div", {}, __("Due {0}", [date(row.due_date)]));
	const mark = overdue(row);
	return el("div.stripe-home-due", {}, day, mark);
}

function overdue({ days_overdue, due_today }) {
	if (due_today) return pill("orange", __("Due today"));
	if (!days_overdue) return null;
	const text =
		days_overdue === 1 ? __("Overdue by 1 day") : __("Overdue by {0} days", [days_overdue]);
	return pill("red", text);
}

function pill(colour, text) {
	return el(`span.stripe-pay-pill.stripe-pay-pill--${colour}`, {}, text);
}

function amount(row) {
	const under_way = Number(row.under_way)
		? el(
				"div.stripe-pay-muted",
				{},
				__("{0} of it under way", [money(row.under_way, row.currency)])
		  )
		: null;
	return el(
		"div.stripe-home-amount",
		{},
		el("strong", {}, money(row.outstanding, row.currency)),
		under_way
	);
}

function pay_button(row, on_pay) {
	return el(
		"button.btn.btn-primary.btn-sm.stripe-pay-button",
		{
			attrs: {
				type: "button",
				"aria-label": __("Pay {0}", [row.title]),
				"data-name": row.name,
				"data-doctype": row.doctype,
			},
			on: { click: on_pay },
		},
		__("Pay")
	);
}
