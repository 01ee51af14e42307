/**
 * How the home writes amounts, dates and links: as the rest of the desk does. The portal, which has no desk around it, names
 * its own ways (`use_surroundings`).
 */

import { amount_in_words } from "../desk/decimals.js";
import { readable_date } from "../pay_form/format.js";

let surroundings = {
	money: amount_in_words,
	date: (value) => readable_date(value, frappe.boot.lang),
	link: (doctype, name) => frappe.utils.get_form_link(doctype, name),
};

/** `other` has the three functions above. */
export function use_surroundings(other) {
	surroundings = other;
}

/** `major` is a string in major units, as the server sends it. The sign stays in one line with the figures. */
export function money(major, currency) {
	return surroundings.money(major, currency).replaceAll(" ", "\u00a0");
}

export function date(value) {
	return surroundings.date(value);
}

export function form_link(doctype, name) {
	return surroundings.link(doctype, name);
}
