frappe.query_reports["Stripe Received"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("From"),
			fieldtype: "Date",
			default: frappe.datetime.month_start(),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("To"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "by",
			label: __("By"),
			fieldtype: "Select",
			options: [
				{ value: "currency", label: __("Currency") },
				{ value: "unit", label: __("Organisation Unit") },
				{ value: "method", label: __("Method") },
				{ value: "day", label: __("Day") },
			],
			default: "currency",
			reqd: 1,
		},
	],
};
