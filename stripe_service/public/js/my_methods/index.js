/**
 * A payer's own saved cards and bank accounts: look, verify, add, make default, remove.
 *
 * The server's list is drawn anew after each step, because Stripe may know more than this page (a card removed
 * elsewhere, an account verified meanwhile). Adding and verifying are the pay form's BankFlow.
 */

import { BankFlow } from "../pay_form/bank_flow.js";
import { make_format } from "../pay_form/format.js";
import { __, use_translator } from "../pay_form/i18n.js";
import { appearance_of } from "../pay_form/payment_element.js";
import { load_stripe } from "../pay_form/stripe_loader.js";
import { el, replace_children, set_text, show } from "../pay_form/view/dom.js";
import { AddDialog, button, ConfirmDialog, no_answer, VerifyDialog } from "./dialogs.js";
import { bank_row, bank_title, card_row } from "./rows.js";
import { Server } from "./server.js";

export class MyMethods {
	/** Draws into `node`. `account` is a Stripe Account's name, or null for the default one. */
	constructor({ node, account = null }) {
		use_translator(window.__);
		this.node = node;
		this.account = account;
		this.server = new Server();
		this.format = make_format({ locale: document.documentElement.lang || undefined, format_date: desk_date() });
		this.dialog = null;
		this._make_parts();
		this._make_flow();
	}

	_make_parts() {
		this.banner = el("p.stripe-methods-banner", { attrs: { hidden: true } }, __("Test mode: no real money moves."));
		this.status = el("p.stripe-methods-status", { attrs: { role: "status" } });
		this.error = el("p.stripe-pay-error", { attrs: { role: "alert" } });
		this.accounts = el("div");
		this.sections = el("div");
		this.node.classList.add("stripe-methods");
		replace_children(this.node, this.banner, this.accounts, this.error, this.status, this.sections);
	}

	_make_flow() {
		this.flow = new BankFlow({
			api: this.server,
			stripe: () => load_stripe({ ...this.methods.stripe, locale: document.documentElement.lang || undefined }),
			appearance: () => appearance_of(this.dialog.node),
			mount_point: () => this.dialog.mount_point,
			account: () => this.account,
			on_change: () => this.dialog?.render(),
			on_row: (row) => this._bank_account_changed(row),
		});
	}

	async load() {
		try {
			this._show(await this.server.my_methods(this.account));
		} catch (error) {
			set_text(this.error, error.message || no_answer());
		}
	}

	_show(methods) {
		this.methods = methods;
		this.account = methods.account;
		const { loading_error, stripe } = methods;
		set_text(this.error, loading_error?.message);
		if (loading_error?.link) this.error.append(" ", el("a", { attrs: { href: loading_error.link } }, __("Open Stripe Account")));
		show(this.banner, Boolean(stripe?.test_mode));
		replace_children(this.accounts, this._account_choice());
		replace_children(this.sections, ...(loading_error ? [] : [this._cards(), this._bank_accounts()]));
	}

	/** Only where the payer has methods at more than one account is there something to choose. */
	_account_choice() {
		const names = [...new Set([...this.methods.accounts, this.account])].filter(Boolean);
		if (names.length < 2) return null;
		const options = names.map((name) => el("option", { attrs: { value: name, selected: name === this.account } }, name));
		return el(
			"label.stripe-methods-account",
			{},
			__("Saved with"),
			el("select.form-control.input-sm", { on: { change: (event) => this._choose_account(event.target.value) } }, ...options)
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
			__("No card is saved. When you pay with a card, you can choose to save it for next time.")
		);
	}

	_bank_accounts() {
		const { bank_accounts, may_add_bank_account } = this.methods;
		const add = may_add_bank_account.allowed
			? button(__("Add a bank account"), "btn-default", () => this.add_bank_account())
			: el("p.stripe-pay-muted", {}, may_add_bank_account.reason || "");
		return section(
			__("Bank accounts"),
			bank_accounts.map((row) => bank_row(row, this, this.format)),
			__("No bank account is saved."),
			add
		);
	}

	add_bank_account() {
		this._open(new AddDialog(this.flow));
		this.flow.add();
	}

	verify(row) {
		this._open(new VerifyDialog(row, this.flow, this.format));
	}

	remove(name, title) {
		this._open(
			new ConfirmDialog({
				title: __("Remove {0}?", [title]),
				text: __("It can't be used to pay any more, here or at Stripe. Payments made with it stay as they are."),
				action: __("Remove"),
				on_confirm: async () => {
					this._show(await this.server.remove(name));
					set_text(this.status, __("{0} was removed.", [title]));
				},
			})
		);
	}

	set_default(name) {
		return this._step(this.server.set_default(name), __("The default was changed."));
	}

	look_again(row) {
		const looked = this.server.refresh_bank_account(row.name).then(() => this.server.my_methods(this.account));
		return this._step(looked, "");
	}

	async _step(answer, done) {
		set_text(this.error, "");
		try {
			this._show(await answer);
			set_text(this.status, done);
		} catch (error) {
			set_text(this.error, error.message || no_answer());
		}
	}

	/** `row` is null after a wrong answer, whose tries left the list knows. */
	async _bank_account_changed(row) {
		const said = this.flow.state.status;
		if (row && row.status !== "New") this.dialog?.close();
		await this.load();
		const fresh = this.methods.bank_accounts.find(({ name }) => name === (row?.name || this.flow.state.name));
		if (row) set_text(this.status, row.usable ? said : [bank_title(row), row.reason].filter(Boolean).join(": "));
		else if (fresh && this.dialog instanceof VerifyDialog) this.dialog.render(fresh);
	}

	_open(dialog) {
		set_text(this.status, "");
		this.dialog = dialog;
		dialog.open(this.node);
	}
}

function section(title, rows, none, ...more) {
	const list = rows.length ? el("ul.stripe-methods-rows", {}, ...rows) : el("p.stripe-pay-muted", {}, none);
	return el("section.stripe-methods-section", {}, el("h2.stripe-methods-heading", {}, title), list, ...more);
}

/** Dates as the desk writes them; the portal has no user's format, so the browser's is taken. */
function desk_date() {
	return window.frappe?.datetime?.str_to_user;
}
