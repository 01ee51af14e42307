/** How the home writes amounts, dates and links: as the rest of the desk does. */

import { decimals_of } from "../desk/decimals.js";

/** `major` is a string in major units, as the server sends it. */
export function money(major, currency) {
	return format_currency(Number(major), currency, decimals_of(currency));
}

export function date(value) {
	return frappe.datetime.str_to_user(value);
}

export function form_link(doctype, name) {
	return frappe.utils.get_form_link(doctype, name);
}
