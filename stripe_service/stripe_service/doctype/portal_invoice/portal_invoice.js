// The Pay button is added by the pay form, as on every payable DocType.
frappe.ui.form.on("Portal Invoice", {
	refresh(frm) {
		stripe_service.work_items?.add_reprocess(frm);
	},

	currency(frm) {
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
