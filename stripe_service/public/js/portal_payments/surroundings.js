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
			doctype === "Invoice Payment" ? receipt_link(name) : pay_link(doctype, name),
	};
}

/** The page with the pay form of this document. */
export function pay_link(doctype, name) {
	return `${PAGE}?${new URLSearchParams({ doctype, name })}`;
}

/** The app's own receipt, to be read, printed or kept as a PDF. */
export function receipt_link(name) {
	const print = { doctype: "Invoice Payment", name, format: "Payment Receipt" };
	return `/printview?${new URLSearchParams(print)}`;
}

/** The document whose form the page's address asks for, or null. */
export function asked_for() {
	const query = new URLSearchParams(window.location.search);
	const doctype = query.get("doctype");
	const name = query.get("name");
	return doctype && name ? { doctype, name } : null;
}
