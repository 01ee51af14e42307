/** What the form says, in one place, so that it can be read, translated and changed by a Client Script (`texts`). */

import { PROBLEM } from "./amount.js";
import { __ } from "./i18n.js";

/** Every text a Client Script may replace, by name. Functions take what varies. */
export function default_texts() {
	return {
		title: __("Pay"),
		test_mode: __("Test mode: no real money moves."),
		amount_label: __("Amount to pay"),
		amount_help: (max) => __("You can pay any amount up to {0}.", [max]),
		amount_fixed: (max) => __("The whole amount of {0} is paid at once.", [max]),
		pay_button: (amount) => (amount ? __("Pay {0}", [amount]) : __("Pay")),
		save_card: __("Save this card for next time"),
		save_card_consent: __(
			"Stripe keeps the card so that you can choose it for your next payments here. You can remove it at any time."
		),
		ach_authorisation: (amount) =>
			__(
				"By pressing Pay you authorise a debit of {0} from the bank account chosen above.",
				[amount]
			),
		paid: (amount) => __("You have paid {0}", [amount]),
		paid_note: __("The payment has been received. You can close this window."),
		processing: (amount) => __("Your payment of {0} is on its way", [amount]),
		processing_note: __(
			"Your bank needs up to 4 business days. You may close this window: the invoice shows the payment, and changes by itself when the bank has answered."
		),
	};
}

export function amount_problem({ problem, limit_minor, left_minor }, money, example) {
	const limit = limit_minor === undefined ? "" : money(limit_minor);
	switch (problem) {
		case PROBLEM.EMPTY:
			return __("Enter the amount you want to pay.");
		case PROBLEM.TOO_MANY_DECIMALS:
			return __(
				"This currency does not have that many decimals. Write the amount like {0}.",
				[example]
			);
		case PROBLEM.TOO_LARGE:
			return limit
				? __("You can pay {0} at most.", [limit])
				: __("This amount is too large.");
		case PROBLEM.NOT_PARTIAL:
			return __("This invoice can only be paid as a whole: {0}.", [limit]);
		case PROBLEM.TOO_SMALL:
			return __("The least you can pay is {0}.", [limit]);
		case PROBLEM.STEP:
			return __("The amount must be a multiple of {0}.", [limit]);
		case PROBLEM.REMAINDER:
			return __(
				"{0} would be left, and less than {1} can't be paid later. Pay it all, or leave at least {1}.",
				[money(left_minor), limit]
			);
		default:
			return __("This is not an amount. Write it like {0}.", [example]);
	}
}

export const answers = {
	sending: () => __("Sending your payment…"),
	authenticating: () => __("Your bank asks you to confirm this payment. Follow its window."),
	finishing: () => __("Asking for the result…"),
	unknown: () =>
		__(
			"The connection was lost before the answer came. Your payment may have gone through, so please do not pay again. We are asking what became of it…"
		),
	still_unknown: () =>
		__(
			"There is still no connection. You can wait, or close this window and open it again later: it will show what became of the payment. You will not be charged twice."
		),
	not_started: () =>
		__("Your payment did not reach us, and nothing was charged. Please press Pay again."),
	failed: () =>
		__(
			"The payment did not succeed, and nothing was charged. Try again, or use another way to pay."
		),
	action_pending: () =>
		__(
			"Your bank has not confirmed this payment yet. Continue with the confirmation, or give this payment up."
		),
	resume: (amount) =>
		__("You began a payment of {0} which your bank has not confirmed yet.", [amount]),
	stripe_unreachable: () =>
		__(
			"The secure entry fields could not be loaded from Stripe. Check your connection or content blocker, and try again."
		),
	no_method: () => __("There is no way to pay this invoice here at the moment."),
	open_failed: () =>
		__("The invoice could not be loaded. Check your connection, and try again."),
	choose_bank_account: () => __("Choose a verified bank account, or add one."),
};

/** What Stripe.js says of the entry itself is already fit for a payer and translated by Stripe. */
export function stripe_js_error(error) {
	return error?.message || __("What you entered was not accepted. Check it, and try again.");
}

export const BRANDS = {
	visa: "VISA",
	mastercard: "MasterCard",
	amex: "American Express",
	discover: "Discover",
	diners: "Diners Club",
	jcb: "JCB",
	unionpay: "UnionPay",
};

export function brand_name(brand) {
	return BRANDS[brand] || __("Card");
}

/** A Stripe Bank Account's status as a pill: its words and its colour among Frappe's indicators. */
export function bank_status(row) {
	const statuses = {
		New: { label: __("New"), colour: "gray" },
		"Verification Pending": { label: __("Verification pending"), colour: "orange" },
		Verified: { label: __("Verified"), colour: "green" },
		Failed: { label: __("Failed"), colour: "red" },
		Blocked: { label: __("Blocked"), colour: "red" },
	};
	return statuses[row.status] || { label: row.status, colour: "gray" };
}

export function bank_note(row, date) {
	if (row.reason) return row.reason;
	switch (row.status) {
		case "Failed":
			return __(
				"The verification failed. Please contact your bank, or add another account."
			);
		case "Blocked":
			return __(
				"Your bank no longer allows debits of this account. Please contact your bank."
			);
		case "Verification Pending":
			return row.arrival_date
				? __("Stripe sends a small deposit to this account. It should arrive by {0}.", [
						date(row.arrival_date),
				  ])
				: __("Stripe sends a small deposit to this account within 1 to 2 business days.");
		case "New":
			return __("The account is being set up.");
		default:
			return "";
	}
}

export function tries_left(row) {
	if (row.attempts_left === null || row.attempts_left === undefined) return "";
	return row.attempts_left === 1
		? __("1 try left.")
		: __("{0} tries left.", [row.attempts_left]);
}

export function under_way(entry, amount, date) {
	const when = entry.expected_by
		? " " + __("The answer is expected by {0}.", [date(entry.expected_by)])
		: "";
	if (entry.mine) {
		return (
			__("Your payment of {0} ({1}) is under way.", [
				amount,
				entry.method_label || entry.status,
			]) + when
		);
	}
	const payer = entry.payer || __("Someone else");
	return (
		__("{0} is paying {1} of this invoice ({2}).", [
			payer,
			amount,
			entry.method_label || entry.status,
		]) + when
	);
}
