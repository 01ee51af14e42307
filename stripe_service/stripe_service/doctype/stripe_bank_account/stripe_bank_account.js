frappe.ui.form.on("Stripe Bank Account", {
	refresh(frm) {
		frm.disable_save();
		const own = frm.doc.user === frappe.session.user && frm.doc.status !== "Removed";
		if (frm.doc.status_reason) {
			// On a phone the button stands in a menu.
			const address = frappe.utils.generate_route({
				type: "Page",
				name: "my-payment-methods",
			});
			const link = own ? ` <a href="${address}">${__("My Payment Methods")}</a>` : "";
			frm.set_intro(frappe.utils.escape_html(frm.doc.status_reason) + link, "yellow");
		}
		if (own) {
			frm.add_custom_button(__("My Payment Methods"), () =>
				frappe.set_route("my-payment-methods")
			);
		}
	},
});
