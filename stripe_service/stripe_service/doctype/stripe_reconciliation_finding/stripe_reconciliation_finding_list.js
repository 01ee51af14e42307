frappe.listview_settings["Stripe Reconciliation Finding"] = {
	add_fields: ["status", "amount", "currency", "kind", "found_at"],
	hide_name_column: true,

	onload(listview) {
		stripe_service.set_up_list(listview, ["amount", "kind", "found_at"]);
		if (frappe.model.can_write("Stripe Account")) {
			listview.page.add_inner_button(__("Reconcile Now"), () => ask_how_far(listview));
		}
	},
};

function ask_how_far(listview) {
	stripe_service.dialogs.prompt(
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
}

const ASK_AGAIN_MS = 2000;

/** A job: it may take minutes. The page goes on meanwhile, and asks until the job is over. */
function reconcile(listview, { account, days }) {
	const args = { account: account || "", days };
	return frappe
		.xcall("stripe_service.api.reconcile.run", args)
		.then(() => {
			frappe.show_alert({
				message: __("Comparing with Stripe. You can keep working; a report follows."),
				indicator: "blue",
			});
			show_running(listview, true);
			return until_over(args);
		})
		.then((outcome) => {
			if (outcome.state === "Done") show_reports(outcome.reports);
			else show_failure();
		})
		.finally(() => {
			show_running(listview, false);
			listview.refresh();
		});
}

async function until_over(args) {
	for (;;) {
		await next_moment();
		const outcome = await frappe.xcall("stripe_service.api.reconcile.outcome", args);
		if (outcome.state !== "Queued") return outcome;
	}
}

/** After a while, or as soon as the server says that a job is over, where realtime is to be had. */
function next_moment() {
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer);
			frappe.realtime.off("stripe_reconciled", done);
			resolve();
		};
		const timer = setTimeout(done, ASK_AGAIN_MS);
		frappe.realtime.on("stripe_reconciled", done);
	});
}

function show_running(listview, running) {
	if (running) listview.page.set_indicator(__("Comparing with Stripe"), "blue");
	else listview.page.clear_indicator();
}

function show_failure() {
	stripe_service.dialogs.message({
		title: __("Not Reconciled"),
		indicator: "red",
		message: __(
			"The comparison was not finished. See the Error Log, and try again; the scheduler compares every day by itself."
		),
	});
}

function show_reports(reports) {
	stripe_service.dialogs.message({
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
