/**
 * What a saved method pays automatically: begin, look, stop one or all. What is said and what is allowed is the server's
 * (api/automatic_payments.py).
 */

import { __ } from "../pay_form/i18n.js";
import { load_stripe } from "../pay_form/stripe_loader.js";
import { button } from "../pay_form/view/button.js";
import { pill } from "../pay_form/view/choices.js";
import { el } from "../pay_form/view/dom.js";
import { pay_link } from "../portal_payments/surroundings.js";
import { AutomaticDialog } from "./automatic_dialog.js";
import { ConfirmDialog } from "./dialogs.js";

const COLOURS = {
	Active: "green",
	"Confirmation Required": "orange",
	Stopped: "gray",
	Announced: "blue",
	"Being Paid": "blue",
	"Under Way": "blue",
	"To Be Tried Again": "orange",
	Paid: "green",
	"Authentication Required": "orange",
	Skipped: "orange",
	Failed: "red",
};
const LEFT_TO_THE_PAYER = ["Authentication Required", "Skipped", "Failed"];

export class AutomaticPayments {
	/** `page` is the MyMethods that shows this. */
	constructor(page) {
		this.page = page;
		this.facts = null; // the server's overview; null while it is not known
	}

	async load() {
		this.facts = await this._call("overview");
	}

	/** A button for the row of a method that can pay; null where none may pay automatically. */
	button_for(name, title) {
		if (!this.facts?.switched_on || !this.facts.choices.length) return null;
		return button(
			__("Pay automatically…"),
			"btn-default",
			() => this._begin(name, title),
			__("Pay automatically with {0}…", [title])
		);
	}

	/** The section of the page; null where there is nothing to say. */
	section() {
		const { facts } = this;
		if (!facts || (!facts.switched_on && !facts.automatic.length)) return null;
		const running = facts.automatic.filter((row) => row.running);
		return el(
			"section.stripe-methods-section.stripe-methods-automatic",
			{},
			el("h2.stripe-methods-heading", {}, __("Automatic payments")),
			el("p.stripe-pay-muted", {}, this._introduction()),
			rows(facts.automatic.map((row) => this._automatic_row(row))),
			running.length > 1 &&
				button(__("Stop all"), "btn-default", () => this._stop_all(running.length)),
			facts.scheduled.length > 0 &&
				el("h3.stripe-methods-subheading", {}, __("Paid automatically")),
			rows(facts.scheduled.map((row) => this._scheduled_row(row)))
		);
	}

	_introduction() {
		if (!this.facts.switched_on) return __("Automatic payments are switched off here.");
		if (!this.facts.choices.length)
			return __("There is nothing yet that you could let be paid.");
		return __(
			"A saved card or bank account can pay automatically what becomes due. You are notified before each payment, and can stop it at any time."
		);
	}

	_automatic_row(row) {
		return list_row({
			title: __("{0}: {1}", [row.method_label, row.scope_label]),
			details: [row.limits, !row.running && row.reason, consent(row.consent_text)],
			status: row,
			buttons: [
				row.running &&
					button(
						__("Stop"),
						"btn-default",
						() => this._stop(row),
						__("Stop paying automatically with {0}", [row.method_label])
					),
			],
		});
	}

	_scheduled_row(row) {
		const on = row.on && this.page.format.date(row.on);
		const waits = ["Announced", "To Be Tried Again"].includes(row.status);
		return list_row({
			title: document_link(row),
			details: [
				waits
					? __("{0} will be paid on {1}", [row.amount, on])
					: [row.amount, on].filter(Boolean).join(", "),
				row.reason,
			],
			status: row,
			buttons: [],
		});
	}

	_begin(name, title) {
		this.page.open_dialog(
			new AutomaticDialog({
				title,
				facts: this.facts,
				ask: (wish) => this._call("consent_text", { ...wish, saved_method: name }),
				start: (wish) => this._start({ ...wish, saved_method: name }, title),
			})
		);
	}

	async _start(wish, title) {
		let answer = await this._call("start", wish);
		if (answer.client_secret) answer = await this._answer_bank(answer);
		await this.page.load();
		if (answer.status !== "Active")
			throw new Error(answer.reason || __("It was not started."));
		this.page.say(__("{0} now pays automatically.", [title]));
	}

	/** The bank asks the payer once, now, and not when nobody is there. */
	async _answer_bank({ name, client_secret, stripe }) {
		const { locale } = this.page.adapter;
		const loaded = await load_stripe({ ...stripe, locale });
		await loaded.handleNextAction({ clientSecret: client_secret });
		return this._call("finish", { name });
	}

	_stop(row) {
		this._confirm(
			__("Stop paying automatically?"),
			__("{0} pays nothing automatically any more for {1}.", [
				row.method_label,
				row.scope_label,
			]),
			() => this._call("stop", { name: row.name })
		);
	}

	_stop_all(count) {
		this._confirm(
			__("Stop all automatic payments?"),
			__("All {0} are stopped. Nothing is paid automatically any more.", [count]),
			() => this._call("stop_all")
		);
	}

	_confirm(title, text, work) {
		this.page.open_dialog(
			new ConfirmDialog({
				title,
				text: [text, __("A payment that is on its way already is carried out.")].join(" "),
				action: __("Stop"),
				on_confirm: async () => {
					await work();
					await this.page.load();
					this.page.say(__("Stopped."));
				},
			})
		);
	}

	_call(method, args = {}) {
		return this.page.server.call(`automatic_payments.${method}`, args);
	}
}

function rows(nodes) {
	return nodes.length > 0 && el("ul.stripe-methods-rows", {}, ...nodes);
}

function list_row({ title, details, status, buttons }) {
	return el(
		"li.stripe-methods-row",
		{},
		el(
			"div.stripe-methods-text",
			{},
			el(
				"div.stripe-methods-line",
				{},
				el("span.stripe-methods-title", {}, title),
				pill({ label: status.status_label, colour: COLOURS[status.status] || "gray" })
			),
			...details.filter(Boolean).map((detail) => el("div.stripe-pay-muted", {}, detail))
		),
		el("div.stripe-methods-actions", {}, ...buttons.filter(Boolean))
	);
}

function consent(text) {
	return el("details", {}, el("summary", {}, __("What you agreed to")), text);
}

/** To the document's form on the desk; on the portal, which has no forms, to where it is paid if that is left to the payer. */
function document_link({ doctype, document, title, status }) {
	const words = title || document;
	const href = frappe.router
		? frappe.utils.get_form_link(doctype, document)
		: LEFT_TO_THE_PAYER.includes(status) && pay_link({ doctype, name: document });
	return href ? el("a", { attrs: { href } }, words) : words;
}
