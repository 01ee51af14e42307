frappe.listview_settings["Stripe Event"] = {
	add_fields: ["status", "event_type"],
	hide_name_column: false,
	get_indicator(doc) {
		const colours = {
			Received: "blue",
			Working: "yellow",
			Done: "green",
			Ignored: "gray",
			Failed: "red",
		};
		return [__(doc.status), colours[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
