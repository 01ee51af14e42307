/**
 * The pay form in the place of the lists. Not in a dialog of the browser's own: that would lie above what Stripe shows for
 * 3-D Secure, and keep it from being used.
 */

import { __ } from "../pay_form/i18n.js";
import { PayForm } from "../pay_form/pay_form.js";
import { button } from "../pay_form/view/button.js";
import { el, replace_children, show } from "../pay_form/view/dom.js";

export class PayPanel {
	/** `on_leave()` is called when the payer goes back to the lists. */
	constructor({ adapter, on_leave }) {
		this.adapter = adapter;
		this.on_leave = on_leave;
		this.form = null;
		this.heading = el("h2.stripe-home-heading", { attrs: { tabindex: "-1" } }, __("Pay"));
		this.place = el("div.stripe-portal-form");
		this.node = el(
			"section.stripe-portal-pay",
			{ attrs: { hidden: true } },
			button(__("Back to the overview"), "btn-default", () => this._leave()),
			this.heading,
			this.place
		);
	}

	/** `documents` is a list of {doctype, name}; several are paid by one payment. */
	open(documents) {
		this.close();
		const texts = { paid_note: __("The payment has been received.") };
		this.form = new PayForm({
			target: this.place,
			...(documents.length > 1 ? { documents } : documents[0]),
			adapter: this.adapter,
			customise: { texts },
			on_close: () => this._leave(),
		});
		show(this.node, true);
		this.heading.focus();
		window.scrollTo(0, 0);
		this.form.open();
	}

	close() {
		this.form?.destroy();
		this.form = null;
		replace_children(this.place);
		show(this.node, false);
	}

	/** While an answer is awaited the form stays: gone, it could not show what became of the money. */
	_leave() {
		if (!this.form?.busy) this.on_leave();
	}
}
