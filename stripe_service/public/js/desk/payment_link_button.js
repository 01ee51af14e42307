// Payment Link, on the form of any payable document, for whoever may make one. Its dialog is loaded when it is asked for.

export function add_payment_link(frm) {
	if (frm.is_new() || !frm.doc.__onload?.stripe_service?.may_make_link) return;
	frm.add_custom_button(
		__("Payment Link"),
		() =>
			void frappe
				.require("stripe_desk.bundle.js")
				.then(() => stripe_service.payment_link(frm.doctype, frm.docname)),
		__("Payment")
	);
}
