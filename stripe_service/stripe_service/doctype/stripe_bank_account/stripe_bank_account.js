frappe.ui.form.on("Stripe Bank Account", {
	refresh(frm) {
		frm.disable_save();
		if (frm.doc.status_reason) {
			frm.set_intro(frappe.utils.escape_html(frm.doc.status_reason), "yellow");
		}
		if (frm.doc.user === frappe.session.user && frm.doc.status !== "Removed") {
			frm.add_custom_button(__("My Payment Methods"), () =>
				frappe.set_route("my-payment-methods")
			);
		}
	},
});
