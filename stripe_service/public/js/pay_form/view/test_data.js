/** Stripe's published test cards and test bank account (https://docs.stripe.com/testing), at hand where the keys are test keys. */

import { __ } from "../i18n.js";
import { el } from "./dom.js";

const CARDS = () => [
	["4242 4242 4242 4242", __("is accepted")],
	["4000 0000 0000 9995", __("is declined: insufficient funds")],
	["4000 0027 6000 3184", __("asks for 3-D Secure")],
];
const BANK_ACCOUNT = () => [
	["110000000", __("routing number")],
	["000123456789", __("account number of an account that pays")],
	["SM11AA", __("code that verifies the account")],
];

export function test_cards() {
	return folded(
		__("Test cards"),
		CARDS(),
		__("Any future date, security code and ZIP code will do.")
	);
}

export function test_bank_account() {
	return folded(
		__("Test bank account"),
		BANK_ACCOUNT(),
		__("Or choose a test institution to link one that is verified at once.")
	);
}

/** Filled when it is opened: nothing that looks like a card's number is on the page before somebody asks for it. */
function folded(title, rows, note) {
	const place = el("div");
	const fill = () => {
		if (place.childElementCount) return;
		place.append(el("dl", {}, ...rows.map(row)), el("p.stripe-pay-muted", {}, note));
	};
	return el(
		"details.stripe-pay-test-data",
		{ on: { toggle: fill } },
		el("summary", {}, title),
		place
	);
}

function row([value, meaning]) {
	return el("div", {}, el("dt", {}, el("bdi", {}, value)), el("dd", {}, meaning));
}
