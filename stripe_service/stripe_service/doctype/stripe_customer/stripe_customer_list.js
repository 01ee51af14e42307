frappe.listview_settings["Stripe Customer"] = {
	add_fields: ["status", "livemode"],
	hide_name_column: true,

	get_indicator(doc) {
		return [
			__(doc.status),
			doc.status === "Active" ? "green" : "gray",
			`status,=,${doc.status}`,
		];
	},

	onload: (listview) => stripe_service.set_up_list(listview, ["email", "stripe_account"]),
};
