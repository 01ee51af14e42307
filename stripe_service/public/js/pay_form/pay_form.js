/**
 * The pay form: one component, shown in a dialog of the desk, on the page of a payment link, and alone on the test page.
 *
 * It knows no Frappe. What surrounds it comes in as an `adapter`:
 *   call(method, args)       a Promise; rejects with {status, message} (api.js says what the statuses mean)
 *   translate(text, values)  optional
 *   format_currency(major, currency, decimals), number_format(currency) as {decimal, group, pairs}, locale   optional
 *   on_change(document, callback)  optional: calls back when the document may have changed, answers how to stop
 *   remember(what, value), recall(what)  optional: kept in this browser for this payer, for convenience only
 *   login_url()              optional: where a payer whose session has ended logs in again
 *
 * `documents`  instead of `doctype` and `name`: several ({doctype, name}), which one payment pays, an amount each.
 *
 * `api`  optional: an Api of its own, for whoever names the document otherwise (a payment link).
 *
 * `on_result(result)` tells of a payment that is paid or on its way; `on_close` gives the result a Close button; `on_escape`
 * hears of the Escape key inside Stripe's fields, whose keys the page around never sees.
 *
 * `customise` is what Client Scripts registered for the DocType (docs/client-scripts.md). The server decides every
 * amount, method and state again: nothing here is a safeguard, except against paying twice by mistake (state.js).
 */

import { check_amount, parse_amount, parse_major, to_major, to_typed } from "./amount.js";
import { Api, NoAnswer, Refused } from "./api.js";
import { when_shown } from "./appearance.js";
import { BankFlow } from "./bank_flow.js";
import { make_format } from "./format.js";
import { __, use_translator } from "./i18n.js";
import { amount_problem, answers, brand_name, default_texts } from "./messages.js";
import { CardElement, EntryRefused } from "./payment_element.js";
import { can_pay, FIELDS, initial, is_busy, NEW, PHASE, reduce, saved_method } from "./state.js";
import { load_stripe } from "./stripe_loader.js";
import { key_of, proposed_amounts, read_part, read_parts, wanted } from "./parts.js";
import { SeveralApi } from "./several_api.js";
import { make_uuid } from "./uuid.js";
import { FormView } from "./view/form_view.js";

const ASK_AGAIN_AFTER = [1000, 2000, 4000, 8000, 15000]; // milliseconds; the last one repeats
const LOOK_AGAIN_EVERY = 30000; // milliseconds, while the form is looked at

export class PayForm {
	constructor({
		target,
		doctype,
		name,
		documents,
		adapter,
		api,
		customise = {},
		on_result,
		on_close,
		on_escape,
	}) {
		use_translator(adapter.translate);
		this.adapter = adapter;
		this.api =
			api ||
			(documents ? new SeveralApi(adapter, documents) : new Api(adapter, { doctype, name }));
		this.customise = customise;
		this.on_result = on_result;
		this.on_escape = on_escape;
		this.state = initial;
		this.amount_checked = false;
		this.destroyed = false;
		this.format = make_format(adapter);
		this.texts = { ...default_texts(), ...this._custom_texts() };
		this.view = new FormView({ form: this, texts: this.texts, format: this.format, on_close });
		this.bank = new BankFlow({
			api: this.api,
			stripe: () => this._stripe(),
			panel: () => this.view.bank.add_panel,
			account: () => this.state.form.stripe.account,
			on_change: () => this._render(),
			on_row: (row) => this._bank_row(row),
		});
		target.append(this.view.node);
	}

	/** Load the invoice and show the form. Resolves when it can be used, or says why not. */
	async open() {
		this._dispatch({ type: "loading" });
		let form;
		try {
			form = await this.api.open_form();
		} catch (error) {
			return this._could_not_open(error);
		}
		if (this.destroyed) return;
		this._show_opened(form);
		this._stay_live();
		if (this.state.phase === PHASE.UNKNOWN) return this._ask_again();
	}

	/** `said` comes first where there is nothing to pay. */
	_show_opened(form, said = "") {
		this.format.use(form.invoice);
		this._dispatch({ type: "opened", form, said, ...this._preselected(form) });
	}

	_could_not_open(error, said = "") {
		if (error.session_ended) return this._session_ended();
		if (error instanceof NoAnswer) {
			return this._dispatch({ type: "open_failed", message: answers.open_failed(error) });
		}
		if (!(error instanceof Refused)) reportError(error);
		const message = said + (error.message || answers.refused());
		this._dispatch({ type: "open_failed", message, gone: error.gone });
	}

	/** True while an answer is awaited: closing now would hide it, though not lose it. */
	get busy() {
		return this.state.phase === PHASE.SENDING || this.state.phase === PHASE.AUTHENTICATING;
	}

	destroy() {
		this.destroyed = true;
		this.stop_looking?.();
		this.card?.destroy();
		this.bank.destroy();
		this.view.destroy();
	}

	// What the payer does

	choose_method(method) {
		this._dispatch({ type: "chose_method", method });
	}

	choose_card(name) {
		this._dispatch({ type: "chose_card", name });
	}

	choose_bank_account(name) {
		this._dispatch({ type: "chose_bank_account", name });
	}

	toggle_save(save) {
		this._dispatch({ type: "toggled_save", save });
	}

	type_amount(amount) {
		this.amount_checked = this.amount_checked && Boolean(this.amount_problem_of(amount));
		this._dispatch({ type: "typed_amount", amount });
	}

	type_part(key, amount) {
		this._dispatch({ type: "typed_part", key, amount });
	}

	leave_amount() {
		this.amount_checked = this.several || this.state.amount.trim() !== "";
		this._render();
	}

	/** Whether one payment pays several documents. */
	get several() {
		return Boolean(this.state.form?.documents);
	}

	async pay() {
		if (is_busy(this.state)) return;
		const minor = this._amount_to_pay();
		if (minor === null || !can_pay(this.state) || !this._email_is_fine()) return;
		this._dispatch({ type: "pay_started", request_id: make_uuid(), amount_minor: minor });
		if (this.state.phase !== PHASE.SENDING) return;

		const request = this._request(minor);
		if (this.state.method === "card" && this.state.card === NEW) {
			request.confirmation_token = await this._tokenise(minor);
			if (!request.confirmation_token) return;
		} else {
			request.saved_method = saved_method(this.state);
		}
		await this._follow(() => this._send(request));
	}

	/** The new card's token, or null: then the form says what is wrong, and nothing was sent. */
	async _tokenise(amount_minor) {
		try {
			return await this.card.tokenise({ amount_minor, save: this.state.save });
		} catch (error) {
			const refused = error instanceof EntryRefused;
			if (!refused) reportError(error);
			const said = refused ? error.message || answers.entry_refused() : answers.page_fault();
			this._dispatch({ type: "details_refused", text: said });
			this.card?.focus();
			return null;
		}
	}

	/**
	 * A refusal may come after the amount was claimed (Stripe too busy, say), and then the payment is still under way: what
	 * became of the request is asked before the payer reads that they may press Pay again.
	 */
	async _send(request) {
		try {
			return await this.api.pay(request);
		} catch (error) {
			if (!(error instanceof Refused) || error.session_ended) throw error;
			const { request_id } = request;
			const found = await this.api.payment_status({ request_id }).catch(() => null);
			if (!found || found.status === "Not Started") throw error;
			return found;
		}
	}

	async continue_action() {
		this._dispatch({ type: "action_continued" });
		await this._authenticate();
	}

	async give_up() {
		const { payment } = this.state.attempt;
		try {
			await this.api.abandon(payment);
		} catch (error) {
			if (error.session_ended) return this._session_ended();
			if (error instanceof NoAnswer) {
				return this._follow(() => this.api.payment_status({ payment }));
			}
			if (!(error instanceof Refused)) reportError(error);
			const text = error.message || answers.refused();
			return this._dispatch({ type: "found_wrong", text });
		}
		await this.open();
	}

	// From Pay to the result

	/** Take the server's answer, and go on with what it asks for. */
	async _follow(call) {
		let event;
		try {
			event = { type: "answered", result: await call(), texts: this._answer_texts() };
		} catch (error) {
			if (error.session_ended) return this._session_ended();
			event = this._without_answer(error);
		}
		this._dispatch(event);
		return this._go_on();
	}

	/** A fault of this page may have come after the request was sent: then, too, only the server knows. */
	_without_answer(error) {
		if (error instanceof Refused) {
			return { type: "refused", text: error.message || answers.failed() };
		}
		if (!(error instanceof NoAnswer)) reportError(error);
		return { type: "no_answer", text: answers.unknown(error) };
	}

	async _go_on() {
		if (this.destroyed) return;
		switch (this.state.phase) {
			case PHASE.PAID:
			case PHASE.PROCESSING:
				return this._tell_result();
			case PHASE.AUTHENTICATING:
				return this._authenticate();
			case PHASE.UNKNOWN:
				return this._ask_again();
			case PHASE.READY:
				return this._refresh(`${answers.nothing_charged()} `);
		}
	}

	/** Let the bank ask the payer. Whatever Stripe.js reports of it, the server then asks Stripe itself. */
	async _authenticate() {
		const { payment } = this.state.attempt;
		const { client_secret } = this.state.result;
		try {
			const stripe = await this._stripe();
			await stripe.handleNextAction({ clientSecret: client_secret });
		} catch {
			// No Stripe.js: the server answers that the bank still waits, and the form offers to continue.
		}
		this.view.say(answers.finishing());
		await this._follow(() => this.api.finish(payment));
	}

	/** Until the server tells what became of the attempt; never sends the payment again. */
	async _ask_again() {
		for (let asked = 0; this.state.phase === PHASE.UNKNOWN; asked += 1) {
			await pause(ASK_AGAIN_AFTER[Math.min(asked, ASK_AGAIN_AFTER.length - 1)]);
			if (this.destroyed) return;
			if (!(await this._ask_once(asked < 3))) return;
		}
		return this._go_on();
	}

	/** `soon`: it has not been long. Answers whether asking again makes sense. */
	async _ask_once(soon) {
		let event;
		try {
			const result = await this.api.payment_status(this.state.attempt);
			event = { type: "answered", result, texts: this._answer_texts() };
		} catch (error) {
			if (error.session_ended) return this._session_ended();
			const waited = soon ? answers.unknown(error) : answers.still_unknown();
			const text = (error instanceof Refused && error.message) || waited;
			event = { type: "no_answer", text };
		}
		this._dispatch(event);
		return true;
	}

	/**
	 * What may be paid has changed, or someone else was faster: the form shows it and stays usable. Where nothing can be paid any
	 * more, `said` comes first: whoever has just pressed Pay would take "This invoice is paid" for their own payment.
	 */
	async _refresh(said = "") {
		let form;
		try {
			form = await this.api.open_form();
		} catch (error) {
			if (error.session_ended) this._session_ended();
			if (error.gone && this.state.phase === PHASE.READY) this._could_not_open(error, said);
			// Otherwise the form keeps what it knew; the server checks again on Pay.
			return;
		}
		if (this.destroyed || this.state.phase !== PHASE.READY) return;
		const nothing_to_pay = form.why_not || form.loading_error || !form.amount.max_minor;
		if (nothing_to_pay || form.resume) return this._show_opened(form, said);
		const amount = this._typed(form.amount.max_minor, form);
		const amounts = this._proposed_amounts(form);
		const text = answers.amount_changed(this.format.minor(form.amount.max_minor));
		this._dispatch({ type: "refreshed", form, amount, amounts, text });
	}

	_session_ended() {
		const url = this.adapter.login_url?.();
		this._dispatch({
			type: "session_ended",
			message: answers.session_ended(),
			link: url && { url, label: __("Log in"), here: true },
		});
	}

	/** A colleague may pay meanwhile, or the payer in another tab: the form is not left with yesterday's amounts. */
	_stay_live() {
		this.stop_looking?.();
		const look = () => {
			const adding = this.bank.state.step === "adding" || this.bank.state.busy;
			const seen = document.visibilityState === "visible";
			if (this.state.phase === PHASE.READY && seen && !adding) this._refresh();
		};
		const stop_hearing = this.adapter.on_change?.(this.api.document, look);
		const timer = setInterval(look, LOOK_AGAIN_EVERY);
		document.addEventListener("visibilitychange", look);
		this.stop_looking = () => {
			stop_hearing?.();
			clearInterval(timer);
			document.removeEventListener("visibilitychange", look);
		};
	}

	_tell_result() {
		this.adapter.remember?.("method", this.state.method);
		this._ask_script("on_result", this.state.result);
		this.on_result?.(this.state.result);
	}

	// What is about to be paid

	/** The problem with an amount as typed, in words, or "". */
	amount_problem_of(text) {
		return this._read_amount(text).words || "";
	}

	/** The problem with the amount of one of several documents, in words, or "". */
	part_problem_of(part) {
		const { form, amounts } = this.state;
		const { exponent } = form.invoice;
		const found = read_part(part, amounts[key_of(part)], exponent, this.format.separators);
		return found.problem ? this._in_words(found, part.amount.max_minor) : "";
	}

	_in_words(problem, max_minor) {
		const { exponent, currency } = this.state.form.invoice;
		const example = to_typed(Math.min(max_minor, 12345), exponent, this.format.separators);
		return amount_problem(problem, this.format, example, currency);
	}

	_read_parts() {
		const { form, amounts } = this.state;
		const found = read_parts(form, amounts, this.format.separators);
		if (!found.problem) return found;
		const { max_minor } = (found.part || form).amount;
		return { words: this._in_words(found, max_minor), part: found.part };
	}

	_read_amount(text) {
		if (this.several) return this._read_parts();
		const { amount, invoice } = this.state.form;
		const { exponent } = invoice;
		const separators = this.format.separators;
		const parsed = parse_amount(text, exponent, separators);
		const problem = parsed.problem ? parsed : check_amount(parsed.minor, amount);
		if (!problem) return { minor: parsed.minor };
		return { words: this._in_words(problem, amount.max_minor) };
	}

	_amount_to_pay() {
		const { minor, words, part } = this._read_amount(this.state.amount);
		if (!words) return minor;
		this.amount_checked = true;
		this._dispatch({ type: "found_wrong", text: words, field: "amount" });
		this.view.focus_amount(part && key_of(part));
		return null;
	}

	_email_is_fine() {
		if (!this.state.form.asks_email || this.view.email.is_valid) return true;
		this._dispatch({ type: "found_wrong", text: answers.wrong_email(), field: "email" });
		this.view.email.input.focus();
		return false;
	}

	_request(minor) {
		const { method, save, card, attempt, form } = this.state;
		return {
			...(form.asks_email ? { email: this.view.email.value } : {}),
			amount: to_major(minor, form.invoice.exponent),
			...(this.several
				? { documents: wanted(this._read_parts().parts, form.invoice.exponent) }
				: {}),
			method_type: method,
			save: method === "card" && card === NEW && save ? 1 : 0,
			request_id: attempt.request_id,
		};
	}

	/** The button's amount: what is being paid, or what is typed; "" while that is no amount. */
	button_amount() {
		const { attempt } = this.state;
		const { minor } =
			is_busy(this.state) && attempt?.amount_minor !== undefined
				? { minor: attempt.amount_minor }
				: this._read_amount(this.state.amount);
		return minor === undefined ? "" : this.format.minor(minor);
	}

	/** The invoice's details without what its heading says already, as a Client Script left them. */
	details() {
		const { invoice } = this.state.form;
		const in_heading = [invoice.title, invoice.name, invoice.party];
		const details = (invoice.details || []).filter(({ value }) => !in_heading.includes(value));
		const copies = details.map((detail) => ({ ...detail }));
		return this._ask_script("details", copies, invoice) || details;
	}

	/** A Client Script's fault is reported, and the form does without its answer. */
	_ask_script(part, ...given) {
		try {
			return this.customise[part]?.(...given);
		} catch (error) {
			reportError(error);
		}
	}

	/** The amount and the method to begin with, as a Client Script wishes them or as the server allows them. */
	_preselected(form) {
		const wished = this._ask_script("preselect", form.invoice) || {};
		const amount = form.amount || { max_minor: 0, partial_allowed: false };
		const asked = parse_major(wished.amount, form.invoice.exponent);
		const minor =
			amount.partial_allowed && asked.minor
				? Math.min(asked.minor, amount.max_minor)
				: amount.max_minor;
		return {
			amount: this._typed(minor, form),
			amounts: this._proposed_amounts(form),
			method: wished.method || this.adapter.recall?.("method"),
			resumed: this._resumed(form),
		};
	}

	_proposed_amounts(form) {
		return form.documents ? proposed_amounts(form, this.format.separators) : {};
	}

	_resumed(form) {
		const open = form.under_way?.find(({ payment }) => payment === form.resume?.payment);
		const { minor } = parse_major(open?.amount, form.invoice.exponent);
		return minor === undefined
			? {}
			: { amount: this._typed(minor, form), amount_minor: minor };
	}

	_typed(minor, form) {
		return to_typed(minor, form.invoice.exponent, this.format.separators);
	}

	_custom_texts() {
		return this.customise.texts || {};
	}

	_answer_texts() {
		return {
			not_started: answers.not_started(),
			failed: answers.failed(),
			action_pending: answers.action_pending(),
		};
	}

	// Stripe.js

	_stripe() {
		return load_stripe({ ...this.state.form.stripe, locale: this.adapter.locale });
	}

	/** Mount the card's fields once they are wanted; they stay mounted, so that nothing entered is lost. */
	async _mount_card() {
		if (this.card_mounting) return;
		this.card_mounting = true;
		let stripe;
		try {
			stripe = await this._stripe();
		} catch {
			return this._fields_failed(answers.stripe_unreachable());
		}
		await when_shown(this.view.node);
		if (this.destroyed) return;
		try {
			this._make_card(stripe);
		} catch (error) {
			// Stripe.js refused what it was told: a key, an amount, an option.
			reportError(error);
			this._fields_failed(answers.fields_refused());
		}
	}

	_make_card(stripe) {
		const { invoice, amount, methods } = this.state.form;
		const accepted = methods.card.brands || [];
		this.card = new CardElement(stripe, {
			amount_minor: amount.max_minor,
			currency: invoice.currency,
			wallets: methods.card.wallets,
			like: this.view.amount_input,
			on_ready: () => this._dispatch({ type: "fields_ready" }),
			on_change: () => this._dispatch({ type: "details_changed" }),
			on_brands: (brands) =>
				this._dispatch({ type: "brand_found", text: refused_brand(brands, accepted) }),
			on_load_error: (error) =>
				this._fields_failed(
					!error || error.type === "api_connection_error"
						? answers.stripe_unreachable()
						: answers.fields_refused()
				),
			on_escape: this.on_escape,
		});
		this.card.mount(this.view.card_mount_point);
	}

	_fields_failed(text) {
		if (this.destroyed) return;
		this.card?.destroy();
		this.card = null;
		this.card_mounting = false;
		this._dispatch({ type: "fields_failed", text });
	}

	retry_card() {
		this._dispatch({ type: "fields_loading" });
	}

	// Bank accounts

	_bank_row(row) {
		if (row) this._dispatch({ type: "bank_account_changed", row });
		return this._refresh();
	}

	// Showing

	_dispatch(event) {
		if (this.destroyed) return;
		this.state = reduce(this.state, event);
		this._render();
	}

	_render() {
		if (this.destroyed) return;
		this.view.render(this.state);
		const { state } = this;
		const wants_card =
			state.phase === PHASE.READY && state.method === "card" && state.card === NEW;
		if (wants_card && !this.card && state.fields !== FIELDS.FAILED) this._mount_card();
	}
}

/** What is wrong with the brand of a number, as Stripe.js tells it before anything is sent; the server decides. */
function refused_brand(brands, accepted) {
	const fine = brands.some((brand) => brand === "unknown" || accepted.includes(brand));
	return fine || !brands.length
		? ""
		: answers.brand_refused(brand_name(brands[0]), accepted.map(brand_name));
}

function pause(milliseconds) {
	return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
