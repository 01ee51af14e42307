/**
 * The calls to the server, and the one distinction in their failures that money depends on.
 *
 * `Refused`: the server answered that it did nothing (4xx), and said why. `NoAnswer`: no answer, a broken one or a
 * fault of the server (5xx): whether something was charged is not known, and only asking again can tell.
 *
 * `adapter.call(method, args)` resolves with the method's result or rejects with `{status, message}`, where status
 * is the HTTP status, 0 if there was no answer. Amounts go as decimal strings in major units.
 */

export class Refused extends Error {}
export class NoAnswer extends Error {}

export class Api {
	constructor(adapter, { doctype, name }) {
		this.adapter = adapter;
		this.document = { doctype, name };
	}

	open_form() {
		return this._call("pay.open_form", this.document);
	}

	/** `request` is {amount, method_type, confirmation_token | saved_method, save, request_id}. */
	pay(request) {
		return this._call("pay.pay", { ...this.document, ...request });
	}

	/** By the payment's name, or by the request whose answer was lost. */
	payment_status({ payment, request_id }) {
		return this._call(
			"pay.payment_status",
			payment ? { payment } : { ...this.document, request_id }
		);
	}

	finish(payment) {
		return this._call("pay.finish", { payment });
	}

	abandon(payment) {
		return this._call("pay.abandon", { payment });
	}

	start_bank_account(account) {
		return this._call("methods.start_bank_account", { account });
	}

	bank_account_confirmed(setup_intent) {
		return this._call("methods.bank_account_confirmed", { setup_intent });
	}

	/** `answer` is {first_amount, second_amount} in cents, or {descriptor_code}. */
	verify_bank_account(name, answer) {
		return this._call("methods.verify_bank_account", { name, ...answer });
	}

	async _call(method, args) {
		try {
			return await this.adapter.call(method, args);
		} catch (error) {
			const refused = error.status >= 400 && error.status < 500;
			throw refused ? new Refused(error.message) : new NoAnswer(error.message);
		}
	}
}
