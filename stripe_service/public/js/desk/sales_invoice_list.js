/** ERPNext's own list of Sales Invoices, with the way to pay several at once. */

(() => {
	const settings = (frappe.listview_settings["Sales Invoice"] ||= {});
	const { onload } = settings;
	settings.onload = (listview) => {
		onload?.(listview);
		stripe_service.add_pay_chosen(listview);
	};
})();
