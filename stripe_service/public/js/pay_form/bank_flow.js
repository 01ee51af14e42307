/**
 * Adding a bank account and verifying it: a SetupIntent made by the server, confirmed in the browser, and looked up
 * again by the server, which alone says what state the account is in.
 *
 * Account numbers go from Stripe's frame to Stripe and to nowhere else.
 */

import { NoAnswer, Refused } from "./api.js";
import { __ } from "./i18n.js";
import { answers, bank_title } from "./messages.js";
import { BankAccountElement, EntryRefused } from "./payment_element.js";

const IDLE = { step: null, name: null, busy: false, element_ready: false, error: "", status: "" };

export class BankFlow {
	/**
	 * `panel()` is the AddBankPanel that is shown; `on_change()` is called after every step, `on_row(row)` with the
	 * account as the server now has it, or null where it must be read again.
	 */
	constructor({ api, stripe, panel, account, on_change, on_row }) {
		Object.assign(this, { api, stripe, panel, account, on_change, on_row });
		this.state = IDLE;
		this.element = null;
		this.started = null; // what the server began: {name, client_secret, billing_details}
		this.setup_intent = null; // confirmed at Stripe
	}

	async add() {
		this._set({ ...IDLE, step: "adding" });
		try {
			this.started = await this.api.start_bank_account(this.account());
			if (this.state.step !== "adding") return this._forget_started();
			await this._mount(this.started);
		} catch (error) {
			this._set({ error: this._words(error) });
		}
	}

	async _mount({ client_secret, billing_details }) {
		const stripe = await this._load_stripe();
		if (!stripe || this.state.step !== "adding") return;
		const { mount_point, like } = this.panel();
		this.element = new BankAccountElement(stripe, {
			client_secret,
			defaults: billing_details,
			like,
			on_ready: () => {
				this._set({ element_ready: true });
				this.element?.focus();
			},
			on_change: () => this._set({ error: "" }),
			on_load_error: () => this._set({ error: answers.stripe_unreachable() }),
		});
		this.element.mount(mount_point);
	}

	async _load_stripe() {
		try {
			return await this.stripe();
		} catch {
			this._set({ error: answers.stripe_unreachable() });
		}
	}

	cancel() {
		this._unmount();
		this._forget_started();
		this._set(IDLE);
	}

	/** The account that was begun has no number yet, and would be left behind without a name. */
	_forget_started() {
		const { started } = this;
		this.started = null;
		// If this fails, the server ends it within a day.
		if (started?.name) this.api.remove_method(started.name).catch(() => {});
	}

	async confirm() {
		this._set({ busy: true, error: "" });
		try {
			// A confirmation whose answer was lost is not repeated, only asked about.
			this.setup_intent = this.setup_intent || (await this.element.confirm()).id;
			this.started = null;
			const row = await this.api.bank_account_confirmed(this.setup_intent);
			this._unmount();
			this._set({ ...IDLE, status: row.message || added(row) });
			this.on_row(row);
		} catch (error) {
			this._set({ busy: false, error: this._words(error) });
		}
	}

	/** `answer` is {first_amount, second_amount} in cents, or {descriptor_code}. */
	async verify(name, answer) {
		const missing = missing_answer(answer);
		if (missing) return this._set({ ...IDLE, name, error: missing });
		this._set({ ...IDLE, name, busy: true });
		try {
			const row = await this.api.verify_bank_account(name, answer);
			this._set({ ...IDLE, status: row.message || verified(row) });
			this.on_row(row);
		} catch (error) {
			this._set({ busy: false, error: this._words(error) });
			// The tries left have changed.
			this.on_row(null);
		}
	}

	/** Remove an account that can't be used: its verification failed, or was begun by mistake. */
	async remove(row) {
		this._set({ ...IDLE, name: row.name, busy: true });
		try {
			await this.api.remove_method(row.name);
			this._set({ ...IDLE, status: __("{0} was removed.", [bank_title(row)]) });
		} catch (error) {
			this._set({ busy: false, error: this._words(error) });
		}
		this.on_row(null);
	}

	destroy() {
		if (!this.state.busy) this._forget_started();
		this._unmount();
	}

	_words(error) {
		if (error instanceof EntryRefused) return error.message || answers.entry_refused();
		if (error instanceof Refused && error.session_ended) return answers.session_ended();
		if (error instanceof Refused) return error.message || answers.refused();
		if (error instanceof NoAnswer) return error.message || answers.no_answer(error);
		reportError(error);
		return answers.page_fault();
	}

	_unmount() {
		this.element?.destroy();
		this.element = null;
		this.setup_intent = null;
	}

	_set(change) {
		this.state = { ...this.state, ...change };
		this.on_change();
	}
}

function missing_answer({ first_amount, second_amount, descriptor_code }) {
	if (descriptor_code !== undefined) {
		return /^SM[0-9A-Z]{4}$/.test(descriptor_code)
			? ""
			: __("The code has six characters and starts with SM.");
	}
	return first_amount && second_amount
		? ""
		: __("Enter both amounts in cents, for example 32 and 45.");
}

function added(row) {
	return row.usable
		? __("The account ending in {0} is verified and can be used.", [row.last4])
		: __("The account ending in {0} was added. It can be used once it is verified.", [
				row.last4,
		  ]);
}

function verified(row) {
	return row.usable
		? __("The account ending in {0} is verified and can be used.", [row.last4])
		: __("The account ending in {0} could not be verified. Please contact your bank.", [
				row.last4,
		  ]);
}
