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
						"The keys were removed. Enter keys of the same Stripe account to use it again."
				  )
				: __(
						"Enter both API keys. You find them in the {0}, under Developers > API keys.",
						[
							`<a href="https://dashboard.stripe.com/apikeys" target="_blank" rel="noopener">${__(
								"Stripe Dashboard"
							)}</a>`,
						]
				  ),
			"blue"
		);
	} else if (!frm.doc.__onload?.bound_here) {
		frm.dashboard.set_headline_alert(not_confirmed(frm), "red");
	} else if (mode === "Test") {
		frm.dashboard.set_headline_alert(__("Test mode: no real money moves."), "orange");
	}
}

function not_confirmed(frm) {
	return __(
		"This account was connected by the site {0} at {1}. This site makes no calls to Stripe until you confirm it.",
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
	if (frm.doc.webhook_url) {
		// For an endpoint that is made by hand in the Stripe Dashboard.
		frm.add_custom_button(
			__("Copy Webhook URL"),
			() => frappe.utils.copy_to_clipboard(frm.doc.webhook_url),
			__("View")
		);
	}
	if (!frm.perm[0]?.write) {
		return;
	}
	if (!frm.doc.__onload?.bound_here) {
		frm.add_custom_button(__("Confirm This Site"), () => confirm_site(frm)).addClass(
			"btn-primary"
		);
	}
	const actions = [
		[__("Refresh Details"), () => call(frm, "refresh", __("Reading from Stripe"))],
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
	stripe_service.dialogs.confirm(
		`<p>${not_confirmed(frm)}</p><p>${__(
			"Confirm only if this site is the one that takes payments now. If the other site is still running, both would act on the same payments."
		)}</p>`,
		async () => {
			const state = await call(frm, "confirm_binding", __("Reading from Stripe"));
			if (state.message) {
				stripe_service.dialogs.message({ message: state.message, indicator: "orange" });
			}
		}
	);
}

function rotate(frm) {
	stripe_service.dialogs.confirm(
		__("The webhook gets a new secret. The old one is accepted for another 24 hours."),
		() => call(frm, "rotate_webhook_secret", __("Changing the secret"))
	);
}

function remove(frm) {
	const lines = [
		__(
			"The webhook endpoint at Stripe is deleted and the keys are forgotten. Customers and payments stay listed."
		),
		__(
			"Banks can return ACH payments for {0} days. This site will not learn of returns, disputes and refunds that happen after the removal.",
			[ACH_RETURN_DAYS]
		),
		__("You can enter keys of the same Stripe account again later."),
	];
	stripe_service.dialogs.warn(
		__("Remove {0}?", [frappe.utils.escape_html(frm.doc.name)]),
		lines.map((line) => `<p>${line}</p>`).join(""),
		async () => {
			const state = await call(frm, "remove_account", __("Removing the account"));
			stripe_service.dialogs.message({
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
		__("Permissions of the API key"),
		[__("Permission"), __("Needed"), __("Found")],
		rows.map((row) => [
			// Three columns, so that a phone shows what was found.
			`${frappe.utils.escape_html(
				row.resource
			)}<br><span class="text-muted">${frappe.utils.escape_html(row.purpose)}</span>`,
			__(row.access),
			`<span class="indicator ${colours[row.state]}">${__(row.state)}</span>`,
		]),
		__("The check only reads. Whether the key can also write shows when it is first used.")
	);
}

async function show_payouts(frm) {
	const answer = await frappe.xcall(`${CALLS}.payout_destinations`, { account: frm.doc.name });
	show_table(
		__("Where payouts went"),
		[__("Arrival"), __("Amount"), __("Status"), __("Bank account")],
		answer.payouts.map((payout) =>
			[payout.date, payout.amount, payout.status, payout.destination].map(
				frappe.utils.escape_html
			)
		),
		answer.message
	);
}

function show_table(title, head, rows, note) {
	const cells = (row, tag) => row.map((cell) => `<${tag}>${cell}</${tag}>`).join("");
	const table = rows.length
		? `<div style="overflow-x: auto" tabindex="0"><table class="table table-bordered"><thead><tr>${cells(
				head,
				"th"
		  )}</tr></thead>
			<tbody>${rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("")}</tbody></table></div>`
		: "";
	stripe_service.dialogs.message({
		title,
		message: `${table}<p class="text-muted">${frappe.utils.escape_html(note || "")}</p>`,
		wide: true,
	});
}
