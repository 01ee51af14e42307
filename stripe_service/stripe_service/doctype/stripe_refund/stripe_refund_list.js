frappe.listview_settings["Stripe Refund"] = {
	add_fields: ["status", "amount", "currency", "payment", "requested_at"],

	onload: (listview) =>
		stripe_service.set_up_list(listview, ["amount", "payment", "requested_at"]),
};
