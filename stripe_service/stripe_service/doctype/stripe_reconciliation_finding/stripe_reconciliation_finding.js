frappe.ui.form.on("Stripe Reconciliation Finding", {
	refresh(frm) {
		frm.disable_save();
		if (frm.doc.status === "Open" && frm.perm[0]?.write) {
			frm.add_custom_button(__("Settle"), () => ask_how(frm));
		}
	},
});

function ask_how(frm) {
	stripe_service.dialogs.prompt(
		{
			fieldname: "note",
			fieldtype: "Small Text",
			label: __("How was it settled?"),
			reqd: 1,
		},
		({ note }) => settle(frm, note),
		__("Settle"),
		__("Settle")
	);
}

function settle(frm, note) {
	return frappe
		.call({
			method: "stripe_service.api.reconcile.close_finding",
			args: { name: frm.doc.name, note },
			freeze: true,
		})
		.then(() => frm.reload_doc());
}
