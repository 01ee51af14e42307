frappe.ui.form.on("Organisation Unit", {
	refresh(frm) {
		frm.set_query("parent_organisation_unit", () => ({
			filters: frm.is_new()
				? {}
				: [["Organisation Unit", "name", "not descendants of (inclusive)", frm.doc.name]],
		}));
		if (frm.is_new()) return;
		frm.add_custom_button(__("Members"), () =>
			frappe.set_route("List", "User Permission", {
				allow: "Organisation Unit",
				for_value: frm.doc.name,
			})
		);
		frm.add_custom_button(__("Tree"), () => frappe.set_route("Tree", "Organisation Unit"));
	},
});
