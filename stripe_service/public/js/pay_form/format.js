/** Amounts and dates as this person reads them: Frappe's way where there is Frappe, the browser's where not. */

import { to_major } from "./amount.js";

export function make_format(adapter) {
	let currency = "USD";
	let exponent = 2;
	let separators = { decimal: ".", group: "," };

	function money(major, code, decimals) {
		return adapter.format_currency
			? adapter.format_currency(major, code, decimals)
			: new Intl.NumberFormat(adapter.locale, {
					style: "currency",
					currency: code,
					minimumFractionDigits: decimals,
					maximumFractionDigits: decimals,
			  }).format(major);
	}

	return {
		get separators() {
			return separators;
		},
		use(invoice) {
			({ currency, exponent } = invoice);
			separators = adapter.number_format?.(currency) || separators;
		},
		/** An amount in minor units of the invoice's currency. */
		minor: (minor) => money(to_major(minor, exponent), currency, exponent),
		/** A decimal string in major units, as the server sends it. */
		major: (major, code = currency) => money(major, code || currency, exponent),
		date: (iso) =>
			adapter.format_date ? adapter.format_date(iso) : local_date(iso, adapter.locale),
	};
}

function local_date(iso, locale) {
	const [year, month, day] = String(iso).slice(0, 10).split("-").map(Number);
	return new Date(year, month - 1, day).toLocaleDateString(locale, { dateStyle: "medium" });
}
