frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Stripe Received By Unit"] = {
	method: "stripe_service.stripe_service.dashboard_chart_source.stripe_received_by_unit.stripe_received_by_unit.get",
	filters: [{ fieldname: "currency", label: __("Currency"), fieldtype: "Data" }],
};
