frappe.ui.form.on("Payment Adjustment", {
	refresh(frm) {
		frm.disable_save();
		stripe_service.show_decimals(frm, frm.doc.currency, ["amount"]);
		if (
			frm.doc.status === "Recorded" &&
			frappe.perm.has_perm("Payment Adjustment", 0, "write", frm.doc)
		) {
			frm.add_custom_button(__("Cancel"), () => ask_reason(frm));
		}
	},
});

function ask_reason(frm) {
	const reason = {
		fieldname: "reason",
		fieldtype: "Small Text",
		label: __("Reason"),
		reqd: 1,
		description: __("What {0} covered is owed again.", [frm.doc.name]),
	};
	const title = __("Cancel {0}", [frm.doc.name]);
	stripe_service.dialogs.prompt(
		reason,
		(values) => cancel(frm, values.reason),
		title,
		__("Confirm")
	);
}

function cancel(frm, reason) {
	return frappe
		.call({
			method: "stripe_service.api.payables.cancel_adjustment",
			args: { adjustment: frm.doc.name, reason },
			freeze: true,
		})
		.then(() => frm.reload_doc());
}
