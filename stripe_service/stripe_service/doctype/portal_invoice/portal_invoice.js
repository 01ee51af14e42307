// Pay and Reprocess are added as on every payable document (stripe_service.bundle.js).
frappe.ui.form.on("Portal Invoice", {
	refresh(frm) {
		show_decimals(frm);
		add_adjustments(frm);
	},

	currency(frm) {
		show_decimals(frm);
		(frm.doc.items || []).forEach((item) =>
			frappe.model.set_value(item.doctype, item.name, "currency", frm.doc.currency)
		);
		show_total(frm);
	},

	items_remove: show_total,
});

frappe.ui.form.on("Portal Invoice Item", {
	items_add(frm, cdt, cdn) {
		frappe.model.set_value(cdt, cdn, "currency", frm.doc.currency);
	},
	quantity: show_amount,
	rate: show_amount,
	items_remove: show_total,
});

function show_decimals(frm) {
	const amounts = ["total", "paid_amount", "reserved_amount", "outstanding_amount"];
	stripe_service.show_decimals(frm, frm.doc.currency, amounts, { items: ["rate", "amount"] });
}

// A preview: the server computes the same again, exactly, when the invoice is saved.
function show_amount(frm, cdt, cdn) {
	const item = locals[cdt][cdn];
	frappe.model.set_value(
		cdt,
		cdn,
		"amount",
		flt(flt(item.quantity) * flt(item.rate), precision("amount", item))
	);
	show_total(frm);
}

function show_total(frm) {
	const total = (frm.doc.items || []).reduce((sum, item) => sum + flt(item.amount), 0);
	frm.set_value("total", flt(total, precision("total", frm.doc)));
}

/** Payments that came otherwise, and rests that nobody will pay: for those with the right to create Payment Adjustments. */
function add_adjustments(frm) {
	const owing = !frm.is_new() && flt(frm.doc.outstanding_amount) > 0;
	if (!owing || !frappe.boot.user.in_create.includes("Payment Adjustment")) return;
	frm.add_custom_button(__("Record a Payment"), () => ask_payment(frm), __("Payment"));
	frm.add_custom_button(__("Write Off Rest"), () => ask_reason(frm), __("Payment"));
}

function ask_payment(frm) {
	const fields = [
		{
			fieldname: "amount",
			fieldtype: "Data",
			label: __("Amount in {0}", [frm.doc.currency]),
			description: __("Still outstanding: {0}", [outstanding(frm)]),
			reqd: 1,
		},
		{
			fieldname: "means",
			fieldtype: "Select",
			label: __("Paid By"),
			options: ["Bank Transfer", "Cheque", "Cash", "Other"],
			default: "Bank Transfer",
			reqd: 1,
		},
		{ fieldname: "reference_no", fieldtype: "Data", label: __("Reference Number") },
		{
			fieldname: "received_on",
			fieldtype: "Date",
			label: __("Received On"),
			default: frappe.datetime.get_today(),
		},
		{ fieldname: "note", fieldtype: "Small Text", label: __("Note") },
		// One for each opening of the dialog: pressed again after a lost answer, it is the same payment.
		{
			fieldname: "request_id",
			fieldtype: "Data",
			hidden: 1,
			default: frappe.utils.get_random(20),
		},
	];
	ask(frm, fields, "record_payment", __("Record a Payment"), __("Record"));
}

function ask_reason(frm) {
	const description = __("{0} is written off: nobody has to pay it any more.", [
		outstanding(frm),
	]);
	const reason = {
		fieldname: "reason",
		fieldtype: "Small Text",
		label: __("Reason"),
		reqd: 1,
		description,
	};
	ask(frm, [reason], "write_off", __("Write Off Rest"), __("Write Off"));
}

/** The dialog stays open, with what was typed, until the server has taken it. */
function ask(frm, fields, method, title, label) {
	const dialog = new frappe.ui.Dialog({
		title,
		fields,
		primary_action_label: label,
		primary_action: (values) => {
			dialog.disable_primary_action();
			frappe
				.xcall(`stripe_service.api.payables.${method}`, {
					doctype: frm.doctype,
					name: frm.doc.name,
					...values,
				})
				.then(() => {
					dialog.hide();
					return frm.reload_doc();
				})
				.finally(() => dialog.enable_primary_action());
		},
	});
	stripe_service.accessible(dialog, document.activeElement);
	dialog.show();
}

function outstanding(frm) {
	const { outstanding_amount, currency } = frm.doc;
	return stripe_service.amount_in_words(outstanding_amount, currency);
}
