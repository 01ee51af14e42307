/** Radio buttons that look like rows: of saved cards, of bank accounts, of ways to pay. */

import { el, replace_children, set_text, show, unique_id } from "./dom.js";

/**
 * A list of rows of which one is chosen. `rows` in render: {value, mark, title, detail, pills, disabled, extra}.
 *
 * A row keeps its nodes while its value stays, so that focus survives a refresh.
 */
export class RadioRows {
	constructor({ label, on_choose }) {
		this.group = unique_id("rows");
		this.on_choose = on_choose;
		this.node = el("div.stripe-pay-rows", {
			attrs: { role: "radiogroup", "aria-label": label },
		});
		this.rows = new Map();
	}

	render(rows, chosen, { disabled = false } = {}) {
		const kept = new Map();
		for (const row of rows)
			kept.set(row.value, this.rows.get(row.value) || this._make(row.value));
		this.rows = kept;
		const nodes = rows.map((row) => this._fill(kept.get(row.value), row, chosen, disabled));
		if (
			nodes.some((node, index) => this.node.children[index] !== node) ||
			this.node.children.length !== nodes.length
		) {
			const focused = document.activeElement;
			replace_children(this.node, ...nodes);
			if (this.node.contains(focused)) focused.focus();
		}
	}

	_make(value) {
		const input = el("input", {
			attrs: { type: "radio", name: this.group, value, id: unique_id("row") },
			on: { change: () => this.on_choose(value) },
		});
		const detail = el("span.stripe-pay-row-detail", { attrs: { id: unique_id("detail") } });
		const parts = {
			input,
			mark: el("span.stripe-pay-row-mark"),
			title: el("span.stripe-pay-row-title"),
			detail,
			pills: el("span.stripe-pay-row-pills"),
			extra: el("div.stripe-pay-row-extra"),
		};
		const text = el(
			"span.stripe-pay-row-text",
			{},
			el("span.stripe-pay-row-line", {}, parts.title, parts.pills),
			detail
		);
		const label = el(
			"label.stripe-pay-row-label",
			{ attrs: { for: input.id } },
			input,
			parts.mark,
			text
		);
		return { ...parts, node: el("div.stripe-pay-row", {}, label, parts.extra) };
	}

	_fill(parts, row, chosen, disabled) {
		parts.input.checked = row.value === chosen;
		parts.input.disabled = disabled || Boolean(row.disabled);
		parts.node.classList.toggle("is-chosen", row.value === chosen);
		parts.node.classList.toggle("is-disabled", Boolean(row.disabled));
		replace_children(parts.mark, row.mark);
		set_text(parts.title, row.title);
		set_text(parts.detail, row.detail);
		show(parts.detail, Boolean(row.detail));
		replace_children(parts.pills, ...(row.pills || []).map(pill));
		if (row.extra !== parts.extra.firstChild) replace_children(parts.extra, row.extra);
		show(parts.extra, Boolean(row.extra));
		return parts.node;
	}
}

/** Frappe's own indicator pill where its styles are there, our own where not. */
export function pill({ label, colour }) {
	return el(
		`span.indicator-pill.no-indicator-dot.${colour}.stripe-pay-pill.stripe-pay-pill--${colour}`,
		{},
		label
	);
}
