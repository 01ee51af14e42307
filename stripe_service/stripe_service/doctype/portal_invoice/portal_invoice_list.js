frappe.listview_settings["Portal Invoice"] = {
	add_fields: [
		"workflow_state",
		"outstanding_amount",
		"reserved_amount",
		"currency",
		"due_date",
		"bill_to",
		"organisation_unit",
		"total",
	],
	has_indicator_for_draft: true,
	// The title names the invoice, and what is owed needs the room. The ID is a filter above the list.
	hide_name_column: true,

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
		show_own_indicator();
		stripe_service.set_up_list(listview, [
			"outstanding_amount",
			"due_date",
			"bill_to",
			"organisation_unit",
			"total",
		]);
		stripe_service.add_pay_chosen(listview);
		stripe_service.add_link_of_chosen(listview);
	},
};

/**
 * Frappe shows the Workflow's state in a list unless the Workflow says "Don't Override Status". Money that is under way is
 * no state, so that the rest can still be paid: only the indicator above can show it, and it shows the state otherwise.
 */
function show_own_indicator() {
	const workflow = frappe.workflow.workflows["Portal Invoice"];
	if (workflow) workflow.override_status = 1;
}
