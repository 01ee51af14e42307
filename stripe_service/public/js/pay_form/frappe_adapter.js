/**
 * The pay form's surroundings on a page of a Frappe site: the desk's dialog, and the page of saved methods on desk and
 * portal.
 *
 * Calls go by fetch and not by frappe.call, which exists in the desk alone, shows the server's messages in a window of
 * its own, and cannot tell a refusal from an answer that never came.
 */

import { in_groups } from "./amount.js";
import { __ } from "./i18n.js";

const ANSWER_WITHIN = 60000; // milliseconds: longer than the server waits for Stripe

export function frappe_adapter() {
	return {
		call: (method, args) => call(`stripe_service.api.${method}`, args),
		translate: window.__,
		locale: frappe.boot?.lang || document.documentElement.lang || undefined,
		on_change,
		remember: (what, value) => with_storage((storage) => storage.setItem(key_of(what), value)),
		recall: (what) => with_storage((storage) => storage.getItem(key_of(what))),
		login_url: () =>
			`/login?redirect-to=${encodeURIComponent(
				window.location.pathname + window.location.search
			)}`,
		// The website has the same functions, without the currencies' symbols; the desk alone is told who the user is.
		...(frappe.boot?.user && window.get_number_format ? frappe_formats() : {}),
	};
}

const key_of = (what) => `stripe_service:${frappe.session?.user}:${what}`;

/** A browser may forbid its storage; then nothing is remembered. */
function with_storage(use) {
	try {
		return use(window.localStorage);
	} catch {
		return null;
	}
}

/** Calls back when the server tells that a payment of this document, or the document, changed. Answers how to stop. */
function on_change({ doctype, name }, callback) {
	if (!frappe.realtime?.on) return () => {};
	const heard_document = (data) =>
		data?.doctype === doctype && data?.name === name && callback();
	const heard_payment = () => callback();
	frappe.realtime.on("stripe_payment", heard_payment);
	frappe.realtime.on("doc_update", heard_document);
	return () => {
		frappe.realtime.off("stripe_payment", heard_payment);
		frappe.realtime.off("doc_update", heard_document);
	};
}

function frappe_formats() {
	return {
		/** Frappe's own would print as many decimals as the site's number format has, not as the currency has. */
		format_currency(major, currency, decimals) {
			const number = in_groups(major, decimals, number_format(currency));
			const symbol = window.get_currency_symbol(currency);
			if (!symbol) return number;
			const on_right = frappe.model.get_value(":Currency", currency, "symbol_on_right");
			return on_right ? `${number}\u00a0${__(symbol)}` : `${__(symbol)}\u00a0${number}`;
		},
		number_format,
	};
}

function number_format(currency) {
	const format = window.get_number_format(currency);
	const info = window.get_number_format_info(format);
	// A site whose format has no decimals still has currencies that do.
	const decimal = info.decimal_str || (info.group_sep === "." ? "," : ".");
	return { decimal, group: info.group_sep, pairs: format.startsWith("#,##,") };
}

async function call(method, args) {
	const response = await ask(method, args);
	let answer;
	try {
		answer = await response.json();
	} catch {
		throw { status: 0, message: "", unreadable: true };
	}
	if (response.ok) return answer.message;
	throw failure(answer, response.status);
}

async function ask(method, args) {
	const abort = new AbortController();
	const timer = setTimeout(() => abort.abort(), ANSWER_WITHIN);
	try {
		return await fetch(`/api/method/${method}`, {
			method: "POST",
			headers: {
				Accept: "application/json",
				"Content-Type": "application/json",
				"X-Frappe-CSRF-Token": frappe.csrf_token || "",
			},
			body: JSON.stringify(args),
			signal: abort.signal,
		});
	} catch {
		// No connection, or no answer in time: nothing is known.
		throw { status: 0, message: "" };
	} finally {
		clearTimeout(timer);
	}
}

function failure(answer, status) {
	const session_ended =
		Boolean(answer.session_expired) ||
		answer.exc_type === "CSRFTokenError" ||
		((status === 401 || status === 403) && !still_logged_in());
	const words = server_messages(answer).map(plain_text).filter(Boolean).join(" ");
	return { status, message: words, session_ended };
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
