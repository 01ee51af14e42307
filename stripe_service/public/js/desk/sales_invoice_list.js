/** ERPNext's own list of Sales Invoices, with the ways to pay several at once and to send one link for them. */

(() => {
	const settings = (frappe.listview_settings["Sales Invoice"] ||= {});
	const { onload } = settings;
	settings.onload = (listview) => {
		onload?.(listview);
		stripe_service.add_pay_chosen(listview);
		stripe_service.add_link_of_chosen(listview);
	};
})();
