/** The saved cards, and the fields for a new one, which are Stripe's and stay mounted while another row is chosen. */

import { __ } from "../i18n.js";
import { card_title } from "../messages.js";
import { NEW } from "../state.js";
import { RadioRows } from "./choices.js";
import { el, replace_children, show, unique_id } from "./dom.js";
import { brand_mark } from "./marks.js";
import { test_cards } from "./test_data.js";

export class CardSection {
	constructor({ texts, on_choose, on_save }) {
		this.texts = texts;
		this.rows = new RadioRows({ label: __("Your cards"), on_choose });
		this.mount_point = el("div.stripe-pay-element");
		this.loading = el(
			"p.stripe-pay-muted.stripe-pay-element-loading",
			{},
			__("Loading the secure entry fields…")
		);
		this.save = el("input", {
			attrs: { type: "checkbox", id: unique_id("save") },
			on: { change: (event) => on_save(event.target.checked) },
		});
		const consent = el(
			"p.stripe-pay-muted",
			{ attrs: { id: unique_id("consent") } },
			texts.save_card_consent
		);
		this.save.setAttribute("aria-describedby", consent.id);
		this.save_row = el(
			"div.stripe-pay-save",
			{},
			this.save,
			el("label", { attrs: { for: this.save.id } }, texts.save_card),
			consent
		);
		this.brands = el("div.stripe-pay-brands", {
			attrs: { role: "group", "aria-label": __("Cards accepted here") },
		});
		this.test_cards = test_cards();
		this.entry = el(
			"div.stripe-pay-entry",
			{},
			this.brands,
			this.loading,
			this.mount_point,
			this.test_cards,
			this.save_row
		);
		this.new_only = el("div");
		this.node = el("div.stripe-pay-section", {}, this.rows.node, this.new_only);
	}

	render(state, { disabled, element_ready }) {
		const { cards } = state.form.saved;
		const { brands = [], may_save } = state.form.methods.card;
		const choosing_new = state.card === NEW;
		show(this.rows.node, cards.length > 0);
		this._place_entry(cards.length > 0);
		this.rows.render(this._rows(cards), state.card, { disabled });
		show(this.entry, choosing_new);
		show(this.loading, !element_ready);
		show(this.test_cards, Boolean(state.form.stripe?.test_mode));
		show(this.save_row, Boolean(may_save));
		this.save.checked = state.save;
		this.save.disabled = disabled;
		if (this.brands.childElementCount !== brands.length) {
			replace_children(
				this.brands,
				...brands.map((brand) => brand_mark(brand, { labelled: true }))
			);
		}
	}

	/** Moving a mounted iframe would reload it, so the entry finds its place before anything is mounted in it. */
	_place_entry(has_saved) {
		if (this.entry.parentNode) return;
		this.entry.classList.toggle("is-under-rows", has_saved);
		this.new_only.append(this.entry);
	}

	_rows(cards) {
		const rows = cards.map((card) => ({
			value: card.name,
			mark: brand_mark(card.brand),
			title: card_title(card),
			detail: __("Expires {0}", [expiry(card)]),
			disabled: card.expired,
			pills: [
				card.expired && { label: __("Expired"), colour: "red" },
				card.is_default && !card.expired && { label: __("Default"), colour: "gray" },
			].filter(Boolean),
		}));
		return [...rows, { value: NEW, mark: brand_mark(null), title: __("Another card") }];
	}
}

function expiry({ exp_month, exp_year }) {
	return `${String(exp_month).padStart(2, "0")}/${String(exp_year).slice(-2)}`;
}
