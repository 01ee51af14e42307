/** The documents that one payment pays, an amount each, their sum, and which of the chosen ones are left out and why. */

import { __ } from "../i18n.js";
import { key_of } from "../parts.js";
import { el, replace_children, set_attributes, set_text, show, unique_id } from "./dom.js";

export class DocumentsField {
	constructor({ on_type, on_leave }) {
		this.on_type = on_type;
		this.on_leave = on_leave;
		this.rows = new Map();
		const label = unique_id("documents");
		this.list = el("ul.stripe-pay-documents", { attrs: { "aria-labelledby": label } });
		this.total = el("strong");
		this.error = el("p.stripe-pay-field-error", { attrs: { role: "alert" } });
		this.left_out = el("ul.stripe-pay-left-out", { attrs: { "aria-label": __("Left out") } });
		this.node = el(
			"div.stripe-pay-several",
			{},
			el("div.stripe-pay-label", { attrs: { id: label } }, __("Amounts")),
			this.list,
			el(
				"div.stripe-pay-total",
				{ attrs: { role: "status" } },
				el("span", {}, __("Total")),
				this.total
			),
			this.error,
			this.left_out
		);
	}

	get first_input() {
		return this.rows.values().next().value?.input;
	}

	focus(key) {
		const { input } = this.rows.get(key) || this.rows.values().next().value || {};
		input?.focus();
		input?.select();
		input?.scrollIntoView({ block: "nearest" });
	}

	/** `problem_of(part)` and `problem` (of the sum) are words or "". */
	render(state, { problem_of, problem, total, disabled, format }) {
		const { documents, left_out, invoice } = state.form;
		const label_of = labels([...documents, ...left_out]);
		this._keep_rows(documents);
		for (const part of documents) {
			const row = this.rows.get(key_of(part));
			const text = state.amounts[key_of(part)] ?? "";
			if (row.input.value !== text) row.input.value = text;
			const wrong = problem_of(part);
			set_attributes(row.input, {
				disabled,
				readonly: !part.amount.partial_allowed,
				"aria-invalid": wrong ? "true" : null,
			});
			set_text(row.currency, invoice.currency);
			set_text(row.label, label_of(part));
			set_text(row.about, about(part, label_of(part), format));
			set_text(row.error, wrong);
			show(row.error, Boolean(wrong));
		}
		set_text(this.total, total || "–");
		set_text(this.error, problem);
		show(this.error, Boolean(problem));
		replace_children(this.left_out, ...left_out_items(left_out, label_of));
		show(this.left_out, left_out.length > 0);
	}

	/** The rows stay while their documents do, so that nobody loses the field they type into. */
	_keep_rows(documents) {
		const keys = documents.map(key_of);
		if (keys.join("\n") === [...this.rows.keys()].join("\n")) return;
		this.rows = new Map(
			documents.map((part) => [key_of(part), this.rows.get(key_of(part)) || this._row(part)])
		);
		this.list.replaceChildren(...[...this.rows.values()].map(({ node }) => node));
	}

	_row(part) {
		const key = key_of(part);
		const [id, about_id, error_id] = ["part", "part-about", "part-error"].map(unique_id);
		const input = el("input.stripe-pay-input.form-control", {
			attrs: {
				id,
				type: "text",
				inputmode: "decimal",
				autocomplete: "off",
				"data-document": part.name,
				"aria-describedby": `${error_id} ${about_id}`,
			},
			on: {
				input: (event) => this.on_type(key, event.target.value),
				blur: (event) => this.on_leave(event),
			},
		});
		const currency = el("span.stripe-pay-currency", { attrs: { "aria-hidden": "true" } });
		const label = el("label", { attrs: { for: id } });
		const about = el("div.stripe-pay-muted", { attrs: { id: about_id } });
		const error = el("p.stripe-pay-field-error", { attrs: { id: error_id, role: "alert" } });
		const node = el(
			"li.stripe-pay-document",
			{},
			el("div.stripe-pay-document-what", {}, label, about),
			el("div.stripe-pay-amount-box", {}, input, currency),
			error
		);
		return { node, input, currency, label, about, error };
	}
}

/** What each of `parts` is called: by its title, or by its name where another has the same title, as a customer's invoices have. */
function labels(parts) {
	const count = {};
	for (const { title } of parts) count[title] = (count[title] || 0) + 1;
	return ({ title, name }) => (title && count[title] === 1 ? title : name);
}

/** Which of the chosen documents can't be paid (with the others), and why. Of some only the reason is known. */
export function left_out_items(left_out, label_of = labels(left_out)) {
	return left_out.map((part) => {
		const label = label_of(part);
		return el(
			"li",
			{},
			label ? __("{0} is left out: {1}", [label, part.reason]) : part.reason
		);
	});
}

function about(part, label, format) {
	const number = [part.title, part.name].find((text) => text && text !== label);
	const due = part.due_date ? __("Due {0}", [format.date(part.due_date)]) : null;
	return [number, due, __("up to {0}", [format.minor(part.amount.max_minor)])]
		.filter(Boolean)
		.join(" · ");
}
