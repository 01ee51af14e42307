/**
 * The Pay button on the form of a payable document, what is under way, and the Workflow's Pay action.
 *
 * The server decides who may pay (access.onload puts its answer into the document's __onload); this only shows it. The
 * Workflow's own Pay action would change the state without a payment, so it is not offered beside the Pay button, and
 * where it is called all the same it opens the form instead: the document reaches its next state by the payment.
 */

import { focus_title } from "../../desk/accessible_dialog.js";
import { amount_in_words } from "../../desk/decimals.js";
import { __ } from "../i18n.js";
import { test_mode } from "../messages.js";
import { open_dialog } from "./dialog.js";

const STATE_FOLLOWS_AFTER = 3000; // milliseconds
const guarded = new Set();
const watched = new WeakSet();

/** Called at every refresh of a payable document's form. */
export function setup_form(frm) {
	show_pay_bar(frm);
	const facts = facts_of(frm);
	if (!facts) return;
	guard_workflow(frm.doctype);
	watch_actions(frm);
	if (facts.may_pay) {
		add_button(frm);
		frm.page.add_menu_item(__("My Payment Methods"), () =>
			frappe.set_route("my-payment-methods")
		);
	}
	drop_read_only_notice(frm, facts);
	show_headline(frm, facts);
	show_money_under_way(frm, facts);
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
	frm.change_custom_button_type(label, null, button_type(frm));
	frm.custom_buttons[label]?.addClass("stripe-pay-button");
}

/** While all of it is under way the form shows what happens to it: nobody needs to be led to pay. */
function button_type(frm) {
	return facts_of(frm).under_way?.all ? "default" : "primary";
}

/** Where the window is narrow (a phone, a page at 200 %) Frappe hides every button of a form in its menu. */
function show_pay_bar(frm) {
	const place = frm.page.wrapper;
	place.find(".stripe-pay-bar").remove();
	const shown = Boolean(facts_of(frm)?.may_pay);
	place.toggleClass("has-stripe-pay-bar", shown);
	if (!shown) return;
	const button = $(`<button type="button" class="btn">${__("Pay")}</button>`);
	button.addClass(`btn-${button_type(frm)}`);
	button.on("click", () => void pay(frm));
	$(`<div class="stripe-pay-bar"></div>`).append(button).appendTo(place);
}

export async function pay(frm) {
	if (frm.is_dirty()) {
		return stripe_service.dialogs.message(__("Save the changes first, then pay."));
	}
	const result = await open_dialog({ doctype: frm.doctype, name: frm.docname });
	if (!result) return;
	await frm.reload_doc();
	// The button that had the focus was made anew, or is gone.
	if (!document.activeElement || document.activeElement === document.body) focus_title();
	setTimeout(() => look_again(frm, frm.docname), STATE_FOLLOWS_AFTER);
}

/** The document's state is set by a job; a desk whose socket is down would not hear of it. */
function look_again(frm, name) {
	if (frm.docname === name && !frm.is_dirty() && cur_frm === frm) frm.reload_doc();
}

/**
 * Frappe tells whoever may not edit a document in this state that it is "not editable due to a Workflow". A payer could
 * not edit it in any state, and nobody needs to edit what is paid: right after a payment it reads like an error.
 */
function drop_read_only_notice(frm, { pay_actions }) {
	const may_edit = frappe.perm.get_perm(frm.doctype)?.[0]?.write;
	if (may_edit && pay_actions.length) return;
	const notice = __("This form is not editable due to a Workflow.");
	const messages = frm.layout.message.find(".form-message");
	messages.filter((index, node) => node.textContent.trim() === notice).remove();
	frm.layout.message.toggleClass("hidden", !frm.layout.message.children().length);
}

function show_headline(frm, facts) {
	const { under_way } = facts;
	const lines = [];
	if (under_way?.count) {
		const amount = amount_in_words(under_way.amount, under_way.currency);
		lines.push(__("{0} of this document is being paid at the moment.", [amount]));
	}
	// Somebody who gets the work item and may not pay reads why; the button alone would only be missing.
	if (!facts.may_pay && facts.pay_actions.length && facts.why_not) lines.push(facts.why_not);
	if (facts.test_mode) lines.push(test_mode());
	if (!lines.length || frm.layout.message.find(".stripe-pay-headline").length) return;
	const text = lines.map((line) => frappe.utils.escape_html(line)).join("<br>");
	frm.dashboard.set_headline(
		`<div class="stripe-pay-headline">${text}</div>`,
		lines.length === 1 && facts.test_mode ? "orange" : "blue"
	);
}

/** The Workflow's state stays what it is until the money has come; the indicator must not look as if nothing happened. */
function show_money_under_way(frm, { under_way, pay_actions }) {
	if (under_way?.count && pay_actions.length) {
		frm.page.set_indicator(__("Payment Under Way"), "blue");
	}
}

/** Frappe fills the Actions menu when the server has told which actions there are, after the form's refresh. */
function watch_actions(frm) {
	const menu = frm.page.actions.get(0);
	keep_pay_out(frm);
	if (watched.has(menu)) return;
	watched.add(menu);
	new MutationObserver(() => keep_pay_out(frm)).observe(menu, { childList: true });
}

function keep_pay_out(frm) {
	const facts = facts_of(frm);
	const group = frm.page.actions_btn_group;
	const labels = (facts?.pay_actions || []).map((action) => __(action));
	frm.page.actions
		.children("li")
		.filter((index, item) => labels.includes(item.textContent.trim()))
		.remove();
	// Frappe adds Help on the Workflow wherever there is an action; alone it is no reason for a menu.
	const left = frm.page.actions.children("li:not(.dropdown-divider):not(.divider)").toArray();
	const nothing_to_do = left.every((item) => item.textContent.trim() === __("Help"));
	if (nothing_to_do && labels.length) frm.page.hide_actions_menu();
	// One primary button, not two.
	const beside_pay = Boolean(facts?.may_pay);
	group.children("button").toggleClass("btn-primary", !beside_pay);
	group.children("button").toggleClass("btn-default", beside_pay);
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
