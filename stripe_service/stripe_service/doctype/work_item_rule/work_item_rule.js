frappe.ui.form.on("Work Item Rule", {
	setup(frm) {
		frm.set_query("workflow_state", () => ({ filters: { name: ["in", frm.states || []] } }));
		frm.set_query("role", () => ({ filters: { name: ["in", acting_roles(frm)] } }));
	},

	refresh: load_workflow,
	workflow: load_workflow,

	unit_source(frm) {
		frm.toggle_reqd("organisation_unit", frm.doc.unit_source === "Fixed unit");
	},
});

async function load_workflow(frm) {
	frm.trigger("unit_source");
	frm.states = [];
	frm.transitions = [];
	if (!frm.doc.workflow) return;
	const workflow = await frappe.db.get_doc("Workflow", frm.doc.workflow);
	frm.states = workflow.states.map((row) => row.state);
	frm.transitions = workflow.transitions;
}

function acting_roles(frm) {
	const rows = (frm.transitions || []).filter((row) => row.state === frm.doc.workflow_state);
	return rows.map((row) => row.allowed);
}
