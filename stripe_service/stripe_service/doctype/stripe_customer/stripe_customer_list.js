frappe.listview_settings["Stripe Customer"] = {
	add_fields: ["status", "livemode"],

	get_indicator(doc) {
		return [
			__(doc.status),
			doc.status === "Active" ? "green" : "gray",
			`status,=,${doc.status}`,
		];
	},

	onload(listview) {
		frappe.require("stripe_desk.bundle.js", () =>
			stripe_service.test_mode.show_in_list(listview)
		);
	},
};
