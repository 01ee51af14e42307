/**
 * The amounts of a payment for several documents: one for each, bounded by its own limits, and their sum by Stripe's.
 *
 * `form` is the server's open_form_for_several; `amounts` what is typed, by `key_of` the document.
 */

import { check_amount, parse_amount, PROBLEM, to_major, to_typed } from "./amount.js";

/** A payment link calls its documents by their `row`, and names no DocType. */
export const key_of = ({ row, doctype, name }) => row || `${doctype}/${name}`;

/** What the form begins with: all that can be paid of each. */
export function proposed_amounts({ documents, invoice }, separators) {
	return Object.fromEntries(
		documents.map((part) => [
			key_of(part),
			to_typed(part.amount.max_minor, invoice.exponent, separators),
		])
	);
}

/** `{minor}` or `{problem, ...}` of one document; one of which nothing is to be paid is left out of the payment. */
export function read_part(part, text, exponent, separators) {
	const parsed = parse_amount(text, exponent, separators);
	if (parsed.problem === PROBLEM.EMPTY || parsed.minor === 0) return { minor: 0 };
	return parsed.problem ? parsed : check_amount(parsed.minor, part.amount) || parsed;
}

/** `{minor, parts}`, the sum and [{part, minor}] of all that is to be paid, or `{problem, part}` for the first that is wrong. */
export function read_parts({ documents, invoice, amount }, amounts, separators) {
	const parts = [];
	for (const part of documents) {
		const found = read_part(part, amounts[key_of(part)], invoice.exponent, separators);
		if (found.problem) return { ...found, part };
		if (found.minor) parts.push({ part, minor: found.minor });
	}
	const minor = parts.reduce((sum, one) => sum + one.minor, 0);
	if (!minor) return { problem: PROBLEM.EMPTY };
	const { max_minor, least_minor } = amount;
	if (minor > max_minor) return { problem: PROBLEM.TOO_LARGE, limit_minor: max_minor };
	if (minor < least_minor) return { problem: PROBLEM.TOO_SMALL, limit_minor: least_minor };
	return { minor, parts };
}

/** As the request names them. */
export function wanted(parts, exponent) {
	return parts.map(({ part: { row, doctype, name }, minor }) => ({
		...(row ? { row } : { doctype, name }),
		amount: to_major(minor, exponent),
	}));
}
