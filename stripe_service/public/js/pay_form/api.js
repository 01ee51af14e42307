/**
 * The calls to the server, and the one distinction in their failures that money depends on.
 *
 * `Refused`: the server answered that it did nothing (4xx), and said why. `NoAnswer`: no answer, a broken one or a
 * fault of the server (5xx): whether something was charged is not known, and only asking again can tell.
 *
 * `adapter.call(method, args)` resolves with the method's result or rejects with `{status, message}`, where status
 * is the HTTP status, 0 if there was no answer that could be read. It may add `session_ended`, and `unreadable` for an
 * answer that was no JSON (a proxy's page, a server whose database is away). Amounts go as decimal strings in major
 * units.
 */

class Failure extends Error {
	constructor({ status, message, session_ended, unreadable }) {
		super(message || "");
		this.session_ended = Boolean(session_ended);
		// What was asked for is there no more, and will not come back.
		this.gone = status === 404 || status === 410;
		// The connection is all right, the site is not: the words for the payer differ.
		this.site_at_fault = Boolean(unreadable) || status >= 500;
	}
}

export class Refused extends Failure {}
export class NoAnswer extends Failure {}

export class Api {
	constructor(adapter, { doctype, name } = {}) {
		this.adapter = adapter;
		this.document = { doctype, name };
	}

	open_form() {
		return this.call("pay.open_form", this.document);
	}

	/** `request` is {amount, method_type, confirmation_token | saved_method, save, request_id}. */
	pay(request) {
		return this.call("pay.pay", { ...this.document, ...request });
	}

	/** By the payment's name, or by the request whose answer was lost. */
	payment_status({ payment, request_id }) {
		return this.call(
			"pay.payment_status",
			payment ? { payment } : { ...this.document, request_id }
		);
	}

	finish(payment) {
		return this.call("pay.finish", { payment });
	}

	abandon(payment) {
		return this.call("pay.abandon", { payment });
	}

	my_methods(account) {
		return this.call("methods.my_methods", { account });
	}

	start_bank_account(account) {
		return this.call("methods.start_bank_account", { account });
	}

	bank_account_confirmed(setup_intent) {
		return this.call("methods.bank_account_confirmed", { setup_intent });
	}

	/** `answer` is {first_amount, second_amount} in cents, or {descriptor_code}. */
	verify_bank_account(name, answer) {
		return this.call("methods.verify_bank_account", { name, ...answer });
	}

	refresh_bank_account(name) {
		return this.call("methods.refresh_bank_account", { name });
	}

	remove_method(name) {
		return this.call("methods.remove_method", { name });
	}

	set_default(name) {
		return this.call("methods.set_default", { name });
	}

	async call(method, args) {
		try {
			return await this.adapter.call(method, args);
		} catch (error) {
			if (error instanceof Error) throw error; // a fault of this page, and no answer of the server's
			throw error.status >= 400 && error.status < 500
				? new Refused(error)
				: new NoAnswer(error);
		}
	}
}
