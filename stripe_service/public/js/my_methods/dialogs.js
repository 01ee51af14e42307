/**
 * What opens on the page. The dialogs are the browser's own <dialog>: it traps the focus, closes on Escape and gives the
 * focus back, on the desk as on the portal.
 */

import { __ } from "../pay_form/i18n.js";
import { el, set_text, show, unique_id } from "../pay_form/view/dom.js";
import { VerifyPanel } from "../pay_form/view/bank_section.js";

class Dialog {
	constructor(title, ...content) {
		const heading = el(
			"h2.stripe-methods-dialog-title",
			{ attrs: { id: unique_id("dialog") } },
			title
		);
		this.node = el(
			"dialog.stripe-methods-dialog",
			{ attrs: { "aria-labelledby": heading.id } },
			heading,
			...content
		);
		this.node.addEventListener("close", () => {
			this.on_close?.();
			this.node.remove();
		});
	}

	open(parent) {
		parent.append(this.node);
		this.node.showModal();
	}

	close() {
		if (this.node.open) this.node.close();
	}
}

/** Asks before something is removed; `on_confirm` may reject with an error whose message is shown. */
export class ConfirmDialog extends Dialog {
	constructor({ title, text, action, on_confirm }) {
		const error = el("p.stripe-pay-field-error", { attrs: { role: "alert" } });
		const cancel = button(__("Keep"), "btn-default", () => this.close());
		const confirm = button(action, "btn-danger", async () => {
			confirm.disabled = true;
			try {
				await on_confirm();
				this.close();
			} catch (problem) {
				set_text(error, problem.message || no_answer());
				confirm.disabled = false;
			}
		});
		super(
			title,
			el("p", {}, text),
			error,
			el("div.stripe-pay-panel-actions", {}, cancel, confirm)
		);
	}
}

export class VerifyDialog extends Dialog {
	constructor(row, flow, format) {
		const panel = new VerifyPanel(row, {
			format,
			on_verify: (name, answer) => flow.verify(name, answer),
		});
		super(
			__("Verify {0}", [`${row.bank_name || __("Bank account")} •••• ${row.last4}`]),
			panel.node,
			el(
				"div.stripe-pay-panel-actions",
				{},
				button(__("Close"), "btn-default", () => this.close())
			)
		);
		Object.assign(this, { row, flow, panel });
		this.render(row);
	}

	render(row = this.row) {
		this.row = row;
		const { busy, name, error } = this.flow.state;
		this.panel.render(row, { busy, error: name === row.name ? error : "" });
	}
}

/**
 * Stripe's own fields for a bank account, with the mandate's text; what happens is BankFlow's.
 *
 * Not a dialog: a modal one would lie above, and lock, the window in which Stripe lets the payer link their bank.
 */
export class AddPanel {
	constructor(flow, { on_close }) {
		this.flow = flow;
		this.mount_point = el("div.stripe-pay-element");
		this.loading = el("p.stripe-pay-muted", {}, __("Loading the secure entry fields…"));
		this.error = el("p.stripe-pay-field-error", { attrs: { role: "alert" } });
		this.cancel = button(__("Cancel"), "btn-default", on_close);
		this.confirm = button(__("Add this account"), "btn-primary", () => flow.confirm());
		this.node = el(
			"div.stripe-methods-panel",
			{ attrs: { role: "group", "aria-label": __("Add a bank account") } },
			el("h2.stripe-methods-dialog-title", {}, __("Add a bank account")),
			el(
				"p.stripe-pay-muted",
				{},
				__(
					"The numbers go to Stripe and to nobody else. An account is verified at once where its bank takes part, else by a small deposit within two business days."
				)
			),
			this.loading,
			this.mount_point,
			this.error,
			el("div.stripe-pay-panel-actions", {}, this.cancel, this.confirm)
		);
	}

	render() {
		const { step, element_ready, busy, error } = this.flow.state;
		show(this.loading, step === "adding" && !element_ready && !error);
		show(set_text(this.error, error), Boolean(error));
		this.confirm.disabled = busy || !element_ready;
		this.cancel.disabled = busy;
	}
}

export function button(label, kind, on_click) {
	return el(
		`button.btn.btn-sm.${kind}.stripe-pay-button`,
		{ attrs: { type: "button" }, on: { click: on_click } },
		label
	);
}

export function no_answer() {
	return __("There was no answer. Check your connection and try again: nothing is done twice.");
}
