frappe.ui.form.on("Saved Card", {
	refresh(frm) {
		frm.disable_save();
		if (frm.doc.user === frappe.session.user && frm.doc.status === "Active") {
			frm.add_custom_button(__("My Payment Methods"), () =>
				frappe.set_route("my-payment-methods")
			);
		}
	},
});
