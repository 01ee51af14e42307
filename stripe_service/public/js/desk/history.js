/**
 * On a payable document's form and on an Invoice Payment's: how much of the total is paid and under way, and what became of
 * each payment. The server words it and decides who sees what (payments/history.py); this shows it, in text first: colour
 * and bar repeat what is written.
 *
 * It stays in the form from one refresh to the next, so that nothing jumps, and follows others' payments by itself, also
 * while somebody is editing: an edited document is not loaded again.
 */

import { frappe_adapter } from "../pay_form/frappe_adapter.js";
import { readable_date } from "../pay_form/format.js";
import { el, replace_children, set_text, show } from "../pay_form/view/dom.js";

// Lines, before somebody asks for all.
const shown_at_first = () => (window.innerWidth < 768 ? 2 : 4);
const PAYMENT = "Invoice Payment";
const TOGETHER = 400; // milliseconds: several changes of one moment are read once
const ON_THE_WAY = ["Started", "Action Required", "Processing", "Succeeded"];

const histories = new WeakMap();

/** Called at every refresh of such a form. */
export function show_history(frm) {
	if (!histories.has(frm)) histories.set(frm, new History(frm));
	return histories.get(frm).refresh();
}

class History {
	constructor(frm) {
		this.frm = frm;
		this.adapter = frappe_adapter();
		this.all_shown = false;
		this.head = el("h3.stripe-history-head");
		this.notice = el("p.stripe-history-notice", { attrs: { role: "status" } });
		this.progress = el("div.stripe-history-progress");
		this.lines = el("ol.stripe-history-lines");
		this.more = el("button.btn.btn-default.btn-sm", {
			attrs: { type: "button" },
			on: { click: () => this._show_all() },
		});
		this.node = el(
			"section.stripe-history",
			{ attrs: { "aria-label": __("Payments") } },
			this.head,
			this.notice,
			this.progress,
			this.lines,
			this.more
		);
		this._follow();
	}

	/** Everything that may change it leads here, so the newest answer alone counts. */
	async refresh() {
		const { doctype, docname } = this.frm;
		const here = $(this.node).closest(this.frm.wrapper).length;
		if (!here) this.frm.dashboard.parent.prepend(this.node);
		if (this.frm.is_new()) return this._forget(null);
		if (this.name !== docname) this._forget(docname);
		const asked = (this.asked = {});
		let answer = null;
		try {
			answer = await this._ask(doctype, docname);
		} catch (problem) {
			// The form itself says what is wrong with the session or the right to read.
			if (!this.answer && asked === this.asked) this._could_not_load(problem);
			return;
		}
		if (asked === this.asked && this.name === this.frm.docname) this._show(answer);
	}

	_ask(doctype, name) {
		return doctype === PAYMENT
			? this.adapter.call("history.of_payment", { payment: name })
			: this.adapter.call("history.of_document", { doctype, name });
	}

	_forget(name) {
		this.name = name;
		this.answer = null;
		this.asked = null;
		this.all_shown = false;
		set_text(this.notice, "");
		show(this.node, false);
	}

	_follow() {
		let timer = null;
		const again = () => {
			clearTimeout(timer);
			timer = setTimeout(() => this._is_looked_at() && this.refresh(), TOGETHER);
		};
		const changed = (data) => {
			const { doctype, docname } = this.frm;
			if (data?.doctype === doctype && data?.name === docname) again();
		};
		frappe.realtime?.on?.("stripe_payment", again);
		frappe.realtime?.on?.("doc_update", changed);
		document.addEventListener("visibilitychange", again);
	}

	_is_looked_at() {
		return (
			Boolean(this.name) &&
			window.cur_frm === this.frm &&
			document.visibilityState === "visible"
		);
	}

	_could_not_load({ status, message }) {
		if (status === 403 || status === 404) return;
		set_text(this.head, __("Payments"));
		set_text(this.notice, message || __("The payments could not be loaded."));
		replace_children(this.progress);
		replace_children(this.lines);
		set_text(this.more, __("Try again"));
		show(this.more, true);
		show(this.node, true);
	}

	_show(answer) {
		if (!this.answer) set_text(this.notice, "");
		this._tell_change(this.answer, answer);
		this.answer = answer;
		const payable = this.frm.doc.__onload?.stripe_service;
		const { lines, progress } = answer;
		set_text(this.head, progress ? __("Payments") : __("History"));
		replace_children(
			this.progress,
			...(progress && progress.total_minor > 0 ? progress_of(progress) : [])
		);
		this._show_lines();
		show(this.node, lines.length > 0 || progress?.paid_minor > 0 || Boolean(payable?.may_pay));
	}

	/** Somebody else paid, or a debit came back: said where it is shown, whatever is being typed in the form. */
	_tell_change(before, now) {
		const [old, fresh] = [before?.progress, now.progress];
		if (!old || !fresh || old.outstanding_minor === fresh.outstanding_minor) return;
		const { label, amount } = still_to_pay(fresh);
		const told = is_own_payment(before.lines, now.lines)
			? ""
			: __("The amount has changed. {0}: {1} (before: {2}).", [
					label,
					amount,
					still_to_pay(old).amount,
			  ]);
		set_text(this.notice, told);
		this._load_form_anew();
	}

	/** Its state and its Pay button as well, which Frappe brings up to date only where realtime is up; not under a dialog, which
	 * goes on by itself. */
	_load_form_anew() {
		if (!this.frm.is_dirty() && !document.querySelector(".modal.show")) this.frm.reload_doc();
	}

	_show_lines() {
		const { lines, more } = this.answer;
		const one = this.frm.doctype === PAYMENT;
		const shown = this.all_shown ? lines : lines.slice(0, shown_at_first());
		replace_children(this.lines, ...shown.map((line) => line_of(line, { one })));
		const hidden = lines.length - shown.length;
		set_text(this.more, __("Show all {0}", [more ? `${lines.length}+` : lines.length]));
		show(this.more, hidden > 0);
		show(this.lines, lines.length > 0);
	}

	_show_all() {
		if (!this.answer) return this.refresh();
		this.all_shown = true;
		const next = this.lines.children.length;
		this._show_lines();
		// The button that had the focus is gone.
		const line = this.lines.children[next];
		if (!line) return;
		line.tabIndex = -1;
		line.focus();
	}
}

/** Whether all that changed are payments of the reader's own on their way: the pay form has said so. */
function is_own_payment(before, now) {
	const known = new Map(before.map(({ name, status }) => [name, status]));
	const changed = now.filter(({ name, status }) => known.get(name) !== status);
	return (
		changed.length > 0 &&
		changed.every(({ mine, status }) => mine && ON_THE_WAY.includes(status))
	);
}

const still_to_pay = (progress) =>
	progress.parts.find(({ part }) => part === "outstanding") || { label: "", amount: "" };

function progress_of({ parts, text, due, overdue, total_minor }) {
	const whole = Math.max(
		total_minor,
		parts.reduce((sum, { minor }) => sum + minor, 0)
	);
	const pieces = parts
		.filter(({ part, minor }) => part !== "outstanding" && minor > 0)
		.map(({ part, minor }) => {
			const piece = el(`span.stripe-history-part.is-${part}`);
			piece.style.width = `${(100 * minor) / whole}%`;
			return piece;
		});
	const key = parts.map(({ part, label, amount }) =>
		el(
			"li",
			{},
			el(`span.stripe-history-key.is-${part}`, { attrs: { "aria-hidden": "true" } }),
			`${label} `,
			el("strong", {}, amount)
		)
	);
	return [
		el("p.stripe-history-summary", {}, text),
		due && el(`p.stripe-history-due${overdue ? ".is-overdue" : ""}`, {}, due),
		el("div.stripe-history-bar", { attrs: { role: "img", "aria-label": text } }, ...pieces),
		el("ul.stripe-history-keys", {}, ...key),
	];
}

function line_of(line, { one }) {
	const who = line.mine ? __("You") : line.who;
	return el(
		"li.stripe-history-line",
		{ attrs: { "data-status": line.status } },
		el(
			"div.stripe-history-line-head",
			{},
			state_of(line),
			el(`strong.stripe-history-amount${line.counts ? "" : ".is-void"}`, {}, line.amount),
			el("span", {}, [who, line.how].filter(Boolean).join(" · ")),
			time_of(line.at)
		),
		line.text && el("p.stripe-history-text", {}, line.text),
		line.steps.length > 0 && el("ul.stripe-history-steps", {}, ...line.steps.map(step_of)),
		el("div.stripe-history-links", {}, ...(one ? [] : links_of(line)))
	);
}

function step_of(step) {
	return el(
		"li",
		{},
		el("div.stripe-history-line-head", {}, state_of(step), step.at && time_of(step.at)),
		step.text && el("p.stripe-history-text", {}, step.text)
	);
}

const state_of = ({ state, colour }) => el(`span.stripe-history-state.is-${colour}`, {}, state);

function links_of(line) {
	const links = [];
	if (/^https?:/.test(line.receipt_url || "")) {
		links.push(
			el(
				"a",
				{
					attrs: {
						href: line.receipt_url,
						target: "_blank",
						rel: "noopener",
						"aria-label": __("Receipt for {0} (opens at Stripe)", [line.amount]),
					},
				},
				__("Receipt")
			)
		);
	}
	const doctype = line.kind === "payment" ? PAYMENT : "Payment Adjustment";
	if (line.name && frappe.model.can_read(doctype)) {
		const href = frappe.utils.get_form_link(doctype, line.name);
		links.push(el("a", { attrs: { href } }, line.name));
	}
	return links;
}

/** A time of the site, as this person's clock has it. */
function time_of(at) {
	const moment = frappe.datetime.convert_to_user_tz(at, false);
	const [day, time] = moment.format("YYYY-MM-DD HH:mm").split(" ");
	const text = `${readable_date(day, frappe.boot.lang)}, ${time}`;
	return el("time", { attrs: { datetime: moment.format() } }, text);
}
