frappe.listview_settings["Stripe Customer"] = {
	add_fields: ["status", "livemode"],

	get_indicator(doc) {
		return [
			__(doc.status),
			doc.status === "Active" ? "green" : "gray",
			`status,=,${doc.status}`,
		];
	},

	onload: (listview) =>
		stripe_service.set_up_list(listview, ["email", "user", "stripe_account"]),
};
