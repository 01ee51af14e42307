frappe.listview_settings["Invoice Payment"] = {
	add_fields: ["status", "amount", "currency"],
	get_indicator(doc) {
		const colours = {
			Started: "gray",
			"Action Required": "orange",
			Processing: "blue",
			Succeeded: "green",
			Failed: "red",
			Cancelled: "gray",
			"Partly Refunded": "yellow",
			Refunded: "yellow",
			Disputed: "red",
			"Dispute Lost": "red",
		};
		return [__(doc.status), colours[doc.status] || "gray", `status,=,${doc.status}`];
	},

	onload(listview) {
		frappe.require("stripe_desk.bundle.js", () =>
			stripe_service.test_mode.show_in_list(listview)
		);
	},
};
