frappe.listview_settings["Saved Card"] = {
	add_fields: ["status", "brand", "last4", "exp_month", "exp_year", "is_default", "user"],
	hide_name_column: true,
	filters: [["status", "!=", "Removed"]],
	get_indicator(doc) {
		if (doc.status === "Removed") return [__("Removed"), "gray", "status,=,Removed"];
		const today = new Date();
		const expired =
			doc.exp_year * 12 + doc.exp_month < today.getFullYear() * 12 + today.getMonth() + 1;
		return expired
			? [__("Expired"), "red", "status,=,Active"]
			: [__("Active"), "green", "status,=,Active"];
	},

	onload: (listview) =>
		stripe_service.set_up_list(listview, ["user", "is_default", "stripe_account"], {
			subject: { label: __("Card"), text: (doc) => stripe_service.card_title?.(doc) },
		}),
};
