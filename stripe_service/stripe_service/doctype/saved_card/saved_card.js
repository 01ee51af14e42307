frappe.ui.form.on("Saved Card", {
	refresh(frm) {
		frm.disable_save();
		show_title(frm);
		if (frm.doc.user === frappe.session.user && frm.doc.status === "Active") {
			frm.add_custom_button(__("My Payment Methods"), () =>
				frappe.set_route("my-payment-methods")
			);
		}
	},
});

/** Its name is Stripe's id, which says nothing to anybody; the brand is kept in Stripe's word for it. */
function show_title(frm) {
	const { name } = frm.doc;
	frappe.require("stripe_desk.bundle.js", () => {
		frm.set_df_property("brand", "formatter", stripe_service.brand_name);
		if (frm.doc.name === name) frm.page.set_title(stripe_service.card_title(frm.doc));
	});
}
