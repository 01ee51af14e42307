/** What takes the form's place: loading, why nothing can be paid, an open payment of one's own, the result. */

import { __ } from "../i18n.js";
import { PHASE } from "../state.js";
import { answers } from "../messages.js";
import { button } from "./button.js";
import { left_out_items } from "./documents_field.js";
import { el, replace_children, show } from "./dom.js";
import { sign } from "./marks.js";

export class Outcome {
	constructor({ texts, format, on_close, on_continue, on_give_up, on_retry }) {
		Object.assign(this, { texts, format, on_close, on_continue, on_give_up, on_retry });
		this.node = el("div.stripe-pay-outcome");
		this.shown = null;
	}

	/** Answers whether it has taken the form's place. */
	render(state) {
		const panel = this._panel(state);
		const key = JSON.stringify([state.phase, state.notice, state.result]);
		show(this.node, Boolean(panel));
		if (!panel || key === this.shown) return Boolean(panel);
		this.shown = key;
		replace_children(this.node, ...panel);
		if (state.phase !== PHASE.LOADING) this.node.querySelector("[tabindex]")?.focus();
		return true;
	}

	_panel(state) {
		switch (state.phase) {
			case PHASE.LOADING:
				return [
					el(
						"div.stripe-pay-skeleton",
						{ attrs: { role: "status" } },
						el("span.stripe-pay-muted", {}, __("Loading…"))
					),
				];
			case PHASE.UNAVAILABLE:
				return this._unavailable(state.notice, state.form);
			case PHASE.ACTION_PENDING:
				return this._action_pending(state);
			case PHASE.PAID:
				return this._paid(state.result, state.form);
			case PHASE.PROCESSING:
				return this._processing(state.result);
			default:
				return null;
		}
	}

	_unavailable({ text, link, field }, form) {
		const left_out = form?.left_out || [];
		const titles = {
			loading_error: __("Loading error"),
			open_failed: __("The invoice could not be loaded"),
			session_ended: __("Your session has ended"),
			gone: __("This can no longer be paid here"),
		};
		return [
			sign("stopped"),
			heading(
				titles[field] ||
					form?.why_not_title ||
					(form?.documents
						? __("These invoices can't be paid at the moment")
						: __("This invoice can't be paid at the moment"))
			),
			el("p", {}, text),
			!field &&
				left_out.length > 0 &&
				el("ul.stripe-pay-left-out", {}, ...left_out_items(left_out)),
			link && anchor(link),
			el(
				"div.stripe-pay-outcome-actions",
				{},
				this._close(),
				field === "open_failed" && button(__("Try again"), "btn-primary", this.on_retry)
			),
		].filter(Boolean);
	}

	_action_pending(state) {
		const amount =
			state.result?.amount && this.format.major(state.result.amount, state.result.currency);
		return [
			sign("waiting"),
			heading(__("Your bank is waiting for your confirmation")),
			el("p", {}, amount ? answers.resume(amount) : answers.action_pending()),
			state.notice?.kind === "error" &&
				el("p.stripe-pay-field-error", { attrs: { role: "alert" } }, state.notice.text),
			el(
				"div.stripe-pay-outcome-actions",
				{},
				button(__("Cancel this payment"), "btn-default", this.on_give_up),
				button(__("Continue"), "btn-primary", this.on_continue)
			),
		].filter(Boolean);
	}

	_paid(result, form) {
		return [
			sign("done"),
			heading(this.texts.paid(this._amount(result))),
			el("p", {}, result.message || this.texts.paid_note),
			result.outstanding_minor > 0 &&
				el(
					"p.stripe-pay-muted",
					{},
					still_to_be_paid(
						this.format.major(result.outstanding, result.currency),
						Boolean(form?.documents)
					)
				),
			result.receipt_url && anchor({ url: result.receipt_url, label: __("Receipt") }),
			el("div.stripe-pay-outcome-actions", {}, this._close("btn-primary")),
		].filter(Boolean);
	}

	_processing(result) {
		return [
			sign("waiting"),
			heading(this.texts.processing(this._amount(result))),
			el("p", {}, this.texts.processing_note),
			result.expected_by &&
				el(
					"p.stripe-pay-muted",
					{},
					__("Your bank answers by {0}.", [this.format.date(result.expected_by)])
				),
			el("div.stripe-pay-outcome-actions", {}, this._close("btn-primary")),
		].filter(Boolean);
	}

	_amount(result) {
		return this.format.major(result.amount, result.currency);
	}

	_close(kind = "btn-default") {
		return this.on_close && button(__("Close"), kind, this.on_close);
	}
}

function still_to_be_paid(amount, several) {
	return several
		? __("{0} of these invoices is still to be paid.", [amount])
		: __("{0} of the invoice is still to be paid.", [amount]);
}

function heading(text) {
	return el("h3.stripe-pay-outcome-title", { attrs: { tabindex: "-1" } }, text);
}

/** A link the server names: {url, label}; `here` leaves this page. Only web addresses and paths of this site become one. */
function anchor(link) {
	const { url, label, here } = typeof link === "string" ? { url: link } : link;
	if (!/^(https?:\/\/|\/(?!\/))/.test(url || "")) return null;
	const attrs = here
		? { href: url }
		: { href: url, target: "_blank", rel: "noopener noreferrer" };
	return el("p", {}, el("a", { attrs }, label || __("Open Stripe Account")));
}
