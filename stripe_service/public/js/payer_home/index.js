/**
 * The payer's home, in the workspace Payments: what waits to be paid, the sums, and the payer's own payments.
 *
 * Everything is drawn anew from one answer of the server: when the page is come back to, when the server tells of a payment or
 * of a change in one of the payer's units, and when one was made here.
 */

import { Api } from "../pay_form/api.js";
import { frappe_adapter } from "../pay_form/frappe_adapter.js";
import { use_translator } from "../pay_form/i18n.js";
import { answers } from "../pay_form/messages.js";
import { el, replace_children, set_text, show } from "../pay_form/view/dom.js";
import { test_mode_note } from "../pay_form/view/test_mode.js";
import { own_payments } from "./payments.js";
import { sums_of } from "./sums.js";
import { WaitingList } from "./waiting_list.js";

/** Draws into `host`, the block of the workspace. */
export function show_home(host) {
	const home = new PayerHome(host);
	home.load();
	home.follow();
}

/** A dialog is closed a moment before it has slid out and given the focus back. */
function dialog_gone() {
	const modal = $(".stripe-pay-dialog:visible");
	return new Promise((resolve) =>
		modal.length ? modal.one("hidden.bs.modal", () => resolve()) : resolve()
	);
}

class PayerHome {
	constructor(host) {
		const adapter = frappe_adapter();
		use_translator(adapter.translate);
		this.server = new Api(adapter);
		this.paying = false;
		this._make_parts();
		host.replaceChildren(this.node);
	}

	_make_parts() {
		this.banner = test_mode_note();
		this.error = el("p.stripe-pay-error", { attrs: { role: "alert", hidden: true } });
		this.sums = el("div");
		this.list = new WaitingList({
			page: (start) => this.server.call("home.payer_home", { start }),
			on_pay: (row) => this._pay(row),
			on_pay_together: (rows, opener) => this._pay_together(rows, opener),
			on_error: (error) => this._complain(error),
		});
		this.payments = el("section");
		this.node = el(
			"div.stripe-pay.stripe-home",
			{},
			this.banner,
			this.error,
			this.sums,
			this.list.node,
			this.payments
		);
	}

	async load() {
		if (this.paying) return;
		try {
			const answer = await this.list.read();
			// Under the dialog nothing is drawn anew: it gives the focus back to the button that opened it.
			if (!this.paying) this._show(answer);
		} catch (error) {
			this._complain(error);
		}
	}

	_show(answer) {
		show(set_text(this.error, ""), false);
		show(this.banner, answer.test_mode);
		replace_children(this.sums, sums_of(answer.sums));
		this.list.show(answer);
		replace_children(this.payments, ...own_payments(answer.payments, answer.may_pay));
	}

	_complain(error) {
		if (!("status" in error) && !("site_at_fault" in error)) reportError(error);
		const text = error.session_ended
			? answers.session_ended()
			: error.message || answers.no_answer(error);
		show(set_text(this.error, text), true);
	}

	async _pay(row) {
		this.paying = true;
		try {
			await stripe_service.pay_form.open({ doctype: row.doctype, name: row.name });
			await dialog_gone();
		} finally {
			this.paying = false;
		}
		await this.load();
		this.list.focus(row);
	}

	async _pay_together(rows, opener) {
		this.paying = true;
		let result;
		try {
			const documents = rows.map(({ doctype, name }) => ({ doctype, name }));
			result = await stripe_service.pay_form.open({ documents });
			await dialog_gone();
		} finally {
			this.paying = false;
		}
		if (result) this.list.together.clear();
		await this.load();
		(opener.isConnected && !opener.closest("[hidden]") ? opener : this.list.heading).focus();
	}

	/** Until the workspace has drawn itself anew, with another block. */
	follow() {
		const again = frappe.utils.debounce(() => this._is_seen() && this.load(), 300);
		const heard = () => (this.node.isConnected ? again() : stop());
		const unfollow = stripe_service.follow_units(() => heard());
		const stop = () => {
			unfollow();
			document.removeEventListener("visibilitychange", heard);
			window.removeEventListener("focus", heard);
			frappe.realtime.off("stripe_payment", heard);
			this.follows = false;
		};
		this.follows = true;
		document.addEventListener("visibilitychange", heard);
		window.addEventListener("focus", heard);
		frappe.realtime.on("stripe_payment", heard);
		// The router keeps its listeners for ever.
		frappe.router.on("change", () => this.follows && heard());
	}

	_is_seen() {
		return !document.hidden && this.node.getClientRects().length > 0;
	}
}
