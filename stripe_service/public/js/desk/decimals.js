/**
 * How many decimals a currency's amounts are shown with. Frappe shows two, whatever the currency.
 *
 * Only for showing: the server decides amounts by its own table (gateway/money.py). Source:
 * https://docs.stripe.com/currencies, zero-decimal and three-decimal currencies.
 */

import { in_one_piece } from "../pay_form/one_piece.js";

const WITHOUT = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" ");
const WITH_THREE = "BHD JOD KWD OMR TND".split(" ");

export function decimals_of(currency) {
	if (WITHOUT.includes(currency)) return 0;
	return WITH_THREE.includes(currency) ? 3 : 2;
}

/** An amount in major units as text, also within a sentence. */
export function amount_in_words(major, currency) {
	const text = format_currency(Number(major), currency, decimals_of(currency));
	return in_one_piece(text, frappe.boot.lang);
}

/** `fieldnames` of the form, and `table_fields` as {table: fieldnames}, are shown with the decimals of `currency`. */
export function show_decimals(frm, currency, fieldnames, table_fields = {}) {
	const decimals = decimals_of(currency);
	for (const fieldname of fieldnames) frm.set_df_property(fieldname, "precision", decimals);
	for (const [table, names] of Object.entries(table_fields)) {
		for (const name of names) {
			frm.fields_dict[table]?.grid.update_docfield_property(name, "precision", decimals);
		}
	}
}
