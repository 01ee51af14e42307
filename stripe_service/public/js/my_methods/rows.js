/** One saved card or bank account as a row: what it is, how it is, and what can be done with it. */

import { __ } from "../pay_form/i18n.js";
import { bank_note, bank_status, bank_title, card_title } from "../pay_form/messages.js";
import { button } from "../pay_form/view/button.js";
import { pill } from "../pay_form/view/choices.js";
import { el } from "../pay_form/view/dom.js";
import { bank_mark, brand_mark } from "../pay_form/view/marks.js";

export function card_row(card, actions) {
	const expiry = `${String(card.exp_month).padStart(2, "0")}/${card.exp_year}`;
	return row({
		mark: brand_mark(card.brand),
		title: card_title(card),
		detail: card.expired ? __("Expired {0}", [expiry]) : __("Expires {0}", [expiry]),
		pills: [card.expired && { label: __("Expired"), colour: "red" }, default_pill(card)],
		buttons: [
			card.usable && actions.automatic.button_for(card.name, card_title(card)),
			!card.is_default &&
				!card.expired &&
				default_button(card_title(card), () => actions.set_default(card.name)),
			remove_button(card_title(card), () => actions.remove(card.name, card_title(card))),
		],
	});
}

export function bank_row(account, actions, format) {
	const title = bank_title(account);
	const waits = account.status === "Verification Pending";
	return row({
		mark: bank_mark(),
		title,
		detail: account.usable ? kind_of(account) : bank_note(account, format.date),
		pills: [bank_status(account), default_pill(account)],
		buttons: [
			waits &&
				account.microdeposit_type &&
				button(
					__("Verify"),
					"btn-primary",
					() => actions.verify(account),
					__("Verify {0}", [title])
				),
			waits &&
				!account.microdeposit_type &&
				button(
					__("Check again"),
					"btn-default",
					() => actions.look_again(account),
					__("Check {0} again", [title])
				),
			account.usable && actions.automatic.button_for(account.name, title),
			account.usable &&
				!account.is_default &&
				default_button(title, () => actions.set_default(account.name)),
			remove_button(title, () => actions.remove(account.name, title)),
		],
	});
}

function kind_of({ account_type, account_holder_name }) {
	const kinds = { checking: __("Checking account"), savings: __("Savings account") };
	return [kinds[account_type], account_holder_name].filter(Boolean).join(", ");
}

function default_pill(method) {
	return method.is_default && { label: __("Default"), colour: "blue" };
}

function default_button(title, on_click) {
	return button(
		__("Make default"),
		"btn-default",
		on_click,
		__("Make {0} the default", [title])
	);
}

function remove_button(title, on_click) {
	return button(__("Remove"), "btn-default", on_click, __("Remove {0}", [title]));
}

function row({ mark, title, detail, pills, buttons }) {
	return el(
		"li.stripe-methods-row",
		{},
		el("span.stripe-methods-mark", {}, mark),
		el(
			"div.stripe-methods-text",
			{},
			el(
				"div.stripe-methods-line",
				{},
				el("span.stripe-methods-title", {}, title),
				...pills.filter(Boolean).map(pill)
			),
			el("div.stripe-pay-muted", {}, detail)
		),
		el("div.stripe-methods-actions", {}, ...buttons.filter(Boolean))
	);
}
