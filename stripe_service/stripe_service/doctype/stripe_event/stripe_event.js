frappe.ui.form.on("Stripe Event", {
	refresh(frm) {
		frm.disable_save();
		const over = ["Failed", "Ignored"].includes(frm.doc.status);
		if (over && frm.perm[0]?.write) {
			frm.add_custom_button(__("Retry"), () => retry(frm));
		}
	},
});

function retry(frm) {
	return frappe
		.call({
			method: "stripe_service.api.webhook.retry",
			args: { name: frm.doc.name },
			freeze: true,
		})
		.then(() => frm.reload_doc());
}
