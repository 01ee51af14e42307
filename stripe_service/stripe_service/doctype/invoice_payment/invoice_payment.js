frappe.ui.form.on("Invoice Payment", {
	refresh(frm) {
		frm.disable_save();
		show_decimals(frm);
		show_method(frm);
		show_state(frm);
		hide_internals(frm);
		add_links(frm);
		if (frappe.perm.has_perm("Invoice Payment", 0, "write", frm.doc)) {
			add_actions(frm);
		}
	},
});

const OPEN = ["Started", "Action Required", "Processing"];

function show_decimals(frm) {
	const amounts = [
		"amount",
		"received_amount",
		"refunded_amount",
		"disputed_amount",
		"unallocated_amount",
	];
	stripe_service.show_decimals(frm, frm.doc.currency, amounts);
	stripe_service.show_decimals(frm, frm.doc.fee_currency, ["stripe_fee", "net_amount"]);
}

/** Stripe's own words for it are in the field. */
function show_method(frm) {
	const words = { card: __("Card"), us_bank_account: __("Bank account (ACH)") };
	frm.set_df_property("method_type", "formatter", (method) => words[method] || "");
	frappe.require("stripe_desk.bundle.js", () =>
		frm.set_df_property(
			"brand",
			"formatter",
			(brand) => brand && stripe_service.brand_name(brand)
		)
	);
}

function show_state(frm) {
	if (!frm.doc.livemode) {
		frm.set_intro(__("Test mode: no real money moves."), "orange");
	}
	if (frm.doc.attention) {
		frm.dashboard.add_comment(frappe.utils.escape_html(frm.doc.attention), "red", true);
	}
	if (frm.doc.after_payment_status === "Failed") {
		frm.dashboard.add_comment(
			__(
				"The money is recorded, but the steps after the payment failed. See the section After the payment."
			),
			"red",
			true
		);
	}
}

/** What the app counts and works by says nothing to payers. */
function hide_internals(frm) {
	const reads_account = frappe.perm.has_perm("Invoice Payment", 1, "read", frm.doc);
	frm.toggle_display(["minor_section", "after_payment_status"], reads_account);
}

function add_links(frm) {
	const { reference_doctype, reference_name, document_count } = frm.doc;
	// A payer holds no right to the field itself.
	const receipt_url = frm.doc.receipt_url || frm.doc.__onload?.own?.receipt_url;
	// Several are in the table, each with its link.
	if (cint(document_count) <= 1 && frappe.model.can_read(reference_doctype)) {
		frm.add_custom_button(__("Paid Document"), () =>
			frappe.set_route("Form", reference_doctype, reference_name)
		);
	}
	if (/^https?:/.test(receipt_url || "")) {
		frm.add_custom_button(__("Receipt"), () => window.open(receipt_url, "_blank", "noopener"));
	}
}

function add_actions(frm) {
	// Only whether the button is there: the server counts what is left, refunds under way included (payments/refund.py).
	// In minor units: 1.02 - 0.2 - 0.82 is more than 0 in a browser.
	const { received_minor, refunded_minor, disputed_minor } = frm.doc;
	const left_minor = cint(received_minor) - cint(refunded_minor) - cint(disputed_minor);
	if (left_minor > 0 && !frm.doc.dispute_blocks_refund) {
		frm.add_custom_button(__("Refund"), () => refund(frm), __("Actions"));
	}
	if (OPEN.includes(frm.doc.status)) {
		frm.add_custom_button(__("Cancel Payment"), () => ask_cancel(frm), __("Actions"));
	}
	if (frm.doc.payment_intent_id) {
		frm.add_custom_button(__("Read from Stripe"), () => read(frm), __("Actions"));
	}
	if (["Failed", "Pending"].includes(frm.doc.after_payment_status)) {
		frm.add_custom_button(__("Run After-Payment Again"), () => run_again(frm), __("Actions"));
	}
}

function refund(frm) {
	frappe.require("stripe_desk.bundle.js", () => stripe_service.refund(frm));
}

function read(frm) {
	return call(frm, "read_from_stripe", __("Reading from Stripe"), ({ status }) =>
		__("Read from Stripe: {0}.", [__(status)])
	);
}

function ask_cancel(frm) {
	stripe_service.dialogs.confirm(__("Cancel this payment at Stripe and free its amount?"), () =>
		call(frm, "cancel_payment", __("Cancelling"), ({ status }) =>
			status === "Cancelled"
				? __("The payment is cancelled, and its amount is free again.")
				: __("The payment could not be cancelled: {0}.", [__(status)])
		)
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

/** `say(answer)` is what to tell: the server's own message is for the payer. */
function call(frm, method, freeze_message, say) {
	return frappe
		.call({
			method: `stripe_service.api.refund.${method}`,
			args: { payment: frm.doc.name },
			freeze: true,
			freeze_message,
		})
		.then(({ message }) => {
			if (message) frappe.show_alert({ message: say(message), indicator: "blue" });
			frm.reload_doc();
		});
}
