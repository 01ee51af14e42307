/**
 * The pay form: one component for the desk's dialog, the portal page, the public pay link and the test page.
 *
 * It knows no Frappe. What surrounds it comes in as an `adapter`:
 *   call(method, args)       a Promise; rejects with {status, message} (api.js says what the statuses mean)
 *   translate(text, values)  optional
 *   format_currency(major, currency, decimals), format_date(iso), number_format(currency) as {decimal, group},
 *   locale                   optional
 *
 * `on_result(result)` tells of a payment that is paid or on its way; `on_close` gives the result a Close button; `on_escape`
 * hears of the Escape key inside Stripe's fields, whose keys the page around never sees.
 *
 * `customise` is what Client Scripts registered for the DocType (docs/client-scripts.md). The server decides every
 * amount, method and state again: nothing here is a safeguard, except against paying twice by mistake (state.js).
 */

import { check_amount, parse_amount, to_major, to_typed } from "./amount.js";
import { Api, NoAnswer, Refused } from "./api.js";
import { BankFlow } from "./bank_flow.js";
import { make_format } from "./format.js";
import { use_translator } from "./i18n.js";
import { amount_problem, answers, default_texts, stripe_js_error } from "./messages.js";
import { appearance_of, CardElement } from "./payment_element.js";
import { can_pay, initial, is_busy, NEW, PHASE, reduce, saved_method } from "./state.js";
import { load_stripe } from "./stripe_loader.js";
import { FormView } from "./view/form_view.js";

const ASK_AGAIN_AFTER = [1000, 2000, 4000, 8000, 15000]; // milliseconds; the last one repeats

export class PayForm {
	constructor({
		target,
		doctype,
		name,
		adapter,
		customise = {},
		on_result,
		on_close,
		on_escape,
	}) {
		use_translator(adapter.translate);
		this.adapter = adapter;
		this.api = new Api(adapter, { doctype, name });
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
			appearance: () => this._appearance(),
			mount_point: () => this.view.bank_mount_point,
			account: () => this.state.form.stripe.account,
			on_change: () => this._render(),
			on_row: (row) => this._bank_row(row),
		});
		target.append(this.view.node);
	}

	/** Load the invoice and show the form. Resolves when it can be used, or says why not. */
	async open() {
		this._dispatch({ type: "loading" });
		try {
			const form = await this.api.open_form();
			if (this.destroyed) return;
			this.format.use(form.invoice);
			const wished = this._preselected(form);
			this._dispatch({ type: "opened", form, ...wished });
		} catch (error) {
			const message =
				error instanceof Refused && error.message ? error.message : answers.open_failed();
			return this._dispatch({ type: "open_failed", message });
		}
		if (this.state.phase === PHASE.UNKNOWN) return this._ask_again();
	}

	/** True while an answer is awaited: closing now would hide it, though not lose it. */
	get busy() {
		return this.state.phase === PHASE.SENDING || this.state.phase === PHASE.AUTHENTICATING;
	}

	destroy() {
		this.destroyed = true;
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

	leave_amount() {
		this.amount_checked = this.state.amount.trim() !== "";
		this._render();
	}

	async pay() {
		if (is_busy(this.state)) return;
		const minor = this._amount_to_pay();
		if (minor === null || !this._method_to_pay()) return;
		this._dispatch({ type: "pay_started", request_id: crypto_id(), amount_minor: minor });
		if (this.state.phase !== PHASE.SENDING) return;

		const request = this._request(minor);
		if (this.state.method === "card" && this.state.card === NEW) {
			try {
				request.confirmation_token = await this.card.tokenise({
					amount_minor: minor,
					save: this.state.save,
				});
			} catch (error) {
				this._dispatch({ type: "details_refused", text: stripe_js_error(error) });
				return this.card.focus();
			}
		} else {
			request.saved_method = saved_method(this.state);
		}
		await this._follow(() => this.api.pay(request));
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
			if (error instanceof NoAnswer) {
				return this._follow(() => this.api.payment_status({ payment }));
			}
			return this._dispatch({ type: "found_wrong", text: error.message });
		}
		await this.open();
	}

	// From Pay to the result

	/** Take the server's answer, and go on with what it asks for. */
	async _follow(call) {
		try {
			const result = await call();
			this._dispatch({ type: "answered", result, texts: this._answer_texts() });
		} catch (error) {
			this._dispatch(
				error instanceof Refused
					? { type: "refused", text: error.message || answers.failed() }
					: { type: "no_answer", text: answers.unknown() }
			);
		}
		return this._go_on();
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
				return this._refresh();
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
			// No Stripe.js: the server answers that the bank still waits, and the form offers to go on.
		}
		this.view.say(answers.finishing());
		await this._follow(() => this.api.finish(payment));
	}

	/** Until the server tells what became of the attempt; never sends the payment again. */
	async _ask_again() {
		for (let asked = 0; this.state.phase === PHASE.UNKNOWN; asked += 1) {
			await pause(ASK_AGAIN_AFTER[Math.min(asked, ASK_AGAIN_AFTER.length - 1)]);
			if (this.destroyed) return;
			try {
				const result = await this.api.payment_status(this.state.attempt);
				this._dispatch({ type: "answered", result, texts: this._answer_texts() });
			} catch (error) {
				const text = asked < 3 ? answers.unknown() : answers.still_unknown();
				this._dispatch({
					type: "no_answer",
					text: error instanceof Refused ? error.message : text,
				});
			}
		}
		return this._go_on();
	}

	/** What may be paid has changed, or someone else was faster: the form shows it and stays usable. */
	async _refresh() {
		try {
			const form = await this.api.open_form();
			if (this.destroyed) return;
			if (form.why_not || form.loading_error)
				return this._dispatch({ type: "opened", form, amount: "" });
			this._dispatch({ type: "refreshed", form });
		} catch {
			// The form keeps what it knew; the server checks again on Pay.
		}
	}

	_tell_result() {
		this._ask_script("on_result", this.state.result);
		this.on_result?.(this.state.result);
	}

	// What is about to be paid

	/** The problem with an amount as typed, in words, or "". */
	amount_problem_of(text) {
		return this._read_amount(text).words || "";
	}

	_read_amount(text) {
		const { amount, invoice } = this.state.form;
		const { exponent } = invoice;
		const separators = this.format.separators;
		const example = to_typed(Math.min(amount.max_minor, 12345), exponent, separators);
		const parsed = parse_amount(text, exponent, separators);
		const problem = parsed.problem ? parsed : check_amount(parsed.minor, amount);
		if (!problem) return { minor: parsed.minor };
		return { words: amount_problem(problem, (minor) => this.format.minor(minor), example) };
	}

	_amount_to_pay() {
		const { minor, words } = this._read_amount(this.state.amount);
		if (!words) return minor;
		this.amount_checked = true;
		this._dispatch({ type: "found_wrong", text: words, field: "amount" });
		this.view.focus_amount();
		return null;
	}

	_method_to_pay() {
		if (can_pay(this.state)) return true;
		const text =
			this.state.method === "us_bank_account"
				? answers.choose_bank_account()
				: answers.no_method();
		this._dispatch({ type: "found_wrong", text });
		return false;
	}

	_request(minor) {
		const { method, save, card, attempt, form } = this.state;
		return {
			amount: to_major(minor, form.invoice.exponent),
			method_type: method,
			save: method === "card" && card === NEW && save ? 1 : 0,
			request_id: attempt.request_id,
		};
	}

	/** The button's amount, or "" while what is typed is no amount. */
	button_amount() {
		const { minor } = this._read_amount(this.state.amount);
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

	_preselected(form) {
		const wished = this._ask_script("preselect", form.invoice) || {};
		const amount = form.amount || { max_minor: 0, partial_allowed: false };
		const { exponent } = form.invoice;
		const asked =
			wished.amount === undefined ? {} : parse_amount(String(wished.amount), exponent);
		const minor =
			amount.partial_allowed && asked.minor
				? Math.min(asked.minor, amount.max_minor)
				: amount.max_minor;
		return {
			amount: to_typed(minor, exponent, this.format.separators),
			method: wished.method,
		};
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
		const { stripe } = this.state.form;
		this.stripe_promise =
			this.stripe_promise || load_stripe({ ...stripe, locale: this.adapter.locale });
		this.stripe_promise.catch(() => (this.stripe_promise = null));
		return this.stripe_promise;
	}

	/** Mount the card's fields once they are wanted; they stay mounted, so that nothing entered is lost. */
	async _mount_card() {
		if (this.card_mounting) return;
		this.card_mounting = true;
		try {
			const stripe = await this._stripe();
			if (this.destroyed) return;
			const { invoice, amount, methods } = this.state.form;
			this.card = new CardElement(stripe, {
				amount_minor: amount.max_minor,
				currency: invoice.currency,
				appearance: this._appearance(),
				on_ready: () => this._card_ready(),
				on_change: (event) =>
					this._dispatch({ type: "details_changed", complete: event.complete }),
				on_load_error: () => this._card_unreachable(),
				on_escape: this.on_escape,
			});
			this.card.element.on("carddetailschange", ({ details }) =>
				this.view.warn_of_brand(details?.brands, methods.card.brands || [])
			);
			this.card.mount(this.view.card_mount_point);
		} catch {
			this._card_unreachable();
		}
	}

	_card_ready() {
		this.card_ready = true;
		this._render();
	}

	_card_unreachable() {
		this.card?.destroy();
		this.card = null;
		this.card_mounting = false;
		this.card_failed = true;
		this._dispatch({
			type: "found_wrong",
			text: answers.stripe_unreachable(),
			field: "stripe_js",
		});
	}

	retry_card() {
		this.card_failed = false;
		this._dispatch({ type: "details_changed", complete: false });
	}

	_appearance() {
		return appearance_of(this.view.amount_input);
	}

	// Bank accounts

	_bank_row(row) {
		if (row) this._dispatch({ type: "bank_account_changed", row });
		return this._refresh();
	}

	// Showing

	_dispatch(event) {
		if (this.destroyed) return;
		this.state = event.type === "loading" ? { ...initial } : reduce(this.state, event);
		this._render();
	}

	_render() {
		if (this.destroyed) return;
		this.view.render(this.state);
		const { state } = this;
		const wants_card =
			state.phase === PHASE.READY && state.method === "card" && state.card === NEW;
		if (wants_card && !this.card && !this.card_failed) this._mount_card();
	}
}

function pause(milliseconds) {
	return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A UUID also where the page is not served over https (crypto.randomUUID exists in secure contexts only). */
function crypto_id() {
	if (crypto.randomUUID) return crypto.randomUUID();
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
	return [
		hex.slice(0, 8),
		hex.slice(8, 12),
		hex.slice(12, 16),
		hex.slice(16, 20),
		hex.slice(20),
	].join("-");
}
