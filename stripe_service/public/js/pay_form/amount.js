/**
 * Amounts between what a person types and the minor units that Stripe counts in.
 *
 * Only strings and whole numbers: 1.15 * 100 is 114.99999999999999 in every browser, and a cent lost here is a
 * payment that leaves a cent unpaid. The server decides again by the same rules (gateway/money.py); this side
 * exists to say so beside the field, before anything is sent.
 *
 * `limits` is `amount` of the server's open_form, all in minor units: max_minor, min_minor, step_minor,
 * partial_allowed, owed_minor (what is unpaid and not under way: more than max_minor where one payment can't take it
 * all) and least_rest_minor (the least that may be left over for a later payment).
 *
 * `separators` is how this person writes numbers: {decimal, group, pairs}, where `pairs` groups as in India (1,00,000).
 */

export const PROBLEM = {
	EMPTY: "empty",
	UNREADABLE: "unreadable",
	DOUBTFUL: "doubtful",
	OTHER_CURRENCY: "other_currency",
	TOO_MANY_DECIMALS: "too_many_decimals",
	STEP: "step",
	TOO_SMALL: "too_small",
	TOO_LARGE: "too_large",
	NOT_PARTIAL: "not_partial",
	REMAINDER: "remainder",
};

// Invisible marks of writing direction, which come along when an amount is copied from a page.
const DIRECTION_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const SPACERS = /[\s'’]+/g;
// The zeros of other digits in use: Arabic, Persian, Devanagari, Bengali, Thai, full width.
const ZEROS = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10];
// One mark and three digits: thousands to one person, a fraction to another.
const ONE_MARK = /^([1-9]\d{0,2})([.,٫٬])(\d{3})$/;
const CURRENCY_BESIDE_NUMBER = /^(\p{L}{0,3}\p{Sc}?)\s*[\d.,'’\s]+(\p{L}{0,3}\p{Sc}?)$/u;

/**
 * What was typed, as `{minor}` or `{problem}`; a doubtful amount also has its two `readings`, as decimal strings.
 *
 * Whatever the form prints can be typed back: `names` are the ways in which the currency is written beside an amount.
 * A group separator counts only where a group may end, so that "1,50" typed by someone who is used to decimal commas is
 * refused and not read as 150. "1.190" and "1,234" are refused where they can mean thousands as well as a fraction.
 */
export function parse_amount(text, exponent, { decimal = ".", group = ",", names = [] } = {}) {
	const mark = group.trim() || " ";
	const typed = bare_number(text, names)
		.replace(SPACERS, " ")
		.replaceAll(`${mark} `, mark.trim() ? mark : " ");
	if (!typed) return { problem: PROBLEM.EMPTY };

	const doubt = doubt_about(typed, exponent, decimal, mark);
	if (doubt) return doubt;

	const parts = typed.split(decimal);
	if (parts.length > 2) return { problem: PROBLEM.UNREADABLE };
	const [whole, fraction = ""] = parts;
	const digits = ungroup(whole, mark);
	if (digits === null || !/^\d*$/.test(fraction) || !(digits || fraction)) {
		const other = CURRENCY_BESIDE_NUMBER.exec(typed);
		return {
			problem: other?.[1] || other?.[2] ? PROBLEM.OTHER_CURRENCY : PROBLEM.UNREADABLE,
		};
	}
	return from_parts(digits, fraction, exponent);
}

/** A plain decimal string, as it crosses the wire ("1190.5"), as `{minor}` or `{problem}`. */
export function parse_major(text, exponent) {
	const [, whole, fraction = ""] = /^(\d+)(?:\.(\d+))?$/.exec(String(text ?? "")) || [];
	return whole === undefined
		? { problem: PROBLEM.UNREADABLE }
		: from_parts(whole, fraction, exponent);
}

function from_parts(whole, fraction, exponent) {
	const significant = fraction.replace(/0+$/, "");
	if (significant.length > exponent) return { problem: PROBLEM.TOO_MANY_DECIMALS };
	const minor = Number((whole || "0") + significant.padEnd(exponent, "0"));
	return Number.isSafeInteger(minor) ? { minor } : { problem: PROBLEM.TOO_LARGE };
}

/** What is left of an entry without the currency's own name before or after it; other digits become 0 to 9. */
function bare_number(text, names) {
	const typed = plain(text);
	const lower = typed.toLowerCase();
	for (const name of names.map((known) => plain(known).toLowerCase())) {
		if (name && lower.startsWith(name)) return typed.slice(name.length).trim();
		if (name && lower.endsWith(name)) return typed.slice(0, -name.length).trim();
	}
	return typed;
}

function plain(text) {
	return String(text ?? "")
		.replace(DIRECTION_MARKS, "")
		.replace(/\p{Nd}/gu, (digit) => {
			const code = digit.codePointAt(0);
			const zero = ZEROS.find((first) => code >= first && code < first + 10);
			return zero === undefined ? digit : String(code - zero);
		})
		.trim();
}

/**
 * `decimal` and `mark` are the person's own; what they print themselves is beyond doubt: "12.340" in a currency of three
 * decimals, "15,000" in one without any.
 */
function doubt_about(typed, exponent, decimal, mark) {
	const [, whole, found, fraction] = ONE_MARK.exec(typed) || [];
	if (!found || (found === decimal && exponent === 3) || (found === mark && exponent === 0)) {
		return null;
	}
	const readings = [whole + fraction, `${whole}.${fraction}`.replace(/\.?0+$/, "")];
	const impossible =
		found === decimal && parse_major(readings[1], exponent).problem !== undefined;
	return { problem: impossible ? PROBLEM.TOO_MANY_DECIMALS : PROBLEM.DOUBTFUL, readings };
}

function ungroup(whole, mark) {
	if (/^\d*$/.test(whole)) return whole;
	const groups = whole.split(whole.includes(" ") ? " " : mark);
	const [first, ...rest] = groups;
	const sizes = rest.map((part) => (/^\d+$/.test(part) ? part.length : 0));
	const in_threes = sizes.every((size) => size === 3);
	const in_pairs = sizes.pop() === 3 && sizes.every((size) => size === 2);
	return /^[1-9]\d{0,2}$/.test(first) && (in_threes || in_pairs) ? groups.join("") : null;
}

/** Minor units as the plain decimal string that crosses the wire: "19.99", "1500", "-3.250". */
export function to_major(minor, exponent) {
	const sign = minor < 0 ? "-" : "";
	const digits = String(Math.abs(minor)).padStart(exponent + 1, "0");
	if (!exponent) return sign + digits;
	return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** A decimal string ("1234.5") as this person writes it, with at least `decimals` decimals: "1.234,50". */
export function in_groups(major, decimals, { decimal = ".", group = ",", pairs = false } = {}) {
	const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(major)) || [];
	if (whole === undefined) return String(major);
	const ends = pairs ? /\B(?=(\d{2})*\d{3}$)/g : /\B(?=(\d{3})+$)/g;
	const padded = fraction.padEnd(decimals, "0");
	return sign + whole.replace(ends, group) + (padded ? decimal + padded : "");
}

/** Minor units as a person writes them into the field. */
export function to_typed(minor, exponent, separators) {
	return in_groups(to_major(minor, exponent), exponent, separators);
}

/** Null, or `{problem, limit_minor}` for the first rule that `minor` breaks. */
export function check_amount(minor, limits) {
	const { max_minor, min_minor, step_minor, partial_allowed } = limits;
	if (minor > max_minor) return { problem: PROBLEM.TOO_LARGE, limit_minor: max_minor };
	if (!partial_allowed && minor !== max_minor) {
		return { problem: PROBLEM.NOT_PARTIAL, limit_minor: max_minor };
	}
	if (minor === max_minor) return null;
	if (minor < min_minor) return { problem: PROBLEM.TOO_SMALL, limit_minor: min_minor };
	if (minor % step_minor) return { problem: PROBLEM.STEP, limit_minor: step_minor };

	const left = (limits.owed_minor ?? max_minor) - minor;
	const least = limits.least_rest_minor ?? min_minor;
	if (left > 0 && left < least) {
		return { problem: PROBLEM.REMAINDER, limit_minor: least, left_minor: left };
	}
	return null;
}
