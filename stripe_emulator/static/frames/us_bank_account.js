/** Name, e-mail, and the account: linked through Financial Connections, or its numbers entered by hand. */

import { Field, submit_fields } from "./field.js";
import { el } from "./line.js";

const INSTITUTIONS = [
	"Test Institution",
	"Test OAuth Bank",
	"Ownership accounts",
	"Down Bank (Unscheduled)",
];

function required(code, message) {
	return (value) => (value ? null : { type: "validation_error", code, message });
}

export class BankFields {
	type = "us_bank_account";

	constructor({ business, defaults, tell, on_change }) {
		this.tell = tell;
		this.on_change = on_change;
		this.business = business || "the seller";
		this.account = null;
		this._make_fields(defaults);
		this._make_account_choice();
		this.mandate = el("p", { class: "terms", id: "mandate" });
		this.node = el(
			"div",
			{},
			el(
				"div",
				{ class: "grid" },
				this.name.node,
				this.email.node,
				this.choice,
				this.manual
			),
			this.mandate
		);
		this.node.addEventListener("input", () => this._changed());
		this._show_terms();
	}

	_make_fields(defaults) {
		this.name = new Field({
			name: "name",
			label: "Full name",
			check: required("incomplete_name", "Please provide your full name."),
			wide: true,
			attributes: {
				autocomplete: "name",
				placeholder: "First and last name",
				value: defaults.name,
			},
		});
		this.email = new Field({
			name: "email",
			label: "Email",
			wide: true,
			check: (value) =>
				/^\S+@\S+\.\S+$/.test(value)
					? null
					: {
							type: "validation_error",
							code: "invalid_email",
							message: "Your email is invalid.",
					  },
			attributes: {
				autocomplete: "email",
				type: "email",
				placeholder: "you@example.com",
				value: defaults.email,
			},
		});
		this.routing = new Field({
			name: "routingNumber",
			label: "Routing number",
			digits: true,
			max: 9,
			check: (value) =>
				value.length === 9
					? null
					: {
							type: "validation_error",
							code: "incomplete_routing_number",
							message: "Your routing number is incomplete.",
					  },
			attributes: { inputmode: "numeric", placeholder: "110000000" },
		});
		this.number = new Field({
			name: "accountNumber",
			label: "Account number",
			digits: true,
			max: 17,
			check: (value) =>
				value.length >= 4
					? null
					: {
							type: "validation_error",
							code: "incomplete_account_number",
							message: "Your account number is incomplete.",
					  },
			attributes: { inputmode: "numeric", placeholder: "000123456789" },
		});
	}

	_make_account_choice() {
		this.banks = el(
			"div",
			{ class: "banks" },
			...INSTITUTIONS.map((institution) =>
				el(
					"button",
					{
						type: "button",
						onclick: () =>
							this.tell("link_bank", { institution, business: this.business }),
					},
					institution
				)
			)
		);
		this.by_hand = el(
			"button",
			{ type: "button", class: "link", onclick: () => this._enter_by_hand(true) },
			"Enter bank details manually instead"
		);
		this.choice_error = el("p", { class: "error", role: "alert", hidden: true });
		this.linked_text = el("span");
		this.linked_row = el(
			"div",
			{ class: "linked", hidden: true },
			this.linked_text,
			el(
				"button",
				{ type: "button", class: "link", onclick: () => this._unlink() },
				"Change"
			)
		);
		this.choice = el(
			"div",
			{ class: "field wide", role: "group", "aria-label": "Bank account" },
			el("label", {}, "Bank account"),
			this.banks,
			this.linked_row,
			this.by_hand,
			this.choice_error
		);
		this.back = el(
			"button",
			{ type: "button", class: "link wide", onclick: () => this._enter_by_hand(false) },
			"Search for your bank instead"
		);
		this.manual = el(
			"div",
			{ class: "grid wide", hidden: true },
			this.routing.node,
			this.number.node,
			this.back
		);
	}

	_enter_by_hand(yes) {
		this.manual.hidden = !yes;
		this.choice.hidden = yes;
		this.account = null;
		this._changed();
		(yes ? this.routing.input : this.banks.firstChild).focus();
	}

	linked(answer) {
		if (answer?.manual) return this._enter_by_hand(true);
		if (!answer) return this.banks.firstChild.focus();
		this.account = answer.us_bank_account;
		this.linked_text.textContent = `${answer.institution} •••• ${answer.last4}`;
		this._show_linked(true);
		this._changed();
		return null;
	}

	_unlink() {
		this.account = null;
		this._show_linked(false);
		this._changed();
	}

	_show_linked(yes) {
		this.linked_row.hidden = !yes;
		this.banks.hidden = yes;
		this.by_hand.hidden = yes;
		this.choice_error.hidden = true;
	}

	get fields() {
		const fields = [this.name, this.email];
		return this.manual.hidden ? fields : [...fields, this.routing, this.number];
	}

	_complete() {
		return (
			this.fields.every((field) => !field.check()) &&
			(!this.manual.hidden || Boolean(this.account))
		);
	}

	_changed() {
		this._show_terms();
		this.on_change({
			empty: !this.name.value && !this.account,
			complete: this._complete(),
			collapsed: false,
			value: { type: this.type },
		});
	}

	_show_terms() {
		const known = this.account ? this.linked_text.textContent : "the bank account above";
		const deposits = this.manual.hidden
			? ""
			: " Stripe will send a small deposit to this account to verify it, in 1–2 business days.";
		this.mandate.textContent =
			`By continuing, you authorize ${this.business} to debit ${known} for any amount owed for charges arising from your use of its services ` +
			`and/or purchase of products from ${this.business}, pursuant to its website and terms, until this authorization is revoked. You may ` +
			`amend or cancel this authorization at any time by providing notice with 30 (thirty) days notice.${deposits}`;
	}

	submit() {
		const error = submit_fields(this.fields);
		if (error) return { error };
		if (this.manual.hidden && !this.account) {
			const missing = {
				type: "validation_error",
				code: "incomplete_payment_details",
				message: "Please link your bank account.",
			};
			this.choice_error.textContent = missing.message;
			this.choice_error.hidden = false;
			return { error: missing };
		}
		return { type: this.type };
	}

	payment_method_data() {
		const by_hand = {
			routing_number: this.routing.value,
			account_number: this.number.value,
			account_holder_type: "individual",
		};
		return {
			type: "us_bank_account",
			us_bank_account: this.account || by_hand,
			billing_details: { name: this.name.value, email: this.email.value },
		};
	}

	focus() {
		(this.name.value ? this.email : this.name).input.focus();
	}

	clear() {
		this.fields.forEach((field) => field.clear());
		this._unlink();
	}
}
