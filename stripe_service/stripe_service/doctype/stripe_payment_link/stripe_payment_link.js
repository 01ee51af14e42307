frappe.ui.form.on("Stripe Payment Link", {
	refresh(frm) {
		frm.disable_save();
		const over = frm.doc.revoked || frm.doc.expires_on < frappe.datetime.get_today();
		if (frm.is_new() || over || !frappe.perm.has_perm(frm.doctype, 0, "write")) return;
		frm.add_custom_button(__("Revoke"), () =>
			stripe_service.dialogs.confirm(
				__("Revoke this link? Nobody can pay with it any more then."),
				() => revoke(frm)
			)
		);
	},
});

async function revoke(frm) {
	const documents = frm.doc.references.map(({ reference_doctype, reference_name }) => ({
		doctype: reference_doctype,
		name: reference_name,
	}));
	await frappe.xcall("stripe_service.api.payment_links.revoke_link", {
		documents: JSON.stringify(documents),
	});
	frm.reload_doc();
}
