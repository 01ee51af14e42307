/**
 * The lists of payable documents and payments: what a payer and an administrator look for stands first, and whole.
 *
 * Frappe shows one field beside title and state on a screen of 1280 pixels, and none on a phone. An administrator's own
 * List View Settings are left alone.
 */

import { decimals_of } from "./decimals.js";
import { fit_columns } from "./frappe_versions.js";

const COLUMNS_BY_WIDTH = [
	[1600, 5],
	[1400, 4],
	[0, 3],
];

/** `fieldnames` in the order of their importance; as many as fit are shown. Call it in the list's `onload`. */
export function set_up_list(listview, fieldnames = [], { shows_money = true } = {}) {
	listview.$page.addClass("stripe-list");
	frappe.require(["stripe_desk.bundle.css", "stripe_desk.bundle.js"], () => {
		if (shows_money) stripe_service.test_mode.show_in_list(listview);
	});
	if (fieldnames.length && !listview.list_view_settings?.fields) {
		show_columns(listview, fieldnames);
	}
}

function show_columns(listview, fieldnames) {
	const width = window.innerWidth;
	const [, count] = COLUMNS_BY_WIDTH.find(([from]) => width >= from);
	const docfields = fieldnames
		.map((fieldname) => frappe.meta.get_docfield(listview.doctype, fieldname))
		.filter((df) => df && frappe.perm.has_perm(listview.doctype, df.permlevel, "read"));
	for (const df of docfields.filter(({ fieldtype }) => fieldtype === "Currency")) {
		listview.settings.formatters = { ...listview.settings.formatters, [df.fieldname]: money };
	}
	if (fieldnames.includes("user")) {
		listview.settings.formatters = { ...listview.settings.formatters, user: full_name };
	}
	const fixed = listview.columns.filter(({ type }) => type !== "Field");
	const fields = docfields.slice(0, count).map((df) => ({ type: "Field", df }));
	set_columns(listview, [...fixed, ...fields]);
}

export function set_columns(listview, columns) {
	fit_columns(listview);
	listview.columns = columns;
	listview.render_header(true);
}

/** With the currency's own decimals. */
function money(value, df, doc) {
	const currency = frappe.meta.get_field_currency(df, doc);
	const text = format_currency(value, currency, decimals_of(currency));
	return `<span class="ellipsis" title="${__(df.label)}">${frappe.utils.escape_html(
		text
	)}</span>`;
}

function full_name(user, df) {
	const text = frappe.user.full_name(user) || user;
	return `<span class="ellipsis" title="${__(df.label)}: ${frappe.utils.escape_html(
		user
	)}">${frappe.utils.escape_html(text)}</span>`;
}
