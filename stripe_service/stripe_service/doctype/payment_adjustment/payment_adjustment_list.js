frappe.listview_settings["Payment Adjustment"] = {
	add_fields: ["status", "amount", "currency", "kind", "received_on", "reference_title"],
	hide_name_column: true,

	get_indicator: (doc) => [
		__(doc.status),
		doc.status === "Recorded" ? "green" : "gray",
		`status,=,${doc.status}`,
	],

	onload: (listview) => stripe_service.set_up_list(listview, ["amount", "kind", "received_on"]),
};
