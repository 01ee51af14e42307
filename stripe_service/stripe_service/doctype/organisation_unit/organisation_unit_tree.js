frappe.treeview_settings["Organisation Unit"] = {
	title: __("Organisation Units"),
	breadcrumb: "Stripe Service",
	get_tree_nodes: "stripe_service.api.units.children",
	root_label: __("All Units"),
	get_tree_root: false,
	fields: [
		{
			fieldtype: "Data",
			fieldname: "unit_name",
			label: __("Unit Name"),
			reqd: 1,
			description: __("Without the path: the parent's path is added in front"),
		},
	],
	ignore_fields: ["parent_organisation_unit", "is_group"],
	add_tree_node: "stripe_service.api.units.add",
	onload(treeview) {
		treeview.make_tree();
	},
};
