// The payer stops it on their own page; this is for those who look after payments.
frappe.ui.form.on("Automatic Payment", {
	refresh(frm) {
		frm.disable_save();
		const over = frm.doc.status === "Stopped";
		if (frm.is_new() || over || !frappe.perm.has_perm(frm.doctype, 0, "write")) return;
		frm.add_custom_button(__("Stop"), () =>
			stripe_service.dialogs.confirm(
				__("Stop this automatic payment? The payer is notified."),
				() => stop(frm)
			)
		);
	},
});

async function stop(frm) {
	await frappe.xcall("stripe_service.api.automatic_payments.stop", { name: frm.doc.name });
	frm.reload_doc();
}
