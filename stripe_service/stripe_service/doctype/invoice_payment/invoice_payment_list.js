frappe.listview_settings["Invoice Payment"] = {
	add_fields: [
		"status",
		"amount",
		"currency",
		"method_label",
		"reference_name",
		"reference_title",
		"user",
	],

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

	onload: (listview) =>
		stripe_service.set_up_list(listview, [
			"amount",
			"reference_title",
			"user",
			"method_label",
			"creation",
		]),
};
