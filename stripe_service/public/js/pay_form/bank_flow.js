/**
 * Adding a bank account and verifying it: a SetupIntent made by the server, confirmed in the browser, and looked up
 * again by the server, which alone says what state the account is in.
 *
 * Account numbers go from Stripe's frame to Stripe and to nowhere else.
 */

import { NoAnswer } from "./api.js";
import { __ } from "./i18n.js";
import { answers, stripe_js_error } from "./messages.js";
import { BankAccountElement } from "./payment_element.js";

const IDLE = { step: null, name: null, busy: false, element_ready: false, error: "", status: "" };

export class BankFlow {
	/** `on_change()` after every step; `on_row(row)` with the account as the server now has it. */
	constructor({ api, stripe, appearance, mount_point, account, on_change, on_row }) {
		Object.assign(this, { api, stripe, appearance, mount_point, account, on_change, on_row });
		this.state = IDLE;
		this.element = null;
		this.setup_intent = null;
	}

	async add() {
		this._set({ ...IDLE, step: "adding" });
		try {
			await this._mount(await this.api.start_bank_account(this.account()));
		} catch (error) {
			this._set({ error: this._words(error) });
		}
	}

	async _mount({ client_secret, billing_details }) {
		const stripe = await this.stripe();
		if (this.state.step !== "adding") return;
		this.element = new BankAccountElement(stripe, {
			client_secret,
			defaults: billing_details,
			appearance: this.appearance(),
			on_ready: () => {
				this._set({ element_ready: true });
				this.element?.focus();
			},
			on_change: () => this._set({ error: "" }),
			on_load_error: () => this._set({ error: answers.stripe_unreachable() }),
		});
		this.element.mount(this.mount_point());
	}

	cancel() {
		this._unmount();
		this._set(IDLE);
	}

	async confirm() {
		this._set({ busy: true, error: "" });
		try {
			// A confirmation whose answer was lost is not repeated, only asked about.
			this.setup_intent = this.setup_intent || (await this.element.confirm()).id;
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

	destroy() {
		this._unmount();
	}

	_words(error) {
		if (error instanceof NoAnswer) {
			return __(
				"There was no answer. Check your connection, and press the button again: nothing is done twice."
			);
		}
		return error.message ? stripe_js_error(error) : answers.stripe_unreachable();
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
