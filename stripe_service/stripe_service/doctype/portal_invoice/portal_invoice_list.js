frappe.listview_settings["Portal Invoice"] = {
	add_fields: [
		"workflow_state",
		"outstanding_amount",
		"reserved_amount",
		"currency",
		"due_date",
	],
	has_indicator_for_draft: true,

	get_indicator(doc) {
		if (
			flt(doc.reserved_amount) > 0 &&
			["To Be Paid", "Partly Paid"].includes(doc.workflow_state)
		) {
			return [__("Payment Under Way"), "blue", "reserved_amount,>,0"];
		}
		const colours = {
			Draft: "gray",
			"To Be Paid": "orange",
			"Partly Paid": "yellow",
			Paid: "green",
			Cancelled: "red",
		};
		const state = doc.workflow_state || "Draft";
		return [__(state), colours[state] || "gray", `workflow_state,=,${state}`];
	},

	onload(listview) {
		frappe.require("stripe_desk.bundle.js", () =>
			stripe_service.test_mode.show_in_list(listview)
		);
	},
};
