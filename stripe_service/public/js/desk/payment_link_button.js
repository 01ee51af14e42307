// Payment Link, on the form of any payable document and on the chosen rows of a list, for whoever may make one. Its dialog is loaded
// when it is asked for.

export function add_payment_link(frm) {
	if (frm.is_new() || !frm.doc.__onload?.stripe_service?.may_make_link) return;
	const document = { doctype: frm.doctype, name: frm.docname };
	frm.add_custom_button(__("Payment Link"), () => void show([document]), __("Payment"));
}

/** The action *Payment Link* of a list of payable documents: one link for the ticked rows. */
export function add_link_of_chosen(listview) {
	const { can_create, in_create } = frappe.boot.user;
	// The server decides; this only spares who may make no links a way that leads nowhere.
	if (![...can_create, ...in_create].includes("Stripe Payment Link")) return;
	listview.page.add_actions_menu_item(
		__("Payment Link"),
		() => {
			const { doctype } = listview;
			const names = listview.get_checked_items(true);
			if (names.length) void show(names.map((name) => ({ doctype, name })));
		},
		false
	);
}

function show(documents) {
	return frappe
		.require("stripe_desk.bundle.js")
		.then(() => stripe_service.payment_link(documents));
}
