frappe.ui.form.on("Invoice Payment", {
	refresh(frm) {
		frm.disable_save();
		show_state(frm);
		add_links(frm);
		if (frappe.perm.has_perm("Invoice Payment", 0, "write", frm.doc)) {
			add_actions(frm);
		}
	},
});

const OPEN = ["Started", "Action Required", "Processing"];

function show_state(frm) {
	if (!frm.doc.livemode) {
		frm.set_intro(__("Test mode: no real money moves."), "orange");
	}
	const own = frm.doc.__onload?.own?.method_label;
	if (own && !frm.doc.method_label) {
		frm.dashboard.add_comment(
			__("You paid with {0}.", [frappe.utils.escape_html(own)]),
			"blue",
			true
		);
	}
	if (frm.doc.attention) {
		frm.dashboard.add_comment(frappe.utils.escape_html(frm.doc.attention), "red", true);
	}
	if (frm.doc.after_payment_status === "Failed") {
		frm.dashboard.add_comment(
			__("The money is recorded, but what follows a payment failed. See After the payment."),
			"red",
			true
		);
	}
}

function add_links(frm) {
	frm.add_custom_button(__("Paid Document"), () =>
		frappe.set_route("Form", frm.doc.reference_doctype, frm.doc.reference_name)
	);
	const receipt_url = frm.doc.receipt_url || frm.doc.__onload?.own?.receipt_url;
	if (receipt_url) {
		frm.add_custom_button(__("Receipt"), () =>
			window.open(receipt_url, "_blank", "noopener")
		);
	}
}

function add_actions(frm) {
	if (["Succeeded", "Partly Refunded"].includes(frm.doc.status)) {
		frm.add_custom_button(__("Refund"), () => ask_refund(frm), __("Actions"));
	}
	if (OPEN.includes(frm.doc.status)) {
		frm.add_custom_button(__("Cancel Payment"), () => ask_cancel(frm), __("Actions"));
	}
	if (frm.doc.payment_intent_id) {
		frm.add_custom_button(
			__("Read from Stripe"),
			() => call(frm, "read_from_stripe", {}, __("Reading from Stripe")),
			__("Actions")
		);
	}
	if (["Failed", "Pending"].includes(frm.doc.after_payment_status)) {
		frm.add_custom_button(__("Run After-Payment Again"), () => run_again(frm), __("Actions"));
	}
}

function ask_refund(frm) {
	const left = frm.doc.received_amount - frm.doc.refunded_amount - frm.doc.disputed_amount;
	frappe.prompt(
		[
			{
				fieldname: "amount",
				fieldtype: "Data",
				label: __("Amount in {0}", [frm.doc.currency]),
				default: String(left),
				reqd: 1,
				description: __("Up to {0}. The document becomes due again by this amount.", [
					format_currency(left, frm.doc.currency),
				]),
			},
			{
				fieldname: "reason",
				fieldtype: "Select",
				label: __("Reason"),
				options: [
					{ value: "requested_by_customer", label: __("Requested by the payer") },
					{ value: "duplicate", label: __("Paid twice") },
					{ value: "fraudulent", label: __("Fraudulent") },
				],
				default: "requested_by_customer",
			},
		],
		(values) => call(frm, "refund_payment", values, __("Refunding")),
		__("Refund {0}", [frm.doc.name]),
		__("Refund")
	);
}

function ask_cancel(frm) {
	frappe.confirm(__("Cancel this payment at Stripe and free its amount?"), () =>
		call(frm, "cancel_payment", {}, __("Cancelling"))
	);
}

function run_again(frm) {
	frappe
		.call({
			method: "stripe_service.api.after_payment.run_again",
			args: { payment: frm.doc.name },
			freeze: true,
		})
		.then(() => frm.reload_doc());
}

function call(frm, method, args, freeze_message) {
	return frappe
		.call({
			method: `stripe_service.api.refund.${method}`,
			args: { payment: frm.doc.name, ...args },
			freeze: true,
			freeze_message,
		})
		.then((r) => {
			if (r.message) {
				frappe.show_alert({
					message: frappe.utils.escape_html(r.message.message),
					indicator: "blue",
				});
			}
			frm.reload_doc();
		});
}
