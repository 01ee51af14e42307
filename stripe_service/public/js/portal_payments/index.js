/**
 * The page /payments of the portal: what is to be paid, the sums, and one's own payments, as on the payer's home at the desk;
 * and in their place the pay form, when one of them is to be paid. Which it is stands in the page's address, so that a
 * bookmark, a mail and the browser's Back lead there.
 */

import { asked_for, pay_link, portal_surroundings } from "./surroundings.js";
import { PayPanel } from "./pay_panel.js";
import { payments_list } from "./payments.js";
import { Api } from "../pay_form/api.js";
import { frappe_adapter } from "../pay_form/frappe_adapter.js";
import { __, use_translator } from "../pay_form/i18n.js";
import { answers } from "../pay_form/messages.js";
import { button } from "../pay_form/view/button.js";
import { el, replace_children, set_text, show } from "../pay_form/view/dom.js";
import { test_mode_note } from "../pay_form/view/test_mode.js";
import { use_surroundings } from "../payer_home/format.js";
import { sums_of } from "../payer_home/sums.js";
import { WaitingList } from "../payer_home/waiting_list.js";

const LOOK_AGAIN_AFTER = 300; // milliseconds

/** Draws into `host`. */
export function show_payments(host) {
	const page = new PortalPayments(host);
	page.follow();
	page.show_what_is_asked_for();
}

class PortalPayments {
	constructor(host) {
		const adapter = frappe_adapter();
		use_translator(adapter.translate);
		use_surroundings(portal_surroundings(adapter));
		this.adapter = adapter;
		this.server = new Api(adapter);
		this.payments = [];
		this.paid = []; // the documents whose form was open last
		this.panel = new PayPanel({ adapter, on_leave: () => this._leave() });
		this._make_parts();
		host.replaceChildren(this.node);
	}

	_make_parts() {
		this.banner = test_mode_note();
		this.error = el("p.stripe-pay-error", { attrs: { role: "alert", hidden: true } });
		this.sums = el("div");
		this.list = new WaitingList({
			page: (start) => this.server.call("home.payer_home", { start }),
			on_pay: (row) => this._pay([row]),
			on_pay_together: (rows) => this._pay(rows),
			on_error: (error) => this._complain(error),
			about,
		});
		this.own = el("div");
		this.more_payments = button(__("Show more"), "btn-default", () =>
			this._load_more_payments()
		);
		this.methods = el(
			"a.btn.btn-default.btn-sm",
			{ attrs: { href: "/my-payment-methods" } },
			__("My cards and bank accounts")
		);
		for (const part of [this.more_payments, this.methods]) show(part, false);
		this.lists = el(
			"div",
			{},
			this.banner,
			this.sums,
			this.list.node,
			el("section", {}, heading(__("My payments")), this.own, this.more_payments),
			el("nav.stripe-home-links", { attrs: { "aria-label": __("More") } }, this.methods)
		);
		this.node = el("div.stripe-pay.stripe-home", {}, this.error, this.lists, this.panel.node);
	}

	/** The form of the documents that the address names, else the lists. */
	show_what_is_asked_for() {
		const wanted = asked_for();
		show(this.lists, !wanted.length);
		show(set_text(this.error, ""), false);
		if (!wanted.length) return this._show_lists();
		this.paid = wanted;
		this.panel.open(wanted);
	}

	async _show_lists() {
		const returned = this.panel.form !== null;
		this.panel.close();
		await this.load();
		if (!returned) return;
		if (this.paid.length === 1) this.list.focus(this.paid[0]);
		else this.list.heading.focus();
	}

	_pay(rows) {
		history.pushState(null, "", pay_link(...rows));
		this.show_what_is_asked_for();
	}

	_leave() {
		history.pushState(null, "", window.location.pathname);
		this.show_what_is_asked_for();
	}

	async load() {
		const shown = this.payments.length;
		try {
			const answer = await this.list.read();
			this._show(answer, await this._payments_from(0, shown));
		} catch (error) {
			this._complain(error);
		}
	}

	_payments_from(start, at_least = 0) {
		const limit = Math.min(Math.max(at_least, 10), 100);
		return this.server.call("home.own_payments", { start, limit });
	}

	async _load_more_payments() {
		try {
			const { payments, more } = await this._payments_from(this.payments.length);
			const seen = this.payments.length;
			this._show_payments([...this.payments, ...payments], more);
			this.own.querySelectorAll("li")[seen]?.querySelector("a")?.focus();
		} catch (error) {
			this._complain(error);
		}
	}

	_show(answer, own) {
		show(set_text(this.error, ""), false);
		show(this.banner, answer.test_mode);
		show(this.methods, answer.may_pay);
		replace_children(this.sums, sums_of(answer.sums));
		this.list.show(answer);
		this._show_payments(own.payments, own.more);
	}

	_show_payments(payments, more) {
		this.payments = payments;
		replace_children(this.own, payments_list(payments));
		show(this.more_payments, more);
	}

	_complain(error) {
		if (!("status" in error) && !("site_at_fault" in error)) reportError(error);
		const text = error.session_ended
			? answers.session_ended()
			: error.message || answers.no_answer(error);
		const login = error.session_ended && this.adapter.login_url();
		replace_children(
			this.error,
			el("span", {}, text, " "),
			login && el("a", { attrs: { href: login } }, __("Log in"))
		);
		show(this.error, true);
		if (this.list.waits && !login) {
			this.list.show_instead(
				button(__("Try again"), "btn-primary", () => this._start_again())
			);
		}
	}

	_start_again() {
		this.list.show_instead();
		return this.load();
	}

	/** What is paid elsewhere is seen when the page is come back to, or as soon as the server tells of it. */
	follow() {
		let timer = null;
		const again = () => {
			clearTimeout(timer);
			timer = setTimeout(() => {
				if (!document.hidden && !this.panel.form) this.load();
			}, LOOK_AGAIN_AFTER);
		};
		document.addEventListener("visibilitychange", again);
		window.addEventListener("focus", again);
		window.addEventListener("popstate", () => this.show_what_is_asked_for());
		frappe.realtime?.on?.("stripe_payment", again);
	}
}

function heading(text) {
	return el("h2.stripe-home-heading", { attrs: { tabindex: "-1" } }, text);
}

/** From whom, for whom, and how far it is. */
function about({ sender, party, unit, status_label }) {
	return [sender && __("From {0}", [sender]), party, unit, status_label];
}
