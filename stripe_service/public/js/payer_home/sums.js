/** The four figures; each currency by itself, since amounts of several can't be added. */

import { __ } from "../pay_form/i18n.js";
import { el } from "../pay_form/view/dom.js";
import { money } from "./format.js";

export function sums_of(sums) {
	if (!sums.length) return null;
	return el(
		"dl.stripe-home-sums",
		{},
		figure(__("To pay"), sums, "to_pay"),
		figure(__("Overdue"), sums, "overdue", "stripe-home-overdue"),
		figure(__("Under way"), sums, "under_way"),
		figure(__("Paid by you this month"), sums, "paid_this_month")
	);
}

function figure(label, sums, name, marked = "") {
	const some = sums.filter((sum) => Number(sum[name]));
	const amounts = some.map((sum) => el("dd", {}, money(sum[name], sum.currency)));
	const none = el("dd.stripe-home-none", {}, __("None"));
	return el(
		`div.stripe-home-sum${some.length && marked ? `.${marked}` : ""}`,
		{ attrs: { "data-sum": name } },
		el("dt", {}, label),
		...(amounts.length ? amounts : [none])
	);
}
