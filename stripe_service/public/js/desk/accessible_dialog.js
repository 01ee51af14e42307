/**
 * What Frappe's dialogs leave out: a name, names for the close button and the fields, and a focus that stays inside and
 * goes back to where it was.
 */

import { darken_help, titles_of_pages } from "./frappe_versions.js";

const kept = new WeakMap();

/**
 * Call it with a frappe.ui.Dialog as soon as it is made. `opener` is what the focus goes back to: a static dialog is shown
 * by being made, and has taken the focus by then. Answers the dialog.
 */
export function accessible(dialog, opener = document.activeElement) {
	const modal = dialog.$wrapper.get(0);
	name_dialog(modal);
	name_fields(modal);
	keep_focus(modal, opener);
	return dialog;
}

/** Frappe's short dialogs, with Frappe's own arguments. Nothing else of the app calls Frappe's (tests/unit/test_dialogs.py). */
export const dialogs = {
	confirm: (...args) => made_accessible(frappe.confirm, args),
	message: (...args) => made_accessible(frappe.msgprint, args),
	prompt: (...args) => made_accessible(frappe.prompt, args),
	warn: (...args) => made_accessible(frappe.warn, args),
};

function made_accessible(make, args) {
	const opener = document.activeElement;
	return accessible(make(...args), opener);
}

function name_dialog(modal) {
	const title = modal.querySelector(".modal-title");
	title.id = title.id || unique_id("title");
	const attributes = { role: "dialog", "aria-modal": "true", "aria-labelledby": title.id };
	for (const [name, value] of Object.entries(attributes)) modal.setAttribute(name, value);
	modal.querySelector(".btn-modal-close")?.setAttribute("aria-label", __("Close"));
	const danger = modal.querySelector(".btn-danger");
	// Bootstrap's red is too light for white letters (4.4 to 1).
	if (danger) danger.style.cssText = "background-color: #b52a2a";
	for (const button of modal.querySelectorAll(".modal-footer .btn")) give_edge(button);
}

/** An edge that is seen with forced colours alone, which take the background away: Frappe's buttons and fields have none. */
export function give_edge(node) {
	node.style.border = "1px solid transparent";
}

/** Frappe's labels stand beside their inputs without a tie between them. */
function name_fields(modal) {
	for (const control of modal.querySelectorAll(".frappe-control")) {
		const label = control.querySelector("label.control-label");
		const input = control.querySelector("input, select, textarea");
		if (!label || !input) continue;
		if (!input.matches("[type=checkbox], [type=radio]")) give_edge(input);
		if (input.labels?.length) continue;
		input.id = input.id || unique_id("field");
		label.htmlFor = input.id;
		const help = control.querySelector(".help-box");
		if (help) darken_help(help);
		if (help?.textContent.trim()) {
			help.id = help.id || unique_id("help");
			input.setAttribute("aria-describedby", help.id);
		}
	}
}

/** Frappe uses its message dialog again and again: each modal gets its handlers once. */
function keep_focus(modal, opener) {
	const is_new = !kept.has(modal);
	const state = kept.get(modal) || { page: [] };
	kept.set(modal, state);
	if (is_new) {
		modal.addEventListener(
			"keydown",
			(event) => event.key === "Tab" && go_round(modal, event)
		);
		$(modal).on("show.bs.modal", () => shut_page(state, document.activeElement));
		$(modal).on("hidden.bs.modal", () => open_page(state));
	}
	if (is_shown(modal)) shut_page(state, opener);
}

/** From the moment it is called up, while it is still sliding in. */
function is_shown(modal) {
	return modal.classList.contains("show") || Boolean($(modal).data("bs.modal")?._isShown);
}

function shut_page(state, opener) {
	state.opener = opener;
	const page = parts_of_page();
	for (const part of page) part.inert = true;
	state.page.push(...page);
}

function open_page(state) {
	for (const part of state.page) part.inert = false;
	state.page = [];
	give_back_focus(state.opener);
}

/** The page behind the dialog; not other dialogs, alerts, or what Stripe puts over everything. */
function parts_of_page() {
	return [...document.body.children].filter(
		(part) =>
			!part.inert &&
			!part.matches(".modal, .modal-backdrop, #alert-container, iframe, script, style, link")
	);
}

/** Frames keep their own keys, but neither the first nor the last stop is one. */
function go_round(modal, event) {
	const stops = [
		...modal.querySelectorAll("a[href], button, input, select, textarea, iframe, [tabindex]"),
	].filter((stop) => stop.tabIndex >= 0 && !stop.disabled && stop.getClientRects().length > 0);
	const [first, last] = [stops[0], stops[stops.length - 1]];
	const leaving = event.shiftKey
		? [first, modal].includes(document.activeElement)
		: document.activeElement === last;
	if (!stops.length || !leaving) return;
	event.preventDefault();
	(event.shiftKey ? last : first).focus();
}

/** To what was pressed, or to the button of the menu that it was in; if both are gone, to the title of the page. */
function give_back_focus(before) {
	const menu = before?.closest?.(".inner-group-button, .btn-group")?.querySelector("button");
	const place = [before, menu].find(
		(node) => node?.isConnected && node !== document.body && node.getClientRects().length
	);
	place ? place.focus() : focus_title();
}

export function focus_title() {
	const title = titles_of_pages().find((node) => node.getClientRects().length);
	if (!title) return;
	title.tabIndex = -1;
	title.focus();
}

/** Each bundle has this module once more, so a count of its own would be another's, too. */
function unique_id(of_what) {
	return `stripe-dialog-${of_what}-${frappe.utils.get_random(8)}`;
}
