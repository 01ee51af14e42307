frappe.ui.form.on("Stripe Refund", {
	refresh(frm) {
		frm.disable_save();
		stripe_service.show_decimals(frm, frm.doc.currency, ["amount"]);
		show_reason(frm);
		if (!frm.doc.livemode) {
			frm.set_intro(__("Test mode: no real money moves."), "orange");
		}
		if (frm.doc.failure_message) {
			frm.dashboard.add_comment(
				frappe.utils.escape_html(frm.doc.failure_message),
				"red",
				true
			);
		}
		if (frm.doc.__onload?.may_be_tried_again && frappe.model.can_write("Invoice Payment")) {
			frm.add_custom_button(__("Try Again"), () => try_again(frm));
		}
	},
});

/** Kept in Stripe's word for it. */
function show_reason(frm) {
	frappe.require("stripe_desk.bundle.js", () => {
		const words = stripe_service.refund_reasons();
		frm.set_df_property(
			"reason",
			"formatter",
			(reason) => words.find(({ value }) => value === reason)?.label || reason || ""
		);
	});
}

function try_again(frm) {
	const { amount, currency } = frm.doc;
	const in_words = stripe_service.amount_in_words(amount, currency);
	stripe_service.dialogs.confirm(__("Refund {0} once more?", [in_words]), () => send_again(frm));
}

function send_again(frm) {
	return frappe
		.call({
			method: "stripe_service.api.refund.try_again",
			args: { refund: frm.doc.name },
			freeze: true,
			freeze_message: __("Refunding"),
		})
		.then(({ message }) => {
			if (!message) return;
			frappe.show_alert({
				message: frappe.utils.escape_html(message.message),
				indicator: "blue",
			});
			if (message.refund === frm.doc.name) {
				frm.reload_doc();
			} else {
				frappe.set_route("Form", "Stripe Refund", message.refund);
			}
		});
}
