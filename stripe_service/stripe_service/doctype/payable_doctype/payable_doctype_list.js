frappe.listview_settings["Payable DocType"] = {
	add_fields: ["enabled", "unit_control", "outstanding_kept_by", "portal_access"],

	onload: (listview) =>
		stripe_service.set_up_list(
			listview,
			["unit_control", "portal_access", "outstanding_kept_by"],
			{ shows_money: false }
		),
};
