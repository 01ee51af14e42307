/** The two steps of letting a method pay automatically: what and how much, then the text to agree to. */

import { __ } from "../pay_form/i18n.js";
import { answers } from "../pay_form/messages.js";
import { button } from "../pay_form/view/button.js";
import { el, replace_children, set_text, show, unique_id } from "../pay_form/view/dom.js";
import { Dialog } from "./dialogs.js";

export class AutomaticDialog extends Dialog {
	/**
	 * `facts` is the server's overview. `ask(wish)` resolves with {text}, `start(wish)` when it is done; both may reject with
	 * an error whose message is shown.
	 */
	constructor({ title, facts, ask, start }) {
		const body = el("div.stripe-methods-form");
		super(__("Pay automatically with {0}", [title]), body);
		Object.assign(this, { body, facts, ask, start, wish: null, text: "" });
		this._make_fields();
		// What was wrong is being put right.
		body.addEventListener("input", () => set_text(this.error, ""));
		this._show_choice();
	}

	_make_fields() {
		const { choices, currencies } = this.facts;
		this.choice = select(choices.map(({ label }, index) => [index, label]));
		this.currency = select(currencies.map((currency) => [currency, currency]));
		this.each = amount_input();
		this.month = amount_input();
		this.error = el("p.stripe-pay-field-error", { attrs: { role: "alert" } });
		this.agree = el("input", {
			attrs: { type: "checkbox", id: unique_id("agree") },
			on: { change: () => (this.start_button.disabled = !this.agree.checked) },
		});
		this.consent = el("p.stripe-methods-consent", { attrs: { tabindex: "-1" } });
		this.next_button = button(__("Next"), "btn-primary", () => this._next());
		this.start_button = button(__("Start"), "btn-primary", () => this._start());
	}

	_show_choice() {
		replace_children(
			this.body,
			field(
				__("What is paid"),
				this.choice,
				__("Only what becomes due from now on. What is overdue, pay yourself.")
			),
			field(__("Currency"), this.currency),
			field(__("At most for each"), this.each),
			field(__("At most in a calendar month"), this.month),
			this.error,
			this._actions(
				button(__("Cancel"), "btn-default", () => this.close()),
				this.next_button
			)
		);
		set_text(this.error, "");
	}

	_show_consent() {
		this.agree.checked = false;
		this.start_button.disabled = true;
		set_text(this.consent, this.text);
		replace_children(
			this.body,
			this.consent,
			el(
				"div.stripe-methods-agree",
				{},
				this.agree,
				el("label", { attrs: { for: this.agree.id } }, __("I agree to this"))
			),
			this.error,
			this._actions(
				button(__("Back"), "btn-default", () => {
					this._show_choice();
					this.choice.focus();
				}),
				this.start_button
			)
		);
		set_text(this.error, "");
		this.consent.focus();
	}

	_actions(...buttons) {
		return el("div.stripe-pay-panel-actions", {}, ...buttons);
	}

	_next() {
		const { label, ...scope } = this.facts.choices[this.choice.value]; // eslint-disable-line no-unused-vars
		this.wish = {
			...scope,
			currency: this.currency.value,
			maximum_per_document: this.each.value.trim(),
			maximum_per_month: this.month.value.trim(),
		};
		return this._try(this.next_button, async () => {
			this.text = (await this.ask(this.wish)).text;
			this._show_consent();
		});
	}

	_start() {
		return this._try(this.start_button, async () => {
			// Stripe.js shows the bank's question over the page, which a modal dialog would cover.
			this.node.close();
			await this.start({ ...this.wish, agreed_text: this.text });
		});
	}

	async _try(pressed, work) {
		pressed.disabled = true;
		set_text(this.error, "");
		try {
			await work();
		} catch (problem) {
			this._complain(problem.message || answers.no_answer(problem));
		}
		pressed.disabled = false;
	}

	_complain(words) {
		// It was closed for the bank's question.
		if (!this.node.open && this.parent) this.open(this.parent);
		show(set_text(this.error, words), true);
	}

	open(parent) {
		this.parent = parent;
		super.open(parent);
	}
}

function select(options) {
	return el(
		"select.form-control.input-sm",
		{ attrs: { id: unique_id("select") } },
		...options.map(([value, label]) => el("option", { attrs: { value } }, label))
	);
}

function amount_input() {
	return el("input.form-control.input-sm", {
		attrs: {
			type: "text",
			inputmode: "decimal",
			autocomplete: "off",
			id: unique_id("amount"),
		},
	});
}

function field(label, input, help = null) {
	const hint = help && el("p.stripe-pay-muted", { attrs: { id: unique_id("hint") } }, help);
	if (hint) input.setAttribute("aria-describedby", hint.id);
	return el(
		"div.stripe-methods-field",
		{},
		el("label.stripe-pay-label", { attrs: { for: input.id } }, label),
		input,
		hint
	);
}
