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
 */

export const PROBLEM = {
	EMPTY: "empty",
	UNREADABLE: "unreadable",
	TOO_MANY_DECIMALS: "too_many_decimals",
	STEP: "step",
	TOO_SMALL: "too_small",
	TOO_LARGE: "too_large",
	NOT_PARTIAL: "not_partial",
	REMAINDER: "remainder",
};

const SPACES = /[\s\u00a0\u202f'’]/g;

/**
 * What was typed, as `{minor}` or `{problem}`.
 *
 * A group separator counts only where a group may end, so that "1,50" typed by someone who is used to decimal
 * commas is refused and not read as 150.
 */
export function parse_amount(text, exponent, { decimal = ".", group = "," } = {}) {
	const typed = String(text ?? "").replace(SPACES, "");
	if (!typed) return { problem: PROBLEM.EMPTY };

	const parts = typed.split(decimal);
	if (parts.length > 2) return { problem: PROBLEM.UNREADABLE };
	const [whole, fraction = ""] = parts;
	const digits = ungroup(whole, group);
	if (digits === null || !/^\d*$/.test(fraction) || !(digits || fraction)) {
		return { problem: PROBLEM.UNREADABLE };
	}

	const significant = fraction.replace(/0+$/, "");
	if (significant.length > exponent) return { problem: PROBLEM.TOO_MANY_DECIMALS };
	const minor = Number((digits || "0") + significant.padEnd(exponent, "0"));
	return Number.isSafeInteger(minor) ? { minor } : { problem: PROBLEM.TOO_LARGE };
}

function ungroup(whole, group) {
	if (/^\d*$/.test(whole)) return whole;
	if (!group) return null;
	const groups = whole.split(group);
	const [first, ...rest] = groups;
	const last = rest[rest.length - 1];
	// Groups of three, or of two before a last one of three as in India.
	const well_formed =
		/^\d{1,3}$/.test(first) &&
		rest.every((part) => /^\d{2,3}$/.test(part)) &&
		last.length === 3;
	return well_formed ? groups.join("") : null;
}

/** Minor units as the plain decimal string that crosses the wire: "19.99", "1500", "-3.250". */
export function to_major(minor, exponent) {
	const sign = minor < 0 ? "-" : "";
	const digits = String(Math.abs(minor)).padStart(exponent + 1, "0");
	if (!exponent) return sign + digits;
	return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** Minor units as a person writes them into the field: the decimal mark of their own, no groups. */
export function to_typed(minor, exponent, { decimal = "." } = {}) {
	return to_major(minor, exponent).replace(".", decimal);
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
