/** One labelled field with its error beneath it, shown once the field was left or the form submitted. */

import { el } from "./line.js";

export class Field {
	constructor({ name, label, check, format, digits, max, wide, attributes = {} }) {
		this.check = () => check(this.value);
		this.digits = digits;
		this.max = max;
		this.format = format || ((value) => value);
		this.input = el("input", {
			name,
			id: `Field-${name}Input`,
			type: "text",
			"aria-invalid": "false",
			...attributes,
		});
		this.error = el("p", {
			class: "error",
			role: "alert",
			id: `Field-${name}Error`,
			hidden: true,
		});
		this.input.setAttribute("aria-describedby", this.error.id);
		this.input.addEventListener("input", () => this._typed());
		this.input.addEventListener("blur", () => this.value && this.show());
		this.node = el(
			"div",
			{ class: `field${wide ? " wide" : ""}` },
			el("label", { for: this.input.id }, label),
			this.input,
			this.error
		);
	}

	get value() {
		const text = this.digits ? this.input.value.replace(/\D/g, "") : this.input.value.trim();
		return this.max ? text.slice(0, this.max) : text;
	}

	_typed() {
		const formatted = this.format(this.value, this.input.value);
		if (this.digits && formatted !== this.input.value) this.input.value = formatted;
		this._say(null);
	}

	/** The problem, shown; null if there is none. */
	show() {
		const problem = this.check();
		this._say(problem);
		return problem;
	}

	_say(problem) {
		this.error.textContent = problem?.message || "";
		this.error.hidden = !problem;
		this.node.classList.toggle("bad", Boolean(problem));
		this.input.setAttribute("aria-invalid", String(Boolean(problem)));
	}

	clear() {
		this.input.value = "";
		this._say(null);
	}
}

/** Show every problem, focus the first field that has one, and answer it. */
export function submit_fields(fields) {
	const problems = fields.map((field) => [field, field.show()]).filter(([, problem]) => problem);
	if (!problems.length) return null;
	const [[field, problem]] = problems;
	field.input.focus();
	return problem;
}
