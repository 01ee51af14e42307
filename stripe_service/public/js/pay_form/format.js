/** Amounts and dates as this person reads them: Frappe's way where there is Frappe, the browser's where not. */

import { in_one_piece } from "./one_piece.js";
import { in_groups, parse_major, to_major, to_typed } from "./amount.js";

export function make_format(adapter) {
	let currency = "USD";
	let exponent = 2;
	let separators = { decimal: ".", group: "," };
	let names = [];

	function money(major, code, decimals) {
		const text = adapter.format_currency
			? adapter.format_currency(major, code, decimals)
			: new Intl.NumberFormat(adapter.locale, {
					style: "currency",
					currency: code,
					minimumFractionDigits: decimals,
					maximumFractionDigits: decimals,
			  }).format(major);
		return in_one_piece(text, adapter.locale);
	}

	return {
		get separators() {
			return { ...separators, names };
		},
		use(invoice) {
			({ currency, exponent } = invoice);
			separators = adapter.number_format?.(currency) || own_separators(adapter.locale);
			names = names_of(currency, money("1", currency, 0), adapter.locale);
		},
		/** An amount in minor units of the invoice's currency. */
		minor: (minor) => money(to_major(minor, exponent), currency, exponent),
		/** A decimal string in major units, as the server sends it. */
		major: (major, code = currency) => money(major, code || currency, exponent),
		/** One reading of a doubtful entry: with as many decimals as it would have. */
		reading: (major) =>
			money(major, currency, Math.max(exponent, (major.split(".")[1] || "").length)),
		/** The same as it can be typed, or "" where the currency has no such amount. */
		typed_reading(major) {
			const { minor } = parse_major(major, exponent);
			return minor === undefined ? "" : to_typed(minor, exponent, separators);
		},
		number: (major, decimals) => in_groups(major, decimals, separators),
		date: (iso) => readable_date(iso, adapter.locale),
	};
}

/** The ways in which a currency is written beside an amount, the longest first: "US$", "USD", "$". */
function names_of(currency, printed_one, locale) {
	const shown = [locale, "en"].flatMap((language) =>
		["code", "symbol", "narrowSymbol"].map((currencyDisplay) =>
			currency_part(language, { style: "currency", currency, currencyDisplay })
		)
	);
	const printed = printed_one.replace(/[\p{Nd}\u2066\u2069]/gu, "").trim();
	return [...new Set([currency, printed, ...shown])]
		.filter(Boolean)
		.sort((one, other) => other.length - one.length);
}

function currency_part(locale, options) {
	return parts_of(locale, options, 1).find(({ type }) => type === "currency")?.value || "";
}

function own_separators(locale) {
	const parts = parts_of(locale, { minimumFractionDigits: 1, useGrouping: true }, 12345678.9);
	const groups = parts.filter(({ type }) => type === "integer");
	const mark = (wanted) => parts.find(({ type }) => type === wanted)?.value;
	return {
		decimal: mark("decimal") || ".",
		group: mark("group") || "",
		pairs: groups.length > 2 && groups[1].value.length === 2,
	};
}

function parts_of(locale, options, number) {
	try {
		return new Intl.NumberFormat(locale, options).formatToParts(number);
	} catch {
		// A language that the browser does not know, or a currency that nobody uses.
		return [];
	}
}

/** The month by its name, because 02-12 is December to some and February to others; nothing in it can be broken apart. */
export function readable_date(iso, locale) {
	const [year, month, day] = String(iso).slice(0, 10).split("-").map(Number);
	const date = new Date(year, month - 1, day);
	const options = { day: "numeric", month: "short", year: "numeric" };
	let text;
	try {
		text = date.toLocaleDateString(locale, options);
	} catch {
		text = date.toLocaleDateString(undefined, options);
	}
	return text.replace(/\s/g, "\u00a0").replace(/-/g, "\u2011");
}
