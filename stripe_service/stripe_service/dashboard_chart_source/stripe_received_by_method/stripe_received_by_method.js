frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Stripe Received By Method"] = {
	method: "stripe_service.stripe_service.dashboard_chart_source.stripe_received_by_method.stripe_received_by_method.get",
	filters: [{ fieldname: "currency", label: __("Currency"), fieldtype: "Data" }],
};
