frappe.listview_settings["Stripe Account"] = {
	add_fields: ["status", "mode", "stripe_account_id", "webhook_status"],
	hide_name_column: true,

	get_indicator(doc) {
		if (doc.status !== "Connected") {
			return [
				__(doc.status),
				doc.status === "Removed" ? "red" : "gray",
				`status,=,${doc.status}`,
			];
		}
		return doc.mode === "Live"
			? [__("Connected"), "green", "status,=,Connected"]
			: [__("Connected, test mode"), "orange", "mode,=,Test"];
	},

	onload: (listview) =>
		stripe_service.set_up_list(listview, ["stripe_account_id", "webhook_status"]),
};
