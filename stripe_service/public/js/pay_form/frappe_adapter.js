/**
 * The pay form's surroundings on a page of a Frappe site: the desk, the portal, a public page.
 *
 * Calls go by fetch and not by frappe.call, which exists in the desk alone, shows the server's messages in a window of
 * its own, and cannot tell a refusal from an answer that never came.
 */

import { __ } from "./i18n.js";

const ANSWER_WITHIN = 60000; // milliseconds: longer than the server waits for Stripe

/** `method_path(method)` names the whitelisted method of the form's `pay.open_form` and so on. */
export function frappe_adapter({
	method_path = (method) => `stripe_service.api.${method}`,
	more_args = {},
} = {}) {
	return {
		call: (method, args) => call(method_path(method), { ...args, ...more_args }),
		translate: window.__,
		locale: frappe.boot?.lang || document.documentElement.lang || undefined,
		...(window.format_currency && frappe.boot?.sysdefaults ? frappe_formats() : {}),
	};
}

function frappe_formats() {
	return {
		format_currency: (major, currency, decimals) =>
			window.format_currency(Number(major), currency, decimals),
		format_date: (iso) => frappe.datetime.str_to_user(String(iso).slice(0, 10)),
		number_format(currency) {
			const info = window.get_number_format_info(window.get_number_format(currency));
			// A site whose format has no decimals still has currencies that do.
			const decimal = info.decimal_str || (info.group_sep === "." ? "," : ".");
			return { decimal, group: info.group_sep };
		},
	};
}

async function call(method, args) {
	const abort = new AbortController();
	const timer = setTimeout(() => abort.abort(), ANSWER_WITHIN);
	try {
		const response = await fetch(`/api/method/${method}`, {
			method: "POST",
			headers: {
				Accept: "application/json",
				"Content-Type": "application/json",
				"X-Frappe-CSRF-Token": frappe.csrf_token || "",
			},
			body: JSON.stringify(args),
			signal: abort.signal,
		});
		const answer = await response.json();
		if (response.ok) return answer.message;
		throw { status: response.status, message: message_of(answer, response.status) };
	} catch (error) {
		if (error.status) throw error;
		// No connection, no answer in time, or one that is no JSON (a proxy's page): nothing is known.
		throw { status: 0, message: "" };
	} finally {
		clearTimeout(timer);
	}
}

/** The server's own words as plain text, or what a person can do about an answer without any. */
function message_of(answer, status) {
	if (answer.session_expired || (status === 403 && !still_logged_in())) {
		return __(
			"Your session has ended. Log in again, and open the form again: it shows what became of a payment."
		);
	}
	const words = server_messages(answer).map(plain_text).filter(Boolean).join(" ");
	return words || __("The server refused this. Reload the page and try again.");
}

/** A session that is gone altogether is answered like a guest's call; only the cookie tells. */
function still_logged_in() {
	const cookie = document.cookie.match(/(?:^|;\s*)user_id=([^;]*)/);
	return !frappe.session?.user || decodeURIComponent(cookie?.[1] || "") === frappe.session.user;
}

function server_messages(answer) {
	try {
		return JSON.parse(answer._server_messages || "[]").map(
			(message) => JSON.parse(message).message
		);
	} catch {
		return [];
	}
}

function plain_text(html) {
	return new DOMParser()
		.parseFromString(String(html ?? ""), "text/html")
		.body.textContent.trim();
}
