/**
 * The lists of payable documents and payments: what a payer and an administrator look for stands first, and whole.
 *
 * Frappe shows one field beside title and state on a screen of 1280 pixels, and none on a phone. An administrator's own
 * List View Settings are left alone.
 */

import { amount_in_words } from "./decimals.js";
import { fit_columns } from "./frappe_versions.js";

// The list's own width: on a wide screen Frappe centres a page of about 1300 pixels, unless it is set to the full width.
const COLUMNS_BY_WIDTH = [
	[1360, 5],
	[1160, 4],
	[900, 3],
	[0, 2],
];

/**
 * `fieldnames` in the order of their importance; as many as fit are shown. `subject` is what a row is called, where neither its
 * title nor its name says it: {label, text(doc)}. Call it in the list's `onload`.
 */
export function set_up_list(listview, fieldnames = [], { shows_money = true, subject } = {}) {
	listview.$page.addClass("stripe-list");
	frappe.require(["stripe_desk.bundle.css", "stripe_desk.bundle.js"], () => {
		if (shows_money) stripe_service.test_mode.show_in_list(listview);
		// What a subject is called may need this bundle (card_title).
		if (subject && listview.data?.length) listview.render_list();
	});
	if (fieldnames.length && !listview.list_view_settings?.fields) {
		show_columns(listview, fieldnames, subject);
	}
}

function show_columns(listview, fieldnames, subject) {
	const width = listview.$page.find(".layout-main-section").width();
	const [, count] = COLUMNS_BY_WIDTH.find(([from]) => width >= from);
	const docfields = fieldnames
		.map((fieldname) => frappe.meta.get_docfield(listview.doctype, fieldname))
		.filter((df) => df && frappe.perm.has_perm(listview.doctype, df.permlevel, "read"));
	for (const df of docfields.filter(({ fieldtype }) => fieldtype === "Currency")) {
		listview.settings.formatters = { ...listview.settings.formatters, [df.fieldname]: money };
	}
	// Frappe makes a coloured pill of every choice, with a colour guessed from its words.
	for (const df of docfields.filter(({ fieldtype }) => fieldtype === "Select")) {
		listview.settings.formatters = { ...listview.settings.formatters, [df.fieldname]: choice };
	}
	if (fieldnames.includes("user")) {
		listview.settings.formatters = { ...listview.settings.formatters, user: full_name };
		learn_names(listview);
	}
	const [first, ...others] = listview.columns.filter(({ type }) => type !== "Field");
	const fields = docfields.slice(0, count).map((df) => ({ type: "Field", df }));
	set_columns(listview, [as_subject(first, subject, listview), ...others, ...fields]);
}

function as_subject(column, subject, listview) {
	// Frappe shows a state's indicator in place of a title that is a state, and with it no way to the document.
	const df = { ...column.df, ...(column.df.options === "Workflow State" && { options: null }) };
	if (!subject) return { ...column, df };
	const text = (value, _df, doc) => subject.text(doc) || value;
	listview.settings.formatters = { ...listview.settings.formatters, [df.fieldname]: text };
	return { ...column, df: { ...df, label: subject.label } };
}

/** Frappe's desk knows the names of few users. Those of the rows are asked for at once, and kept. */
function learn_names(listview) {
	const { refresh } = listview.settings;
	listview.settings.refresh = async (list) => {
		refresh?.(list);
		const users = [...new Set(list.data.map(({ user }) => user))].filter(
			(user) => user && !frappe.boot.user_info[user]
		);
		if (!users.length) return;
		const method = "frappe.desk.form.load.get_user_info_for_viewers";
		frappe.update_user_info(await frappe.xcall(method, { users: JSON.stringify(users) }));
		list.render_list();
	};
}

export function set_columns(listview, columns) {
	fit_columns(listview);
	listview.columns = columns;
	listview.render_header(true);
}

/** With the currency's own decimals. */
function money(value, df, doc) {
	const text = amount_in_words(value, frappe.meta.get_field_currency(df, doc));
	return `<span class="ellipsis" title="${__(df.label)}">${frappe.utils.escape_html(
		text
	)}</span>`;
}

function choice(value, df) {
	const text = frappe.utils.escape_html(__(value));
	return `<span class="ellipsis" title="${__(df.label)}: ${text}">${text}</span>`;
}

function full_name(user, df) {
	const text = frappe.user.full_name(user) || user;
	return `<span class="ellipsis" title="${__(df.label)}: ${frappe.utils.escape_html(
		user
	)}">${frappe.utils.escape_html(text)}</span>`;
}
