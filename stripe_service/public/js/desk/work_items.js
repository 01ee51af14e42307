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
			? { message: __("A fresh work item was made."), indicator: "green" }
			: { message: __("No action leads on from this state."), indicator: "orange" }
	);
	frm.reload_doc();
}
