frappe.listview_settings["Stripe Event"] = {
	add_fields: ["status", "event_type", "received_at", "stripe_account"],
	get_indicator(doc) {
		const colours = {
			Received: "blue",
			Working: "yellow",
			Done: "green",
			Ignored: "gray",
			Failed: "red",
		};
		return [__(doc.status), colours[doc.status] || "gray", `status,=,${doc.status}`];
	},

	onload: (listview) =>
		stripe_service.set_up_list(listview, ["event_type", "received_at", "stripe_account"], {
			shows_money: false,
		}),
};
