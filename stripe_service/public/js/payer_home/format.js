/** How the home writes amounts, dates and links: as the rest of the desk does. */

import { decimals_of } from "../desk/decimals.js";

/** `major` is a string in major units, as the server sends it. The sign stays in one line with the figures. */
export function money(major, currency) {
	const text = format_currency(Number(major), currency, decimals_of(currency));
	return text.replaceAll(" ", "\u00a0");
}

export function date(value) {
	return frappe.datetime.str_to_user(value);
}

export function form_link(doctype, name) {
	return frappe.utils.get_form_link(doctype, name);
}
