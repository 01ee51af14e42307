/**
 * The calls of a payment link. Each names the link by its token, its documents by their rows of it, and the payment by the `request_id` that this browser drew
 * for it: whoever has the link but not that id can neither follow the payment nor go on with it. It is kept in this
 * browser's storage, because a bank may send the payer back in another tab.
 */

import { Api } from "../api.js";

const METHODS = "pay_by_link";
const SIGNATURE_LENGTH = 52;

export class LinkApi extends Api {
	constructor(adapter, token) {
		super(adapter);
		this.token = token;
		this.request_id = this._with_storage((storage) => storage.getItem(this._key())) || null;
	}

	open_form() {
		return this._call("open_form", this.request_id ? { request_id: this.request_id } : {});
	}

	/** `documents` are those of a link of several, each {row, amount}. */
	pay({ amount, documents, confirmation_token, request_id, email }) {
		this.request_id = request_id;
		this._with_storage((storage) => storage.setItem(this._key(), request_id));
		const what = documents ? { amounts: JSON.stringify(documents) } : { amount };
		return this._call("pay", {
			...what,
			confirmation_token,
			request_id,
			email: email || null,
		});
	}

	payment_status({ request_id } = {}) {
		return this._call("payment_status", { request_id: request_id || this.request_id });
	}

	finish() {
		return this._call("finish", { request_id: this.request_id });
	}

	abandon() {
		return this._call("abandon", { request_id: this.request_id });
	}

	_call(method, args) {
		return this.call(`${METHODS}.${method}`, { token: this.token, ...args });
	}

	/** By the link's name alone: the rest of the token is the secret. */
	_key() {
		return `stripe_service:payment_link:${this.token.slice(0, -SIGNATURE_LENGTH)}`;
	}

	/** A browser may forbid its storage; then a page that is left forgets its payment. */
	_with_storage(use) {
		try {
			return use(window.localStorage);
		} catch {
			return null;
		}
	}
}
