/**
 * A form that this user can't edit asks for nothing: no stars of mandatory fields, no pencil at each line of a table. Frappe
 * shows both to everybody. The rules are in payment_history.bundle.css.
 */
export function show_as_read_only(frm) {
	const may_edit = frm.is_new() || Boolean(frm.perm[0]?.write);
	const read_only = !may_edit || is_written_by_app(frm);
	if (read_only) frappe.require("payment_history.bundle.css");
	$(frm.wrapper).toggleClass("stripe-read-only", read_only);
}

/** Whoever has the right to write may refund, cancel and revoke, but nobody edits these. */
const WRITTEN_BY_APP = [
	"Invoice Payment",
	"Stripe Payment Link",
	"Stripe Refund",
	"Saved Card",
	"Stripe Bank Account",
];
export const is_written_by_app = (frm) => WRITTEN_BY_APP.includes(frm.doctype);
