frappe.listview_settings["Scheduled Payment"] = {
	add_fields: ["status", "amount", "currency", "next_attempt_on", "user"],
	hide_name_column: true,

	get_indicator(doc) {
		const colours = {
			Paid: "green",
			"To Be Tried Again": "orange",
			"Authentication Required": "orange",
			Skipped: "orange",
			Failed: "red",
			Cancelled: "gray",
		};
		return [__(doc.status), colours[doc.status] || "blue", `status,=,${doc.status}`];
	},

	onload: (listview) =>
		stripe_service.set_up_list(listview, ["amount", "next_attempt_on", "user"]),
};
