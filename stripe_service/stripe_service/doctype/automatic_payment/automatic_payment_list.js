frappe.listview_settings["Automatic Payment"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colours = { Active: "green", "Confirmation Required": "orange", Stopped: "gray" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},
};
