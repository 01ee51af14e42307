/** What the form says, in one place, so that it can be read, translated and changed by a Client Script (`texts`). */

import { PROBLEM } from "./amount.js";
import { __ } from "./i18n.js";

export const test_mode = () => __("Test mode: no real money moves.");

/** Every text a Client Script may replace, by name. Functions take what varies. */
export function default_texts() {
	return {
		title: __("Pay"),
		test_mode: test_mode(),
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
			"A bank debit takes up to 4 business days. You can close this window: the invoice shows the payment and is updated as soon as your bank has answered."
		),
	};
}

/**
 * A problem of amount.js in words. `format` is make_format's; `example` an amount as this person writes it, `currency`
 * the invoice's.
 */
export function amount_problem(found, format, example, currency) {
	const limit = found.limit_minor === undefined ? "" : format.minor(found.limit_minor);
	switch (found.problem) {
		case PROBLEM.EMPTY:
			return __("Enter the amount you want to pay.");
		case PROBLEM.DOUBTFUL:
			return doubtful(found.readings, format);
		case PROBLEM.OTHER_CURRENCY:
			return __("This invoice is in {0}. Enter only the amount, for example {1}.", [
				currency,
				example,
			]);
		case PROBLEM.TOO_MANY_DECIMALS:
			return [
				__("{0} does not have that many decimals.", [currency]),
				found.readings
					? doubtful(found.readings, format)
					: __("Write the amount like {0}.", [example]),
			].join(" ");
		case PROBLEM.TOO_LARGE:
			return limit
				? __("You can pay {0} at most.", [limit])
				: __("This amount is too large.");
		case PROBLEM.NOT_PARTIAL:
			return __("This invoice can only be paid in full: {0}.", [limit]);
		case PROBLEM.TOO_SMALL:
			return __("The least you can pay is {0}.", [limit]);
		case PROBLEM.STEP:
			return __("The amount must be a multiple of {0}.", [limit]);
		case PROBLEM.REMAINDER:
			return __(
				"{0} would be left, and less than {1} can't be paid later. Pay the full amount, or leave at least {1}.",
				[format.minor(found.left_minor), limit]
			);
		default:
			return __("This is not an amount. Write it like {0}.", [example]);
	}
}

function doubtful([thousands, fraction], format) {
	const [first, second] = [format.reading(thousands), format.reading(fraction)];
	const ways = [format.typed_reading(thousands), format.typed_reading(fraction)].filter(Boolean);
	return ways.length === 2
		? __("Do you mean {0} or {1}? Write {2} or {3}.", [first, second, ...ways])
		: __("Do you mean {0} or {1}? For {0}, write {2}.", [first, second, ...ways]);
}

export const answers = {
	sending: () => __("Sending your payment…"),
	authenticating: () =>
		__("Your bank asks you to confirm this payment. Please follow the steps in its window."),
	finishing: () => __("Checking the result…"),
	unknown: ({ site_at_fault } = {}) =>
		site_at_fault
			? __(
					"The site had a problem before it could answer. Your payment may have gone through, so please do not pay again. We are checking what happened…"
			  )
			: __(
					"The connection was lost before the answer arrived. Your payment may have gone through, so please do not pay again. We are checking what happened…"
			  ),
	still_unknown: () =>
		__(
			"There is still no answer. You can wait, or close this window and open it again later: it will show what happened to your payment. You will not be charged twice."
		),
	not_started: () =>
		__("Your payment did not reach us, and nothing was charged. Please press Pay again."),
	failed: () =>
		__(
			"The payment did not go through, and nothing was charged. Try again, or pay another way."
		),
	nothing_charged: () => __("Your payment was not made, and nothing was charged."),
	refused: () => __("The site refused this. Reload the page and try again."),
	action_pending: () =>
		__(
			"Your bank has not confirmed this payment yet. You can continue with the confirmation, or cancel this payment."
		),
	resume: (amount) =>
		__("You started a payment of {0} that your bank has not confirmed yet.", [amount]),
	loading_fields: () => __("The secure card fields are loading…"),
	stripe_unreachable: () =>
		__(
			"The secure entry fields could not be loaded from Stripe. Check your connection or content blocker, and try again."
		),
	fields_refused: () =>
		__(
			"Stripe did not show the entry fields for this account. Please contact the administrators of this site."
		),
	page_fault: () =>
		__(
			"Something went wrong on this page, and nothing was charged. Reload the page and try again."
		),
	wrong_email: () => __("This is not an e-mail address. Correct it, or leave it empty."),
	entry_refused: () => __("What you entered was not accepted. Check it, and try again."),
	no_method: () => __("This invoice can't be paid here at the moment."),
	open_failed: ({ site_at_fault } = {}) =>
		site_at_fault
			? __("The site has a problem at the moment. Please try again in a few minutes.")
			: __("The invoice could not be loaded. Check your connection, and try again."),
	session_ended: () =>
		__(
			"Log in again to continue. The form will then show what happened to a payment you made."
		),
	add_bank_account: () => __("Add a bank account to pay with it."),
	verify_bank_account: () => __("This bank account can pay as soon as it is verified."),
	bank_account_unusable: () =>
		__("This bank account can't be used to pay. Please add another one."),
	choose_bank_account: () => __("Choose a verified bank account, or add one."),
	finish_adding: () => __("Finish adding the bank account, or cancel it."),
	brand_refused: (brand, accepted) =>
		__("{0} is not accepted here. Please use {1}.", [brand, accepted.join(", ")]),
	amount_changed: (amount) =>
		__("The amount that can be paid has changed. It is now {0}.", [amount]),
	no_answer: ({ site_at_fault } = {}) =>
		site_at_fault
			? __("The site has a problem at the moment. Try again: nothing is done twice.")
			: __(
					"There was no answer. Check your connection and try again: nothing is done twice."
			  ),
};

const BRANDS = {
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

export function card_title({ brand, last4 }) {
	return `${brand_name(brand)} ••••\u00a0${last4}`;
}

export function bank_title({ bank_name, last4 }) {
	return `${bank_name || __("Bank account")} ••••\u00a0${last4}`;
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
	return statuses[row.status] || { label: __(row.status), colour: "gray" };
}

/** Why a bank account can't pay now, and what to do. */
export function bank_note(row, date) {
	if (row.status === "Verification Pending" && row.microdeposit_type) {
		return deposit_note(row, date);
	}
	if (row.reason) return row.reason;
	switch (row.status) {
		case "Failed":
			return __(
				"The verification failed. Please contact your bank, or add another account."
			);
		case "Blocked":
			return __(
				"Your bank no longer allows debits from this account. Please contact your bank."
			);
		case "Verification Pending":
			return __("Your bank is still checking this account.");
		case "New":
			return __("This account has not been set up completely.");
		default:
			return "";
	}
}

function deposit_note(row, date) {
	const by = row.arrival_date && date(row.arrival_date);
	if (row.microdeposit_type === "amounts") {
		return by
			? __("Two small deposits arrive by {0}.", [by])
			: __("Two small deposits arrive within two business days.");
	}
	return by
		? __("A deposit of $0.01 arrives by {0}.", [by])
		: __("A deposit of $0.01 arrives within two business days.");
}

export function tries_left(row) {
	if (row.attempts_left === null || row.attempts_left === undefined) return "";
	return row.attempts_left === 1
		? __("1 try left.")
		: __("{0} tries left.", [row.attempts_left]);
}

/** A payment that is under way, for its payer or for somebody else. `amount` is formatted. */
export function under_way(entry, amount, date) {
	const said = entry.mine
		? __("Your payment of {0} is under way.", [with_method(amount, entry.method_label)])
		: __("{0} is paying {1} of this invoice.", [entry.payer || __("Someone else"), amount]);
	return [said, how_far(entry, date)].filter(Boolean).join(" ");
}

function with_method(amount, method_label) {
	return method_label ? `${amount} (${method_label})` : amount;
}

function how_far(entry, date) {
	switch (entry.status) {
		case "Started":
			return __("It is being sent to Stripe.");
		case "Action Required":
			return entry.mine
				? __("Your bank is waiting for your confirmation.")
				: __(
						"It is waiting for the bank's confirmation. If it is not confirmed, the amount can be paid again."
				  );
		default:
			return entry.expected_by
				? __("The bank answers by {0}.", [date(entry.expected_by)])
				: __("It is waiting for the bank's answer.");
	}
}
