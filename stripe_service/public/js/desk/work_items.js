// Reprocess, on the form of any payable document.

export function add_reprocess(frm) {
	if (frm.is_new() || !frm.doc.__onload?.stripe_service?.may_reprocess) return;
	frm.add_custom_button(__("Reprocess"), () => reprocess(frm), __("Payment"));
}

async function reprocess(frm) {
	const { made } = await frappe.xcall("stripe_service.api.work_items.reprocess", {
		doctype: frm.doctype,
		name: frm.docname,
	});
	frappe.show_alert(
		made
			? { message: __("A new work item was created."), indicator: "green" }
			: { message: __("There is no further action in this state."), indicator: "orange" }
	);
	frm.reload_doc();
}
