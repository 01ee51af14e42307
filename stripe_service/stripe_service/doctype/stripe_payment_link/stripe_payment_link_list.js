frappe.listview_settings["Stripe Payment Link"] = {
	add_fields: ["revoked", "expires_on", "reference_name", "opened"],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.revoked) return [__("Revoked"), "gray", "revoked,=,1"];
		const today = frappe.datetime.get_today();
		return doc.expires_on < today
			? [__("Expired"), "orange", `expires_on,<,${today}`]
			: [__("Open"), "green", `revoked,=,0|expires_on,>=,${today}`];
	},

	onload: (listview) =>
		stripe_service.set_up_list(listview, ["reference_name", "expires_on", "opened"]),
};
