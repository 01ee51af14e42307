/**
 * The Pay button on the form of a payable document, what is under way, and the Workflow's Pay action.
 *
 * The server decides who may pay (access.onload puts its answer into the document's __onload); this only shows it. The
 * Workflow's own Pay action is a door past the money, so it opens the form instead: the document reaches its next state
 * by the payment.
 */

import { __ } from "../i18n.js";
import { open_dialog } from "./dialog.js";

const STATE_FOLLOWS_AFTER = 3000; // milliseconds
const guarded = new Set();

/** Called at every refresh of a payable document's form. */
export function setup_form(frm) {
	const facts = facts_of(frm);
	if (!facts) return;
	guard_workflow(frm.doctype);
	if (facts.may_pay) {
		add_button(frm);
		frm.page.add_menu_item(__("My Payment Methods"), () =>
			frappe.set_route("my-payment-methods")
		);
	}
	show_headline(frm, facts);
}

function facts_of(frm) {
	return frm.is_new() ? null : frm.doc.__onload?.stripe_service;
}

function add_button(frm) {
	const label = __("Pay");
	frm.add_custom_button(label, () => {
		// Answers nothing: Frappe keeps a button disabled until what its click answered is settled.
		pay(frm);
	});
	frm.change_custom_button_type(label, null, "primary");
}

export async function pay(frm) {
	if (frm.is_dirty()) {
		return frappe.msgprint(__("Save the changes first, then pay."));
	}
	const result = await open_dialog({ doctype: frm.doctype, name: frm.docname });
	if (!result) return;
	await frm.reload_doc();
	setTimeout(() => look_again(frm, frm.docname), STATE_FOLLOWS_AFTER);
}

/** The document's state is set by a job; a desk whose socket is down would not hear of it. */
function look_again(frm, name) {
	if (frm.docname === name && !frm.is_dirty() && cur_frm === frm) frm.reload_doc();
}

function show_headline(frm, { test_mode, under_way }) {
	const lines = [];
	if (under_way?.count) {
		const amount = format_currency(Number(under_way.amount), under_way.currency);
		lines.push(__("{0} of this document are being paid at the moment.", [amount]));
	}
	if (test_mode) lines.push(__("Stripe is in test mode: no real money moves."));
	if (!lines.length || frm.layout.message.find(".stripe-pay-headline").length) return;
	const text = lines.map((line) => frappe.utils.escape_html(line)).join("<br>");
	frm.dashboard.set_headline(
		`<div class="stripe-pay-headline">${text}</div>`,
		under_way?.count ? "blue" : "orange"
	);
}

/** Once per DocType: the handlers of frappe.ui.form live as long as the page. */
function guard_workflow(doctype) {
	if (guarded.has(doctype)) return;
	guarded.add(doctype);
	frappe.ui.form.on(doctype, {
		before_workflow_action: (frm) => (is_pay_action(frm) ? pay_instead(frm) : undefined),
		// What the action answers with lacks __onload, and with it who may pay now. The desk is still showing that
		// answer: reloaded in the middle of it, the mandatory fields would stay marked as empty.
		after_workflow_action: (frm) => frappe.after_ajax(() => frm.reload_doc()),
	});
}

function is_pay_action(frm) {
	return Boolean(facts_of(frm)?.pay_actions.includes(frm.selected_workflow_action));
}

/**
 * Never settles, so that the desk does not go on to apply the action: a promise that rejects would do as well, but leaves
 * an error in the console. Frappe has frozen the desk before it asks.
 */
function pay_instead(frm) {
	frappe.dom.unfreeze();
	frm.selected_workflow_action = null;
	pay(frm);
	return new Promise(() => {});
}
