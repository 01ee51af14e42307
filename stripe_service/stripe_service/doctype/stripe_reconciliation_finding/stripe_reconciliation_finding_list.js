frappe.listview_settings["Stripe Reconciliation Finding"] = {
	add_fields: ["status"],
	onload(listview) {
		if (frappe.model.can_write("Stripe Account")) {
			listview.page.add_inner_button(__("Reconcile Now"), () => ask_how_far(listview));
		}
	},
};

function ask_how_far(listview) {
	const dialog = frappe.prompt(
		[
			// First, because Frappe 16 opens the list of a Link field that has the cursor, over the button below.
			{
				fieldname: "days",
				fieldtype: "Int",
				label: __("Days Back"),
				default: 3,
				reqd: 1,
				description: __("At most 30"),
			},
			{
				fieldname: "account",
				fieldtype: "Link",
				options: "Stripe Account",
				label: __("Stripe Account"),
				description: __("Leave empty for all accounts"),
			},
		],
		(values) => reconcile(listview, values),
		__("Reconcile with Stripe"),
		__("Reconcile")
	);
	stripe_service.accessible(dialog);
}

function reconcile(listview, args) {
	return frappe
		.call({
			method: "stripe_service.api.reconcile.run",
			args,
			freeze: true,
			freeze_message: __("Comparing with Stripe"),
		})
		.then(({ message }) => {
			show_reports(message);
			listview.refresh();
		});
}

function show_reports(reports) {
	frappe.msgprint({
		title: __("Reconciled with Stripe"),
		message: reports.length
			? reports.map(as_html).join("")
			: __("No Stripe account is connected to this site."),
		wide: true,
	});
}

function as_html(report) {
	const facts = [
		[__("Payments read"), report.payments_read],
		[__("Compared at Stripe"), report.compared_at_stripe],
		[__("Missed events fetched"), report.events_fetched],
	];
	const lists = [
		[__("Corrected"), report.changed],
		[__("Needs a decision"), report.findings],
		[__("Failed"), report.failed],
		[__("Stopped early"), report.stopped ? [report.stopped] : []],
	];
	const escape = frappe.utils.escape_html;
	return `<h5>${escape(report.account)}</h5>
		<p>${facts.map(([label, count]) => `${label}: ${cint(count)}`).join(" · ")}</p>
		${lists.map(([label, lines]) => list_of(label, lines.map(escape))).join("")}`;
}

function list_of(label, lines) {
	if (!lines.length) return "";
	return `<p><b>${label}</b></p><ul>${lines.map((line) => `<li>${line}</li>`).join("")}</ul>`;
}
