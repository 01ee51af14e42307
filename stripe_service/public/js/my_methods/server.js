/** The calls to the server, the same on the desk and on the portal. */

import { Api } from "../pay_form/api.js";

export class Server extends Api {
	constructor() {
		super({ call }, {});
	}

	my_methods(account) {
		return this._call("methods.my_methods", { account });
	}

	remove(name) {
		return this._call("methods.remove_method", { name });
	}

	set_default(name) {
		return this._call("methods.set_default", { name });
	}

	refresh_bank_account(name) {
		return this._call("methods.refresh_bank_account", { name });
	}
}

/** Resolves with the method's result; rejects with {status, message}, status 0 if there was no answer. */
async function call(method, args) {
	let response;
	try {
		response = await fetch(`/api/method/stripe_service.api.${method}`, {
			method: "POST",
			headers: {
				"Content-Type": "application/json",
				Accept: "application/json",
				"X-Frappe-CSRF-Token": frappe.csrf_token || "",
			},
			body: JSON.stringify(args),
		});
	} catch (error) {
		throw { status: 0, message: "" };
	}
	const body = await response.json().catch(() => ({}));
	if (!response.ok) throw { status: response.status, message: message_of(body) };
	return body.message;
}

function message_of(body) {
	try {
		const last = JSON.parse(JSON.parse(body._server_messages || "[]").pop() || "{}");
		return new DOMParser().parseFromString(last.message || "", "text/html").body.textContent;
	} catch (error) {
		return "";
	}
}
