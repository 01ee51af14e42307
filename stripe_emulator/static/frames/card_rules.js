/** What Stripe's card fields check before anything is sent, and the words they use. */

const BRANDS = [
	{ brand: "amex", pattern: /^3[47]/, lengths: [15], cvc: 4, groups: [4, 6, 5] },
	{
		brand: "diners",
		pattern: /^3(0[0-5]|[689])/,
		lengths: [14, 16],
		cvc: 3,
		groups: [4, 4, 4, 4],
	},
	{ brand: "jcb", pattern: /^35/, lengths: [16], cvc: 3, groups: [4, 4, 4, 4] },
	{
		brand: "discover",
		pattern: /^6(011|4[4-9]|5)/,
		lengths: [16],
		cvc: 3,
		groups: [4, 4, 4, 4],
	},
	{ brand: "unionpay", pattern: /^(62|81)/, lengths: [16, 19], cvc: 3, groups: [4, 4, 4, 4, 3] },
	{
		brand: "mastercard",
		pattern: /^(5[1-5]|2[2-7])/,
		lengths: [16],
		cvc: 3,
		groups: [4, 4, 4, 4],
	},
	{ brand: "visa", pattern: /^4/, lengths: [16], cvc: 3, groups: [4, 4, 4, 4] },
];
const UNKNOWN = { brand: "unknown", lengths: [16], cvc: 3, groups: [4, 4, 4, 4] };

export function brand_of(number) {
	return BRANDS.find(({ pattern }) => pattern.test(number)) || UNKNOWN;
}

export function passes_luhn(number) {
	const sum = [...number].reverse().reduce((total, digit, index) => {
		const value = Number(digit) * (index % 2 ? 2 : 1);
		return total + (value > 9 ? value - 9 : value);
	}, 0);
	return sum % 10 === 0;
}

export function grouped(number) {
	const { groups } = brand_of(number);
	const parts = [];
	let from = 0;
	for (const size of groups) {
		if (from < number.length) parts.push(number.slice(from, from + size));
		from += size;
	}
	return parts.join(" ");
}

function problem(code, message) {
	return { code, message, type: "validation_error" };
}

export function check_number(number) {
	const { lengths } = brand_of(number);
	if (number.length < Math.min(...lengths))
		return problem("incomplete_number", "Your card number is incomplete.");
	if (!passes_luhn(number)) return problem("invalid_number", "Your card number is invalid.");
	return null;
}

/** `expiry` is up to four digits, MMYY. */
export function check_expiry(expiry, today = new Date()) {
	if (expiry.length < 4)
		return problem("incomplete_expiry", "Your card's expiration date is incomplete.");
	const month = Number(expiry.slice(0, 2));
	const year = 2000 + Number(expiry.slice(2));
	if (month < 1 || month > 12)
		return problem("invalid_expiry_month", "Your card's expiration date is invalid.");
	if (year < today.getFullYear())
		return problem("invalid_expiry_year_past", "Your card's expiration year is in the past.");
	if (year === today.getFullYear() && month < today.getMonth() + 1) {
		return problem("invalid_expiry_month_past", "Your card's expiration date is in the past.");
	}
	return null;
}

export function check_cvc(cvc, number) {
	return cvc.length < brand_of(number).cvc
		? problem("incomplete_cvc", "Your card's security code is incomplete.")
		: null;
}

export function check_postal_code(code, country) {
	if (country !== "US") return null;
	return /^\d{5}$/.test(code) ? null : problem("incomplete_zip", "Your ZIP is incomplete.");
}
