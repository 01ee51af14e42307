/**
 * What opens on the page. The dialogs are the browser's own <dialog>: it traps the focus, closes on Escape and gives the
 * focus back, on the desk as on the portal.
 */

import { __ } from "../pay_form/i18n.js";
import { answers, bank_title } from "../pay_form/messages.js";
import { button } from "../pay_form/view/button.js";
import { el, set_text, unique_id } from "../pay_form/view/dom.js";
import { VerifyPanel } from "../pay_form/view/verify_panel.js";

export class Dialog {
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
				set_text(error, problem.message || answers.no_answer(problem));
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
	constructor(row, flow) {
		const panel = new VerifyPanel(row, {
			on_verify: (name, answer) => flow.verify(name, answer),
		});
		super(
			__("Verify {0}", [bank_title(row)]),
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
