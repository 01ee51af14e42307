// Without it Frappe shows "Enabled" twice, and neither whom the rule is for nor where it holds.
frappe.listview_settings["Work Item Rule"] = {
	add_fields: [
		"enabled",
		"workflow",
		"workflow_state",
		"role",
		"unit_source",
		"organisation_unit",
	],
	hide_name_column: true,

	get_indicator: (doc) =>
		doc.enabled
			? [__("Enabled"), "green", "enabled,=,1"]
			: [__("Disabled"), "gray", "enabled,=,0"],

	onload: (listview) =>
		stripe_service.set_up_list(
			listview,
			["role", "organisation_unit", "unit_source", "workflow"],
			{ shows_money: false }
		),
};
