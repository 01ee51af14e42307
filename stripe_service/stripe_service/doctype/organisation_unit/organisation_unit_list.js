frappe.listview_settings["Organisation Unit"] = {
	// It is the path once more.
	hide_name_column: true,
};
