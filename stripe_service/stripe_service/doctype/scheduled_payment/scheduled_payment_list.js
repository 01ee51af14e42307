frappe.listview_settings["Scheduled Payment"] = {
	add_fields: ["status"],
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
};
