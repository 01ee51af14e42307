/** Pay several of what waits by one payment: the chosen rows, or all of them. */

import { __ } from "../pay_form/i18n.js";
import { key_of } from "../pay_form/parts.js";
import { button } from "../pay_form/view/button.js";
import { el, set_attributes, set_text, show } from "../pay_form/view/dom.js";
import { money } from "./format.js";

// As payments/together.py has it (MOST_DOCUMENTS).
const MOST = 40;

export class Together {
	constructor({ on_pay }) {
		this.rows = [];
		this.keys = new Set();
		this.chosen = [];
		this.pay_chosen = button(__("Pay chosen"), "btn-primary", () =>
			on_pay(this.chosen, this.pay_chosen)
		);
		this.pay_all = button(__("Pay all"), "btn-default", () =>
			on_pay(this.rows.slice(0, MOST), this.pay_all)
		);
		this.sum = el("span.stripe-pay-muted", { attrs: { role: "status" } });
		this.node = el("div.stripe-home-together", {}, this.pay_chosen, this.pay_all, this.sum);
		show(this.node, false);
	}

	/** `rows` are all that wait. What was chosen of them stays so while it can be paid. */
	render(rows) {
		this.rows = rows.filter(({ may_pay }) => may_pay);
		this.keys = new Set(this.rows.map(key_of).filter((key) => this.keys.has(key)));
		this._show_chosen();
	}

	/** For the row's check box, as `waiting_row` wants it; null where there is nothing to be chosen together. */
	choice_of(row) {
		if (this.rows.length < 2) return null;
		return {
			chosen: this.keys.has(key_of(row)),
			on_change: (checked) => {
				this.keys[checked ? "add" : "delete"](key_of(row));
				this._show_chosen();
			},
		};
	}

	clear() {
		this.keys.clear();
	}

	_show_chosen() {
		this.chosen = this.rows.filter((row) => this.keys.has(key_of(row)));
		const { length } = this.chosen;
		show(this.node, this.rows.length > 1);
		set_attributes(this.pay_chosen, { disabled: !length || length > MOST });
		set_text(
			this.pay_all,
			this.rows.length > MOST ? __("Pay the first {0}", [MOST]) : __("Pay all")
		);
		set_text(this.sum, length ? this._about_chosen() : "");
	}

	_about_chosen() {
		if (this.chosen.length <= MOST) return this._sums();
		return __("At most {0} documents can be paid at once. Choose fewer.", [MOST]);
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
