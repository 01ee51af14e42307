const CALLS = "stripe_service.api.account";
// Days for which a bank may still return an ACH debit.
const ACH_RETURN_DAYS = 60;

frappe.ui.form.on("Stripe Account", {
	refresh(frm) {
		show_headline(frm);
		add_actions(frm);
	},

	after_save(frm) {
		// The job that registers the webhook may be waiting for a worker; who is looking need not wait for it.
		if (frm.doc.status === "Connected" && frm.doc.webhook_status === "Not Registered") {
			return call(frm, "register_webhook", __("Registering the webhook at Stripe"));
		}
	},
});

function show_headline(frm) {
	const { status, mode } = frm.doc;
	if (frm.is_new() || status !== "Connected") {
		frm.dashboard.set_headline_alert(
			status === "Removed"
				? __(
						"The keys were removed. Enter keys of the same Stripe account to go on with it."
				  )
				: __(
						"Enter both API keys. They stand under Developers > API keys in the Stripe Dashboard."
				  ),
			"blue"
		);
	} else if (!frm.doc.__onload?.bound_here) {
		frm.dashboard.set_headline_alert(not_confirmed(frm), "red");
	} else if (mode === "Test") {
		frm.dashboard.set_headline_alert(
			__("Test mode: payments to this account are test payments. No money moves."),
			"orange"
		);
	}
}

function not_confirmed(frm) {
	return __(
		"This account was connected by the site {0} at {1}. Nothing is asked of Stripe from here until you confirm this site.",
		[
			frappe.utils.escape_html(frm.doc.bound_site),
			frappe.utils.escape_html(frm.doc.bound_host),
		]
	);
}

function add_actions(frm) {
	if (frm.is_new() || frm.doc.status !== "Connected") {
		return;
	}
	frm.add_custom_button(__("Where Payouts Went"), () => show_payouts(frm), __("View"));
	if (!frm.perm[0]?.write) {
		return;
	}
	if (!frm.doc.__onload?.bound_here) {
		frm.add_custom_button(__("Confirm This Site"), () => confirm_site(frm)).addClass(
			"btn-primary"
		);
	}
	const actions = [
		[__("Refresh Details"), () => call(frm, "refresh", __("Asking Stripe"))],
		[
			__("Register Webhook"),
			() => call(frm, "register_webhook", __("Registering the webhook at Stripe")),
		],
		[__("Rotate Webhook Secret"), () => rotate(frm)],
		[__("Check the Key's Permissions"), () => show_key_report(frm)],
		[__("Remove"), () => remove(frm)],
	];
	for (const [label, action] of actions) {
		frm.add_custom_button(label, action, __("Actions"));
	}
}

async function call(frm, method, message) {
	frappe.dom.freeze(message);
	try {
		const state = await frappe.xcall(`${CALLS}.${method}`, { account: frm.doc.name });
		await frm.reload_doc();
		return state;
	} finally {
		frappe.dom.unfreeze();
	}
}

function confirm_site(frm) {
	frappe.confirm(
		`<p>${not_confirmed(frm)}</p><p>${__(
			"Confirm only if this site is the one that takes the payments now. If the other site is still running, both would act on the same payments."
		)}</p>`,
		async () => {
			const state = await call(frm, "confirm_binding", __("Asking Stripe"));
			if (state.message) {
				frappe.msgprint({ message: state.message, indicator: "orange" });
			}
		}
	);
}

function rotate(frm) {
	frappe.confirm(
		__("The webhook gets a new secret. The old one is accepted for another 24 hours."),
		() => call(frm, "rotate_webhook_secret", __("Asking Stripe"))
	);
}

function remove(frm) {
	const lines = [
		__(
			"The webhook endpoint at Stripe is deleted and the keys are forgotten. Customers and payments stay listed."
		),
		__(
			"Banks may return ACH payments for {0} days. Returns, disputes and refunds that happen after this will not be heard of here.",
			[ACH_RETURN_DAYS]
		),
		__("Afterwards keys of the same Stripe account can be entered again."),
	];
	frappe.warn(
		__("Remove {0}?", [frappe.utils.escape_html(frm.doc.name)]),
		lines.map((line) => `<p>${line}</p>`).join(""),
		async () => {
			const state = await call(frm, "remove_account", __("Removing the account"));
			frappe.msgprint({
				title: __("Account removed"),
				message:
					state.message ||
					__("The keys are forgotten and the webhook endpoint is deleted."),
				indicator: state.message ? "orange" : "green",
			});
		},
		__("Remove")
	);
}

async function show_key_report(frm) {
	const rows = await frappe.xcall(`${CALLS}.key_report`, { account: frm.doc.name });
	const colours = { Readable: "green", Missing: "red", Unknown: "orange" };
	show_table(
		__("What the key may do"),
		[__("Permission"), __("Needed"), __("For"), __("Found")],
		rows.map((row) => [
			frappe.utils.escape_html(row.resource),
			__(row.access),
			frappe.utils.escape_html(row.purpose),
			`<span class="indicator ${colours[row.state]}">${__(row.state)}</span>`,
		]),
		__("Found out by reading only: whether the key may also write shows when it is used.")
	);
}

async function show_payouts(frm) {
	const answer = await frappe.xcall(`${CALLS}.payout_destinations`, { account: frm.doc.name });
	show_table(
		__("Where payouts went"),
		[__("Arrival"), __("Amount"), __("Status"), __("Bank account")],
		answer.payouts.map((payout) =>
			[payout.date, payout.amount, __(payout.status), payout.destination].map(
				frappe.utils.escape_html
			)
		),
		answer.message
	);
}

function show_table(title, head, rows, note) {
	const cells = (row, tag) => row.map((cell) => `<${tag}>${cell}</${tag}>`).join("");
	const table = rows.length
		? `<table class="table table-bordered"><thead><tr>${cells(head, "th")}</tr></thead>
			<tbody>${rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("")}</tbody></table>`
		: "";
	frappe.msgprint({
		title,
		message: `${table}<p class="text-muted">${frappe.utils.escape_html(note || "")}</p>`,
		wide: true,
	});
}
