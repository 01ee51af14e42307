frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Stripe Received"] = {
	method: "stripe_service.stripe_service.dashboard_chart_source.stripe_received.stripe_received.get",
	filters: [{ fieldname: "currency", label: __("Currency"), fieldtype: "Data" }],
};
