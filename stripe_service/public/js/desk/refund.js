/** The Refund dialog of an Invoice Payment: any part of what is left, entered and checked as in the pay form. */

import { parse_amount, PROBLEM, to_major, to_typed } from "../pay_form/amount.js";
import { Api, NoAnswer } from "../pay_form/api.js";
import { make_format } from "../pay_form/format.js";
import { frappe_adapter } from "../pay_form/frappe_adapter.js";
import { amount_problem } from "../pay_form/messages.js";
import { make_uuid } from "../pay_form/uuid.js";
import { accessible, give_edge } from "./accessible_dialog.js";

const EXPONENTS = [2, 0, 3]; // of all currencies that Stripe knows

export function ask_refund(frm) {
	return new RefundDialog(frm).dialog;
}

class RefundDialog {
	constructor(frm) {
		this.frm = frm;
		// One for each opening of the dialog: pressed twice, or again after a lost answer, it is the same refund.
		this.request_id = make_uuid();
		this.left_minor = left_minor(frm.doc);
		this.exponent = exponent_of(frm.doc);
		this.format = make_format(frappe_adapter());
		this.format.use({ currency: frm.doc.currency, exponent: this.exponent });
		this.api = new Api(frappe_adapter());
		this._make();
	}

	_make() {
		const { currency, name } = this.frm.doc;
		const opener = document.activeElement;
		this.dialog = new frappe.ui.Dialog({
			title: __("Refund {0}", [name]),
			fields: [
				...this._documents_field(),
				{
					fieldname: "amount",
					fieldtype: "Data",
					label: __("Amount in {0}", [currency]),
					reqd: 1,
					description: this._bound(),
				},
				{
					fieldname: "reason",
					fieldtype: "Select",
					label: __("Reason"),
					options: refund_reasons(),
					default: "requested_by_customer",
				},
				{ fieldname: "problem", fieldtype: "HTML" },
			],
			primary_action_label: __("Refund"),
			primary_action: () => this._refund(),
		});
		this.problem = $(`<div class="alert alert-danger" role="alert" hidden></div>`);
		give_edge(this.problem.get(0));
		this.dialog.get_field("problem").$wrapper.append(this.problem);
		accessible(this.dialog, opener);
		this.dialog.show();
		const amount = this.dialog.get_field("amount");
		// No "default" of the field: Frappe 16 fills it in a moment later, and the button names the amount now.
		amount.set_input(to_typed(this.left_minor, this.exponent, this.format.separators));
		// Not Frappe's onchange, which comes late and would take away what the server has just complained of.
		amount.$input.on("input", () => this._show_amount());
		this.dialog.get_field("documents")?.$wrapper.on("change", () => this._choose());
		this._show_amount();
	}

	/** Of a payment of several documents: for which of them. Without a choice it takes from the last one upwards. */
	_documents_field() {
		const rows = this.frm.doc.references || [];
		if (rows.length < 2) return [];
		const options = rows
			.filter((row) => left_minor(row))
			.map((row) => ({
				label: `${row.reference_title || row.reference_name}: ${this.format.minor(
					left_minor(row)
				)}`,
				value: row.name,
			}));
		return [
			{
				fieldname: "documents",
				fieldtype: "MultiCheck",
				label: __("Refund for"),
				description: __("Tick none to refund an amount from the last document upwards."),
				options,
				columns: 1,
			},
		];
	}

	_chosen() {
		const names = this.dialog.get_field("documents")?.get_value() || [];
		return (this.frm.doc.references || []).filter(({ name }) => names.includes(name));
	}

	/** What may be refunded, and what follows, of the documents that are ticked, or of all. */
	_bound() {
		const all = (this.frm.doc.references || []).length;
		const of = (this.dialog && this._chosen().length) || all;
		const most = this.format.minor(this.left_minor);
		return of > 1
			? __("Up to {0}. The documents are due again by this amount.", [most])
			: __("Up to {0}. The document is due again by this amount.", [most]);
	}

	/** Of one document a part can be refunded, of several all that is left. */
	_choose() {
		const chosen = this._chosen();
		const of_chosen = chosen.reduce((sum, row) => sum + left_minor(row), 0);
		this.left_minor = chosen.length ? of_chosen : left_minor(this.frm.doc);
		const typed = to_typed(this.left_minor, this.exponent, this.format.separators);
		const amount = this.dialog.get_field("amount");
		amount.$input.val(typed).prop("readonly", chosen.length > 1);
		amount.set_description(this._bound());
		this._show_amount();
	}

	_read() {
		const typed = this.dialog.get_field("amount").$input.val();
		const separators = this.format.separators;
		const { minor, ...found } = parse_amount(typed, this.exponent, separators);
		if (minor > this.left_minor) {
			return {
				words: __("At most {0} can be refunded.", [this.format.minor(this.left_minor)]),
			};
		}
		if (minor) return { minor };
		const problem = found.problem ? found : { problem: PROBLEM.UNREADABLE };
		const example = to_typed(
			Math.min(this.left_minor, 12345),
			this.exponent,
			this.format.separators
		);
		return { words: amount_problem(problem, this.format, example, this.frm.doc.currency) };
	}

	/** The button says what it does, so that nobody refunds another amount than they think. */
	_show_amount() {
		const { minor } = this._read();
		this._complain("");
		const label = minor ? __("Refund {0}", [this.format.minor(minor)]) : __("Refund");
		this.dialog.get_primary_btn().text(label);
	}

	async _refund() {
		const { minor, words } = this._read();
		if (words) return this._complain(words);
		this._complain("");
		const button = this.dialog.get_primary_btn().prop("disabled", true);
		try {
			const answer = await this.api.call("refund.refund_payment", this._request(minor));
			this.dialog.hide();
			this._say(answer, this.format.minor(minor));
			await this.frm.reload_doc();
		} catch (error) {
			// What was refused for certain is over: the next press is another refund.
			if (!(error instanceof NoAnswer)) this.request_id = make_uuid();
			this._complain(words_of(error));
		} finally {
			button.prop("disabled", false);
		}
	}

	_request(minor) {
		const chosen = this._chosen();
		const what = chosen.length
			? { documents: JSON.stringify(chosen.map((row) => this._part(row, minor, chosen))) }
			: { amount: to_major(minor, this.exponent) };
		return {
			payment: this.frm.doc.name,
			...what,
			reason: this.dialog.get_value("reason"),
			request_id: this.request_id,
		};
	}

	_part({ reference_doctype, reference_name, ...row }, minor, chosen) {
		const part = chosen.length === 1 ? minor : left_minor(row);
		return {
			doctype: reference_doctype,
			name: reference_name,
			amount: to_major(part, this.exponent),
		};
	}

	/** An answer that names a refund has the refund's message; without one it would be that of the payment: "Thank you". */
	_say({ refund, refund_status, message }, amount) {
		const { method_label, name } = this.frm.doc;
		const said = refund
			? message
			: __("{0} is being refunded to {1}.", [amount, method_label || name]);
		const indicator = ["Failed", "Cancelled"].includes(refund_status) ? "red" : "green";
		frappe.show_alert({ message: frappe.utils.escape_html(said), indicator });
	}

	_complain(text) {
		this.problem.text(text).prop("hidden", !text);
		this.dialog.get_field("amount").$input.attr("aria-invalid", text ? "true" : "false");
	}
}

function words_of(error) {
	if (!(error instanceof Error && "site_at_fault" in error)) {
		reportError(error);
		return __("Something went wrong on this page. Reload the page and look at the payment.");
	}
	if (error instanceof NoAnswer && !error.message) {
		return __(
			"There was no answer, so it is not known whether the refund was made. Reload the page and look at the payment before you try again."
		);
	}
	return error.message || __("The refund was refused. Reload the page and try again.");
}

/** Stripe's reasons for a refund, in words. */
export function refund_reasons() {
	return [
		{ value: "requested_by_customer", label: __("Requested by the payer") },
		{ value: "duplicate", label: __("Paid twice") },
		{ value: "fraudulent", label: __("Fraudulent") },
	];
}

/** In minor units: amounts in major units are floats in the browser, and 1.02 - 0.2 is 0.8200000000000001. */
function left_minor(doc) {
	const { received_minor, refunded_minor, disputed_minor } = doc;
	return Math.max(cint(received_minor) - cint(refunded_minor) - cint(disputed_minor), 0);
}

/** The currency's decimals, as the payment itself tells them: its amount is there in major and in minor units. */
function exponent_of({ amount, amount_minor }) {
	const fits = (exponent) => Math.round(amount * 10 ** exponent) === cint(amount_minor);
	return EXPONENTS.find(fits) ?? 2;
}
