frappe.ui.form.on("Stripe Customer", {
	refresh(frm) {
		frm.disable_save();
		// Frappe shows a document's own full_name for each of its links to a User; here that is the customer's.
		frm.set_df_property("deleted_by", "formatter", (user) =>
			frappe.utils.escape_html(user ? frappe.user.full_name(user) : "")
		);
		if (!frm.doc.livemode) {
			frm.dashboard.set_headline_alert(__("Test mode: no real money moves."), "orange");
		}
		frm.add_custom_button(
			__("Payments"),
			() => frappe.set_route("List", "Invoice Payment", { stripe_customer: frm.doc.name }),
			__("View")
		);
		if (frm.doc.status === "Active" && frappe.model.can_write("Stripe Account")) {
			frm.add_custom_button(__("Delete"), () => delete_customer(frm));
		}
	},
});

function delete_customer(frm) {
	const lines = [
		__("{0} is deleted at Stripe, together with all saved cards and bank accounts.", [
			frappe.utils.escape_html(frm.doc.full_name || frm.doc.name),
		]),
		__("The payments stay listed. The next payment creates a new customer."),
	];
	stripe_service.dialogs.warn(
		__("Delete this customer?"),
		lines.map((line) => `<p>${line}</p>`).join(""),
		async () => {
			await frappe.xcall("stripe_service.api.account.delete_customer", {
				customer: frm.doc.name,
			});
			await frm.reload_doc();
			frappe.show_alert({ message: __("Customer deleted"), indicator: "green" });
		},
		__("Delete")
	);
}
