/**
 * The payer's home, in the workspace Payments: what waits to be paid, the sums, and the payer's own payments.
 *
 * Everything is drawn anew from one answer of the server: when the page is come back to, when the server tells of a payment,
 * and when one was made here.
 */

import { Api } from "../pay_form/api.js";
import { frappe_adapter } from "../pay_form/frappe_adapter.js";
import { __, use_translator } from "../pay_form/i18n.js";
import { answers, test_mode } from "../pay_form/messages.js";
import { button } from "../pay_form/view/button.js";
import { el, replace_children, set_text, show } from "../pay_form/view/dom.js";
import { read_waiting } from "./pages.js";
import { own_payments } from "./payments.js";
import { Together } from "./together.js";
import { sums_of } from "./sums.js";
import { why_empty } from "./empty.js";
import { waiting_row } from "./waiting.js";

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
		this.rows = [];
		this.paying = false;
		this._make_parts();
		host.replaceChildren(this.node);
	}

	_make_parts() {
		this.banner = el(
			"p.stripe-pay-test-mode",
			{ attrs: { role: "note", hidden: true } },
			test_mode()
		);
		this.error = el("p.stripe-pay-error", { attrs: { role: "alert", hidden: true } });
		this.sums = el("div");
		this.heading = el("h2.stripe-home-heading", { attrs: { tabindex: "-1" } }, __("To pay"));
		this.together = new Together({
			on_pay: (rows, opener) => this._pay_together(rows, opener),
		});
		this.list = el("div", {}, el("p.stripe-pay-muted", {}, __("Loading…")));
		this.more = button(__("Show more"), "btn-default", () => this._load_more());
		this.payments = el("section");
		show(this.more, false);
		this.node = el(
			"div.stripe-pay.stripe-home",
			{},
			this.banner,
			this.error,
			this.sums,
			el("section", {}, this.heading, this.together.node, this.list, this.more),
			this.payments
		);
	}

	async load() {
		if (this.paying) return;
		try {
			const answer = await read_waiting((start) => this._page(start), this.rows.length);
			// Under the dialog nothing is drawn anew: it gives the focus back to the button that opened it.
			if (!this.paying) this._show(answer);
		} catch (error) {
			this._complain(error);
		}
	}

	async _load_more() {
		try {
			const { waiting, more } = await this._page(this.rows.length);
			this._show_rows([...this.rows, ...waiting], more);
			const first = this.list.querySelectorAll("li")[this.rows.length - waiting.length];
			first?.querySelector("a")?.focus();
		} catch (error) {
			this._complain(error);
		}
	}

	_page(start) {
		return this.server.call("home.payer_home", { start });
	}

	_show(answer) {
		show(set_text(this.error, ""), false);
		show(this.banner, answer.test_mode);
		replace_children(this.sums, sums_of(answer.sums));
		this._show_rows(answer.waiting, answer.more, answer.why_empty);
		replace_children(this.payments, ...own_payments(answer.payments, answer.may_pay));
	}

	_show_rows(rows, more, reason = null) {
		this.rows = rows;
		this.together.render(rows);
		const items = rows.map((row) =>
			waiting_row(row, () => this._pay(row), this.together.choice_of(row))
		);
		const list = el(
			"ul.stripe-home-rows",
			{ attrs: { "aria-label": __("To pay") } },
			...items
		);
		replace_children(this.list, rows.length ? list : why_empty(reason));
		show(this.more, more);
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
		this._focus(row);
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
		if (result) this.together.clear();
		await this.load();
		(opener.isConnected && !opener.closest("[hidden]") ? opener : this.heading).focus();
	}

	/** The button that was pressed was drawn anew, or is gone with its row. */
	_focus(row) {
		const place = [...this.list.querySelectorAll("button")].find(
			(node) => node.dataset.name === row.name && node.dataset.doctype === row.doctype
		);
		(place || this.heading).focus();
	}

	/** Until the workspace has drawn itself anew, with another block. */
	follow() {
		const again = frappe.utils.debounce(() => this._is_seen() && this.load(), 300);
		const heard = () => (this.node.isConnected ? again() : stop());
		const stop = () => {
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
