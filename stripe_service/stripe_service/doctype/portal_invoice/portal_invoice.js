// Pay and Reprocess are added as on every payable document (stripe_service.bundle.js).
frappe.ui.form.on("Portal Invoice", {
	refresh: show_decimals,

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
