frappe.listview_settings["Automatic Payment"] = {
	add_fields: ["status", "user", "method_label", "organisation_unit"],
	hide_name_column: true,

	get_indicator(doc) {
		const colours = { Active: "green", "Confirmation Required": "orange", Stopped: "gray" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},

	onload: (listview) =>
		stripe_service.set_up_list(listview, ["user", "method_label", "organisation_unit"]),
};
