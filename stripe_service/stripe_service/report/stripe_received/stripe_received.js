frappe.query_reports["Stripe Received"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("From Date"),
			fieldtype: "Date",
			default: frappe.datetime.month_start(),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("To Date"),
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

	/** With the decimals that each row's currency has. */
	formatter(value, row, column, data, default_formatter) {
		if (column.fieldtype !== "Currency" || !data) {
			return default_formatter(value, row, column, data);
		}
		const text = stripe_service.amount_in_words(value, data.currency);
		return `<div style="text-align: right">${frappe.utils.escape_html(text)}</div>`;
	},
};
