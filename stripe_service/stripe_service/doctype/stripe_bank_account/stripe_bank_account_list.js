frappe.listview_settings["Stripe Bank Account"] = {
	add_fields: ["status", "is_default", "last4", "user", "stripe_account"],
	hide_name_column: true,
	// An account that somebody began to add and gave up has no number, and is none.
	filters: [
		["status", "!=", "Removed"],
		["last4", "is", "set"],
	],
	get_indicator(doc) {
		const colours = {
			New: "gray",
			"Verification Pending": "orange",
			Verified: "green",
			Failed: "red",
			Blocked: "red",
			Removed: "gray",
		};
		return [__(doc.status), colours[doc.status] || "gray", `status,=,${doc.status}`];
	},

	onload: (listview) =>
		stripe_service.set_up_list(listview, ["last4", "user", "stripe_account"]),
};
