/** Pay several of what waits by one payment: the chosen rows, or all of them. */

import { __ } from "../pay_form/i18n.js";
import { key_of } from "../pay_form/parts.js";
import { button } from "../pay_form/view/button.js";
import { el, set_attributes, set_text, show } from "../pay_form/view/dom.js";
import { money } from "./format.js";

// As payments/claim.py has it (MOST_DOCUMENTS).
const MOST = 40;

export class Together {
	constructor({ on_pay }) {
		this.rows = [];
		this.chosen = [];
		this.pay_chosen = button(__("Pay chosen"), "btn-primary", () =>
			on_pay(this.chosen.slice(0, MOST), this.pay_chosen)
		);
		this.pay_all = button(__("Pay all"), "btn-default", () =>
			on_pay(this.rows.slice(0, MOST), this.pay_all)
		);
		this.sum = el("span.stripe-pay-muted", { attrs: { role: "status" } });
		this.node = el("div.stripe-home-together", {}, this.pay_chosen, this.pay_all, this.sum);
		show(this.node, false);
	}

	/** `rows` are those that can be paid, `keys` of them what is chosen. */
	render(rows, keys) {
		this.rows = rows;
		this.chosen = rows.filter((row) => keys.has(key_of(row)));
		show(this.node, rows.length > 1);
		set_attributes(this.pay_chosen, { disabled: !this.chosen.length });
		set_text(this.sum, this.chosen.length ? this._sums() : "");
	}

	/** For each currency by itself, as the form will have to. */
	_sums() {
		const sums = {};
		for (const { currency, outstanding, under_way } of this.chosen) {
			sums[currency] = (sums[currency] || 0) + Number(outstanding) - Number(under_way);
		}
		const amounts = Object.entries(sums).map(([currency, sum]) => money(sum, currency));
		return __("{0} chosen: {1}", [this.chosen.length, amounts.join(" + ")]);
	}
}
