/** The tabs of the Payment Element: the card's fields, and each wallet, whose card the payer picks in the wallet's own sheet. */

import { el } from "./line.js";

const NAMES = { apple_pay: "Apple Pay", google_pay: "Google Pay", link: "Link" };

export class WithWallets {
	constructor(card, wallets, { tell }) {
		this.card = card;
		this.tell = tell;
		this.chosen = "card";
		this.picked = null;
		this.tabs = ["card", ...wallets].map((name) => this._tab(name));
		this.note = el("p", { class: "terms", hidden: true });
		this.node = el(
			"div",
			{},
			wallets.length
				? el(
						"div",
						{ class: "tabs", role: "group", "aria-label": "Payment method" },
						...this.tabs
				  )
				: null,
			card.node,
			this.note
		);
	}

	_tab(name) {
		const button = el(
			"button",
			{ type: "button", "aria-pressed": String(name === "card"), "data-name": name },
			NAMES[name] || "Card"
		);
		button.addEventListener("click", () => this._choose(name));
		return button;
	}

	_choose(name) {
		this.chosen = name;
		this.picked = null;
		for (const tab of this.tabs) {
			tab.setAttribute("aria-pressed", String(tab.dataset.name === name));
		}
		const by_card = name === "card";
		this.card.node.hidden = !by_card;
		this.note.hidden = by_card;
		this.note.textContent = by_card ? "" : `${NAMES[name]} opens when you pay.`;
		if (by_card) this.card._changed();
		else
			this.tell("change", {
				empty: false,
				complete: true,
				collapsed: false,
				value: { type: name },
			});
	}

	get type() {
		return "card";
	}

	submit() {
		if (this.chosen === "card") return this.card.submit();
		return { type: this.chosen, wallet: NAMES[this.chosen] };
	}

	wallet_card({ type, number }) {
		this.picked = { type, number };
	}

	payment_method_data() {
		if (!this.picked) return this.card.payment_method_data();
		const { number } = this.picked;
		return {
			type: "card",
			card: { number, exp_month: 12, exp_year: 2034 },
			billing_details: { address: { country: "US" } },
		};
	}

	options(options) {
		this.card.options(options);
	}

	focus() {
		if (this.chosen === "card") this.card.focus();
		else this.tabs.find((tab) => tab.dataset.name === this.chosen).focus();
	}

	clear() {
		this.card.clear();
	}
}
