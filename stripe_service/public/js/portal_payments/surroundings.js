/** How the portal writes amounts, dates and links: as the pay form does there, by the browser and in the reader's language. */

import { decimals_of } from "../desk/decimals.js";
import { make_format } from "../pay_form/format.js";

const PAGE = "/payments";

export function portal_surroundings(adapter) {
	const format = make_format(adapter);
	return {
		money(major, currency) {
			format.use({ currency, exponent: decimals_of(currency) });
			return format.major(major, currency);
		},
		date: format.date,
		link: (doctype, name) =>
			doctype === "Invoice Payment" ? receipt_link(name) : pay_link({ doctype, name }),
	};
}

/** The page with the pay form of these documents ({doctype, name}); several are paid by one payment. */
export function pay_link(...documents) {
	const query = new URLSearchParams();
	for (const { doctype, name } of documents) {
		query.append("doctype", doctype);
		query.append("name", name);
	}
	return `${PAGE}?${query}`;
}

/** The app's own receipt, to be read, printed or kept as a PDF. */
export function receipt_link(name) {
	const print = { doctype: "Invoice Payment", name, format: "Payment Receipt" };
	return `/printview?${new URLSearchParams(print)}`;
}

/** The documents whose form the page's address asks for. */
export function asked_for() {
	const query = new URLSearchParams(window.location.search);
	const names = query.getAll("name");
	return query
		.getAll("doctype")
		.map((doctype, number) => ({ doctype, name: names[number] }))
		.filter(({ doctype, name }) => doctype && name);
}
