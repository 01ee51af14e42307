/**
 * A payer's own saved cards and bank accounts: look, verify, add, make default, remove.
 *
 * The server's list is drawn anew after each step, because Stripe may know more than this page (a card removed
 * elsewhere, an account verified meanwhile). Adding and verifying are the pay form's BankFlow.
 */

import { Api } from "../pay_form/api.js";
import { BankFlow } from "../pay_form/bank_flow.js";
import { make_format } from "../pay_form/format.js";
import { frappe_adapter } from "../pay_form/frappe_adapter.js";
import { __, use_translator } from "../pay_form/i18n.js";
import { answers, bank_title } from "../pay_form/messages.js";
import { load_stripe } from "../pay_form/stripe_loader.js";
import { AddBankPanel } from "../pay_form/view/add_bank_panel.js";
import { button } from "../pay_form/view/button.js";
import { el, replace_children, set_text, show } from "../pay_form/view/dom.js";
import { test_mode_note } from "../pay_form/view/test_mode.js";
import { AutomaticPayments } from "./automatic.js";
import { ConfirmDialog, VerifyDialog } from "./dialogs.js";
import { bank_row, card_row } from "./rows.js";

export class MyMethods {
	/** Draws inside `node`. `account` is a Stripe Account's name, or null for the default one. */
	constructor({ node, account = null }) {
		const adapter = frappe_adapter();
		use_translator(adapter.translate);
		this.node = el("div.stripe-pay.stripe-methods");
		node.append(this.node);
		this.account = account;
		this.adapter = adapter;
		this.server = new Api(adapter);
		this.format = make_format(adapter);
		this.dialog = null; // the VerifyDialog or ConfirmDialog that was opened last
		this.adding = null; // the AddBankPanel while a bank account is being added
		this.automatic = new AutomaticPayments(this);
		this._make_parts();
		this._make_flow();
	}

	_make_parts() {
		this.banner = test_mode_note();
		this.status = el("p.stripe-methods-status", { attrs: { role: "status", tabindex: "-1" } });
		this.error = el("p.stripe-pay-error", { attrs: { role: "alert", hidden: true } });
		this.accounts = el("div");
		this.sections = el("div");
		this.add_place = el("div");
		replace_children(
			this.node,
			this.banner,
			this.accounts,
			this.error,
			this.status,
			this.sections,
			this.add_place
		);
	}

	_make_flow() {
		this.flow = new BankFlow({
			api: this.server,
			stripe: () => load_stripe({ ...this.methods.stripe, locale: this.adapter.locale }),
			panel: () => this.adding,
			account: () => this.account,
			on_change: () => this._flow_changed(),
			on_row: (row) => this._bank_account_changed(row),
		});
	}

	async load() {
		try {
			const [methods] = await Promise.all([
				this.server.my_methods(this.account),
				this.automatic.load(),
			]);
			this._show(methods);
		} catch (error) {
			this._complain(words_of(error));
		}
	}

	_show(methods) {
		this.methods = methods;
		this.account = methods.account;
		const { loading_error, stripe } = methods;
		this._complain(loading_error?.message);
		if (loading_error?.link)
			this.error.append(
				" ",
				el("a", { attrs: { href: loading_error.link } }, __("Open Stripe Account"))
			);
		show(this.banner, Boolean(stripe?.test_mode));
		replace_children(this.accounts, this._account_choice());
		replace_children(
			this.sections,
			...(loading_error ? [] : [this._cards(), this._bank_accounts()]),
			this.automatic.section()
		);
	}

	_complain(text) {
		show(set_text(this.error, text), Boolean(text));
	}

	/** Only where the payer has methods at more than one account is there something to choose. */
	_account_choice() {
		const names = [...new Set([...this.methods.accounts, this.account])].filter(Boolean);
		if (names.length < 2) return null;
		const options = names.map((name) =>
			el("option", { attrs: { value: name, selected: name === this.account } }, name)
		);
		return el(
			"label.stripe-methods-account",
			{},
			__("Saved with"),
			el(
				"select.form-control.input-sm",
				{ on: { change: (event) => this._choose_account(event.target.value) } },
				...options
			)
		);
	}

	_choose_account(name) {
		this.account = name;
		return this.load();
	}

	_cards() {
		const { cards } = this.methods;
		return section(
			__("Cards"),
			cards.map((card) => card_row(card, this)),
			__(
				"No card is saved. When you pay with a card, you can choose to save it for next time."
			)
		);
	}

	_bank_accounts() {
		const { bank_accounts, may_add_bank_account } = this.methods;
		this.add_button = may_add_bank_account.allowed
			? button(__("Add a bank account"), "btn-default", () => this.add_bank_account())
			: el("p.stripe-pay-muted", {}, may_add_bank_account.reason || "");
		show(this.add_button, !this.adding);
		return section(
			__("Bank accounts"),
			bank_accounts.map((row) => bank_row(row, this, this.format)),
			__("No bank account is saved."),
			this.add_button
		);
	}

	add_bank_account() {
		set_text(this.status, "");
		this.adding = new AddBankPanel({
			on_confirm: () => this.flow.confirm(),
			on_cancel: () => this._close_adding(),
		});
		replace_children(this.add_place, this.adding.node);
		show(this.add_button, false);
		this.flow.add();
	}

	_close_adding() {
		this.flow.cancel();
		this.adding = null;
		replace_children(this.add_place);
		show(this.add_button, true);
		this.add_button.focus();
	}

	_flow_changed() {
		this.adding?.render(this.flow.state);
		if (this.dialog instanceof VerifyDialog) this.dialog.render();
	}

	verify(row) {
		this.open_dialog(new VerifyDialog(row, this.flow));
	}

	remove(name, title) {
		this.open_dialog(
			new ConfirmDialog({
				title: __("Remove {0}?", [title]),
				text: __("You can no longer pay with it. Payments made with it stay as they are."),
				action: __("Remove"),
				on_confirm: async () => {
					const methods = await this.server.remove_method(name);
					// What it paid by itself has stopped.
					await this.automatic.load();
					this._show(methods);
					this.say(__("{0} was removed.", [title]));
				},
			})
		);
	}

	set_default(name) {
		return this._step(this.server.set_default(name), __("The default was changed."));
	}

	look_again(row) {
		const looked = this.server
			.refresh_bank_account(row.name)
			.then(() => this.server.my_methods(this.account));
		return this._step(looked, "");
	}

	async _step(answer, done) {
		this._complain("");
		try {
			this._show(await answer);
			this.say(done);
		} catch (error) {
			this._complain(words_of(error));
		}
	}

	/** `row` is null after a wrong answer, whose tries left the list knows. */
	async _bank_account_changed(row) {
		const said = this.flow.state.status;
		if (row) this.dialog?.close();
		if (row && this.adding) this._close_adding();
		await this.load();
		if (row) return this.say(row.usable ? said : waits_for(row));
		const fresh = this.methods.bank_accounts.find(({ name }) => name === this.flow.state.name);
		if (fresh && this.dialog instanceof VerifyDialog) this.dialog.render(fresh);
	}

	/** The button that was pressed is gone from the new list, so the focus goes where it is told what happened. */
	say(text) {
		set_text(this.status, text);
		this.status.focus();
	}

	open_dialog(dialog) {
		set_text(this.status, "");
		this.dialog = dialog;
		dialog.open(this.node);
	}
}

function waits_for(row) {
	return [row.last4 && bank_title(row), row.reason].filter(Boolean).join(": ");
}

function section(title, rows, none, ...more) {
	const list = rows.length
		? el("ul.stripe-methods-rows", {}, ...rows)
		: el("p.stripe-pay-muted", {}, none);
	return el(
		"section.stripe-methods-section",
		{},
		el("h2.stripe-methods-heading", {}, title),
		list,
		...more
	);
}

function words_of(error) {
	if (error.session_ended) return answers.session_ended();
	return error.message || answers.no_answer(error);
}
