/** The form as a whole: which part is shown when, what is said, and where the focus goes. */

import { __ } from "../i18n.js";
import { answers } from "../messages.js";
import { BLOCKED, can_pay, FIELDS, is_busy, NEW, PHASE, why_blocked } from "../state.js";
import { AmountField } from "./amount_field.js";
import { BankSection } from "./bank_section.js";
import { button } from "./button.js";
import { CardSection } from "./card_section.js";
import { DocumentsField } from "./documents_field.js";
import { EmailField } from "./email_field.js";
import { el, set_attributes, set_text, show, unique_id } from "./dom.js";
import { MethodTabs } from "./method_tabs.js";
import { Outcome } from "./outcome.js";
import { Summary } from "./summary.js";

const OUTCOMES_WITH_SUMMARY = new Set([PHASE.ACTION_PENDING, PHASE.UNAVAILABLE]);

export class FormView {
	constructor({ form, texts, format, on_close }) {
		this.form = form;
		this.texts = texts;
		this.format = format;
		this.on_close = on_close;
		this._make_parts();
		this._make_notice();
		this.fields = el(
			"div.stripe-pay-fields",
			{},
			this.tabs.node,
			this.cards.node,
			this.bank.node,
			this.amount.node,
			this.documents.node,
			this.email.node,
			this.authorisation
		);
		this.node = el(
			"form.stripe-pay",
			{
				attrs: { novalidate: true, "aria-label": texts.title },
				on: { submit: (event) => this._submit(event) },
			},
			el(
				"div.stripe-pay-body",
				{},
				this.banner,
				this.summary.node,
				this.outcome.node,
				this.fields
			),
			this._footer()
		);
	}

	_make_parts() {
		const { form, texts, format } = this;
		this.banner = el("p.stripe-pay-test-mode", { attrs: { role: "note" } }, texts.test_mode);
		this.summary = new Summary({ format });
		this.tabs = new MethodTabs({ on_choose: (method) => form.choose_method(method) });
		this.cards = new CardSection({
			texts,
			on_choose: (name) => form.choose_card(name),
			on_save: (save) => form.toggle_save(save),
		});
		this.bank = new BankSection({
			format,
			on_choose: (name) => form.choose_bank_account(name),
			on_add: () => form.bank.add(),
			on_add_confirm: () => form.bank.confirm(),
			on_add_cancel: () => this._cancel_adding(),
			on_verify: (name, answer) => form.bank.verify(name, answer),
			on_remove: (row) => form.bank.remove(row),
		});
		this.amount = new AmountField({ texts, on_type: (text) => form.type_amount(text) });
		this.documents = new DocumentsField({
			on_type: (key, text) => form.type_part(key, text),
			on_leave: (event) => event.relatedTarget !== this.pay_button && form.leave_amount(),
		});
		this.email = new EmailField();
		this.amount.input.addEventListener("blur", (event) => {
			// Pay says it itself; said now, it would move the button from under the pointer.
			if (event.relatedTarget !== this.pay_button) form.leave_amount();
		});
		this.authorisation = el("p.stripe-pay-muted.stripe-pay-authorisation");
		this.outcome = new Outcome({
			texts,
			format,
			on_close: this.on_close,
			on_continue: () => form.continue_action(),
			on_give_up: () => form.give_up(),
			on_retry: () => form.open(),
		});
	}

	_make_notice() {
		this.status = el("p.stripe-pay-status", {
			attrs: { role: "status", "aria-live": "polite" },
		});
		this.error = el("p.stripe-pay-error", { attrs: { role: "alert", tabindex: "-1" } });
		this.retry = button(__("Try again"), "btn-default", () => this.form.retry_card());
		this.reason = el("p.stripe-pay-why", {
			attrs: { role: "status", id: unique_id("why") },
		});
	}

	_footer() {
		this.pay_label = el("span.stripe-pay-pay-label");
		this.pay_button = el(
			"button.btn.btn-primary.stripe-pay-button.stripe-pay-pay",
			{ attrs: { type: "submit", "aria-describedby": this.reason.id } },
			el("span.stripe-pay-spinner", { attrs: { "aria-hidden": "true" } }),
			this.pay_label
		);
		this.footer = el(
			"div.stripe-pay-footer",
			{},
			this.error,
			this.retry,
			this.status,
			this.reason,
			this.pay_button
		);
		return this.footer;
	}

	get card_mount_point() {
		return this.cards.mount_point;
	}

	get amount_input() {
		return (this.form.several && this.documents.first_input) || this.amount.input;
	}

	/** `key`: of several documents, whose. */
	focus_amount(key) {
		if (this.form.several) return this.documents.focus(key);
		this.amount.input.focus();
		this.amount.input.select();
		// What is wrong stands beneath the field, where the footer would hide it.
		this.amount.node.scrollIntoView({ block: "nearest" });
	}

	say(text) {
		set_text(this.status, text);
		show(this.status, Boolean(text));
	}

	render(state) {
		const outcome_shown = this.outcome.render(state);
		show(
			this.summary.node,
			Boolean(state.form) && (!outcome_shown || OUTCOMES_WITH_SUMMARY.has(state.phase))
		);
		show(this.banner, Boolean(state.form?.stripe?.test_mode));
		show(this.fields, !outcome_shown);
		show(this.footer, !outcome_shown);
		if (state.form?.invoice) this.summary.render(state.form, this.form.details());
		this.node.setAttribute(
			"aria-busy",
			String(is_busy(state) || state.phase === PHASE.LOADING)
		);
		if (!outcome_shown) this._render_fields(state);
	}

	_render_fields(state) {
		const disabled = is_busy(state);
		const by_card = state.method === "card";
		this.tabs.render(state.form.methods, state.method, { disabled });
		show(this.cards.node, by_card);
		show(this.bank.node, state.method === "us_bank_account");
		this.cards.render(state, {
			disabled,
			element_ready: state.fields !== FIELDS.LOADING,
		});
		this.bank.render(state, this.form.bank.state, { disabled });
		this._render_amounts(state, disabled);
		this.email.render(state, { disabled });
		this._render_footer(state, disabled);
	}

	_render_amounts(state, disabled) {
		const { format, form } = this;
		show(this.amount.node, !form.several);
		show(this.documents.node, form.several);
		const problem = this._amount_problem(state);
		if (!form.several) return this.amount.render(state, { problem, disabled, format });
		const checked = form.amount_checked;
		const problems = state.form.documents.map((part) =>
			checked ? form.part_problem_of(part) : ""
		);
		this.documents.render(state, {
			problem_of: (part) => problems[state.form.documents.indexOf(part)],
			problem: problems.some(Boolean) ? "" : problem,
			total: form.button_amount(),
			disabled,
			format,
		});
	}

	_amount_problem(state) {
		return this.form.amount_checked ? this.form.amount_problem_of(state.amount) : "";
	}

	_render_footer(state, disabled) {
		const amount = this.form.button_amount();
		const reason = disabled ? "" : this._why_not(state);
		set_text(this.pay_label, this.texts.pay_button(amount));
		set_attributes(this.pay_button, { disabled: disabled || Boolean(reason) });
		this.pay_button.classList.toggle("is-busy", disabled);
		const authorises = state.method === "us_bank_account" && can_pay(state) && amount;
		set_text(this.authorisation, authorises ? this.texts.ach_authorisation(amount) : "");
		show(this.authorisation, Boolean(authorises));
		this._render_notice(state, reason);
	}

	/** Why Pay is disabled, in words. */
	_why_not(state) {
		const by_bank = state.method === "us_bank_account";
		if (by_bank && this.form.bank.state.step === "adding") return answers.finish_adding();
		switch (why_blocked(state)) {
			case null:
				return "";
			case BLOCKED.FIELDS_LOADING:
				return answers.loading_fields();
			case BLOCKED.FIELDS_FAILED:
				return state.fields_problem;
			case BLOCKED.BRAND_REFUSED:
				return state.refused_brand;
			case BLOCKED.NO_BANK_ACCOUNT:
				return answers.add_bank_account();
			case BLOCKED.UNVERIFIED:
				return why_not_by_bank(state);
			default:
				return answers.no_method();
		}
	}

	_render_notice(state, reason) {
		const { notice } = state;
		const fields_failed =
			state.fields === FIELDS.FAILED && state.method === "card" && state.card === NEW;
		const said = notice?.kind === "error" && notice.field !== "amount" ? notice.text : "";
		const error = fields_failed ? state.fields_problem : said;
		const is_new = error && this.error.textContent !== error;
		set_text(this.error, error);
		show(this.error, Boolean(error));
		show(this.retry, fields_failed);
		set_text(this.reason, reason === error ? "" : reason);
		show(this.reason, Boolean(this.reason.textContent));
		this.reason.classList.toggle("is-problem", Boolean(state.refused_brand));
		this.status.classList.toggle("is-important", state.phase === PHASE.UNKNOWN);
		this.say(progress(state) || (notice?.kind === "info" ? notice.text : ""));
		const said_at_field = ["card", "email"].includes(notice?.field);
		if (is_new && !fields_failed && !said_at_field) this.error.focus();
	}

	_cancel_adding() {
		this.form.bank.cancel();
		this.bank.add_button.focus();
	}

	_submit(event) {
		event.preventDefault();
		this.form.pay();
	}

	destroy() {
		this.node.remove();
	}
}

function why_not_by_bank({ form, bank_account }) {
	const { bank_accounts } = form.saved;
	if (bank_accounts.some(({ usable }) => usable)) return answers.choose_bank_account();
	const chosen = bank_accounts.find(({ name }) => name === bank_account);
	return ["Failed", "Blocked"].includes(chosen?.status)
		? answers.bank_account_unusable()
		: answers.verify_bank_account();
}

function progress(state) {
	switch (state.phase) {
		case PHASE.SENDING:
			return answers.sending();
		case PHASE.AUTHENTICATING:
			return answers.authenticating();
		case PHASE.UNKNOWN:
			return state.notice?.text || state.result?.message || answers.unknown();
		default:
			return "";
	}
}
