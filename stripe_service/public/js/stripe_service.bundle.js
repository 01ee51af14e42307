/**
 * What every page of the desk loads, and hence as little as can be: the pay form itself comes when a document that can be
 * paid is opened, or when someone asks for it. Client Scripts call this part (docs/client-scripts.md).
 */

import { accessible, dialogs, give_edge } from "./desk/accessible_dialog";
import { amount_in_words, decimals_of, show_decimals } from "./desk/decimals";
import { follow_in_lists, follow_units } from "./desk/live";
import { set_columns, set_up_list } from "./desk/lists";
import { add_stripe_links } from "./desk/open_in_stripe";
import { add_pay_chosen } from "./desk/pay_chosen";
import { add_link_of_chosen, add_payment_link } from "./desk/payment_link_button";
import { is_written_by_app, show_as_read_only } from "./desk/read_only_form";
import { add_reprocess } from "./desk/work_items";

frappe.provide("stripe_service.pay_form");
Object.assign(stripe_service, {
	accessible,
	add_link_of_chosen,
	add_pay_chosen,
	amount_in_words,
	decimals_of,
	dialogs,
	follow_units,
	give_edge,
	set_columns,
	set_up_list,
	show_decimals,
});

follow_in_lists();

const customisations = {};
let loading = null;

function load() {
	loading = loading || frappe.require(["pay_form.bundle.css", "pay_form.bundle.js"]);
	return loading;
}

Object.assign(stripe_service.pay_form, {
	/** What a Client Script adds for a DocType; called again, what is named again replaces what was. */
	on(doctype, { texts, ...more }) {
		const known = customisations[doctype] || {};
		customisations[doctype] = { ...known, ...more, texts: { ...known.texts, ...texts } };
	},
	customisation_of: (doctype) => customisations[doctype] || {},
	open: (options) => load().then(() => stripe_service.pay_form.open_dialog(options)),
	setup: (frm) => load().then(() => stripe_service.pay_form.setup_form(frm)),
});

const HISTORY = ["payment_history.bundle.css", "payment_history.bundle.js"];

function show_history(frm) {
	frappe.require(HISTORY, () => stripe_service.history.show(frm));
}

// A custom DocType has no script of ours, and needs none: the server marks every document that can be paid.
$(document).on("form-refresh", (event, frm) => {
	// A form that is used for a new document next still bears the bar of the one before.
	const bears_bar = frm.page.wrapper.is(".has-stripe-pay-bar");
	if (!frm.doc.__onload?.stripe_service && !bears_bar) return;
	stripe_service.pay_form.setup(frm);
	add_reprocess(frm);
	add_payment_link(frm);
});

$(document).on("form-refresh", (event, frm) => {
	add_stripe_links(frm);
	if (is_written_by_app(frm)) show_as_read_only(frm);
	const has_history = frm.doc.__onload?.stripe_service || frm.doctype === "Invoice Payment";
	// As with the bar: a new document must not show the history of the one before.
	if (!has_history && !$(frm.wrapper).find(".stripe-history").length) return;
	show_as_read_only(frm);
	show_history(frm);
});
