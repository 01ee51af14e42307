/** What is being paid, and what else is under way. */

import { __ } from "../i18n.js";
import { under_way } from "../messages.js";
import { el, replace_children, set_text, show } from "./dom.js";

export class Summary {
	constructor({ format }) {
		this.format = format;
		this.title = el("div.stripe-pay-title");
		this.party = el("div.stripe-pay-party");
		this.outstanding = el("div.stripe-pay-outstanding");
		this.details = el("dl.stripe-pay-details");
		this.under_way = el("ul.stripe-pay-under-way");
		this.node = el(
			"section.stripe-pay-summary",
			{ attrs: { "aria-label": __("Invoice") } },
			el(
				"div.stripe-pay-head",
				{},
				el("div.stripe-pay-what", {}, this.title, this.party),
				this.outstanding
			),
			this.details,
			this.under_way
		);
	}

	render(form, details) {
		const { invoice } = form;
		set_text(this.title, invoice.title || invoice.name);
		set_text(
			this.party,
			[invoice.title && invoice.title !== invoice.name && invoice.name, invoice.party]
				.filter(Boolean)
				.join(" · ")
		);
		replace_children(
			this.outstanding,
			el("div.stripe-pay-outstanding-amount", {}, this.format.major(invoice.outstanding)),
			el("div.stripe-pay-muted", {}, __("outstanding"))
		);
		replace_children(this.details, ...details.map((detail) => detail_row(detail)));
		const entries = form.under_way || [];
		replace_children(
			this.under_way,
			...entries.map((entry) => el("li", {}, this._under_way(entry)))
		);
		show(this.under_way, entries.length > 0);
	}

	_under_way(entry) {
		return under_way(entry, this.format.major(entry.amount, entry.currency), this.format.date);
	}
}

function detail_row({ label, value }) {
	// A path or a number keeps its own direction on a page from right to left.
	const text = el("bdi", {}, String(value ?? ""));
	return el("div", {}, el("dt", {}, String(label)), el("dd", {}, text));
}
