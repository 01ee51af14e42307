/** What is to be paid, with its heading and the buttons for several at once: on the payer's home and on the portal's page. */

import { Together } from "./together.js";
import { why_empty } from "./empty.js";
import { waiting_row } from "./waiting.js";
import { __ } from "../pay_form/i18n.js";
import { button } from "../pay_form/view/button.js";
import { el, replace_children, show } from "../pay_form/view/dom.js";

export class WaitingList {
	/**
	 * `page(start)` asks the server for the rows from there on; `on_pay(row)` pays one, `on_pay_together(rows, button)` several;
	 * `on_error(error)` says what went wrong; `about(row)` is what a row says of its document, beside its title.
	 */
	constructor({ page, on_pay, on_pay_together, on_error, about = about_inside }) {
		Object.assign(this, { page, on_pay, on_error, about });
		this.rows = [];
		this.heading = el("h2.stripe-home-heading", { attrs: { tabindex: "-1" } }, __("To pay"));
		this.together = new Together({ on_pay: on_pay_together });
		this.loading = el("p.stripe-pay-muted", {}, __("Loading…"));
		this.list = el("div", {}, this.loading);
		this.more = button(__("Show more"), "btn-default", () => this._load_more());
		show(this.more, false);
		this.node = el("section", {}, this.heading, this.together.node, this.list, this.more);
	}

	/** Nothing has been drawn yet. */
	get waits() {
		return this.list.firstChild === this.loading;
	}

	/** The server's answer, with as many rows as are shown: a list that was made longer stays so. It is not drawn yet. */
	async read() {
		const answer = await this.page(0);
		let { waiting, more } = answer;
		while (more && waiting.length < Math.max(this.rows.length, 1)) {
			const next = await this.page(waiting.length);
			waiting = [...waiting, ...next.waiting];
			more = next.more && next.waiting.length > 0;
		}
		return { ...answer, waiting, more };
	}

	show({ waiting, more, why_empty: reason = null }) {
		this.rows = waiting;
		this.together.render(waiting);
		const items = waiting.map((row) =>
			waiting_row(
				{ ...row, about: this.about(row) },
				() => this.on_pay(row),
				this.together.choice_of(row)
			)
		);
		const label = { attrs: { "aria-label": __("To pay") } };
		const list = el("ul.stripe-home-rows", label, ...items);
		replace_children(this.list, waiting.length ? list : why_empty(reason));
		show(this.more, more);
	}

	/** In place of the rows, until they are read. */
	show_instead(node = this.loading) {
		replace_children(this.list, node);
	}

	async _load_more() {
		try {
			const { waiting, more } = await this.page(this.rows.length);
			const seen = this.rows.length;
			this.show({ waiting: [...this.rows, ...waiting], more });
			this.list.querySelectorAll("li")[seen]?.querySelector("a")?.focus();
		} catch (error) {
			this.on_error(error);
		}
	}

	/** Onto the document's button, which was drawn anew, or is gone with its row: then onto the heading. */
	focus({ doctype, name }) {
		const place = [...this.list.querySelectorAll("button")].find(
			({ dataset }) => dataset.name === name && dataset.doctype === doctype
		);
		(place || this.heading).focus();
	}
}

/** Whose it is, for the site's own users. */
function about_inside({ party, unit }) {
	return [party, unit];
}
