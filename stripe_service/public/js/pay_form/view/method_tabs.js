/** Card or bank account, with the reason beside one that is not possible here. No choice where there is but one. */

import { __ } from "../i18n.js";
import { el, set_text, show, unique_id } from "./dom.js";

export class MethodTabs {
	constructor({ on_choose }) {
		this.group = unique_id("method");
		this.tabs = {
			card: this._tab("card", __("Card"), on_choose),
			us_bank_account: this._tab("us_bank_account", __("Bank account (ACH)"), on_choose),
		};
		this.reason = el("p.stripe-pay-muted.stripe-pay-reason", {
			attrs: { id: unique_id("reason") },
		});
		this.node = el(
			"fieldset.stripe-pay-methods",
			{},
			el("legend.stripe-pay-label", {}, __("Pay by")),
			el("div.stripe-pay-tabs", {}, this.tabs.card.node, this.tabs.us_bank_account.node),
			this.reason
		);
	}

	_tab(type, label, on_choose) {
		const input = el("input", {
			attrs: { type: "radio", name: this.group, value: type, id: unique_id("tab") },
			on: { change: () => on_choose(type) },
		});
		const node = el(
			"label.stripe-pay-tab",
			{ attrs: { for: input.id } },
			input,
			el("span", {}, label)
		);
		return { input, node };
	}

	render(methods, chosen, { disabled }) {
		const reasons = [];
		for (const [type, { input, node }] of Object.entries(this.tabs)) {
			const { allowed, reason } = methods[type] || {};
			input.checked = type === chosen;
			input.disabled = disabled || !allowed;
			input.setAttribute("aria-describedby", this.reason.id);
			node.classList.toggle("is-chosen", type === chosen);
			node.classList.toggle("is-disabled", !allowed);
			if (!allowed && reason) reasons.push(reason);
			show(node, Boolean(methods[type]));
		}
		show(this.node, Object.keys(methods).length > 1 || reasons.length > 0);
		set_text(this.reason, reasons.join(" "));
		show(this.reason, reasons.length > 0);
	}
}
