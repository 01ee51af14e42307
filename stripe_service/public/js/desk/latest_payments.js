// The latest payments of the Stripe workspace, with what each was about and how much: Frappe's quick lists show a title alone.

import { amount_in_words } from "./decimals";
import { legible_pill } from "./pills";

const DOCTYPE = "Invoice Payment";
const SHOWN = 5;
// Those of the list of payments; gray for the others.
const COLOURS = {
	"Action Required": "orange",
	Processing: "blue",
	Succeeded: "green",
	Failed: "red",
	"Partly Refunded": "yellow",
	Refunded: "yellow",
	Disputed: "red",
	"Dispute Lost": "red",
};

export async function show_latest_payments(place) {
	if (!frappe.model.can_read(DOCTYPE)) return;
	const rows = await frappe.db.get_list(DOCTYPE, {
		fields: ["name", "status", "amount", "currency", "reference_title", "creation"],
		order_by: "creation desc",
		limit: SHOWN,
	});
	const list = rows.map(row_html).join("");
	place.innerHTML = `<section style="padding: 0 var(--padding-sm)">
		<h3 style="font-size: var(--text-base); font-weight: 500; margin: 0 0 var(--margin-sm)">${__(
			"Latest Payments"
		)}</h3>
		${list || `<p class="text-muted">${__("Nothing has been paid here yet.")}</p>`}
		<p><a href="${frappe.utils.generate_route({ type: "DocType", name: DOCTYPE })}">${__(
		"View List"
	)}</a></p>
	</section>`;
}

function row_html(row) {
	const amount = amount_in_words(row.amount, row.currency);
	const colour = COLOURS[row.status] || "gray";
	return `<div class="flex" style="gap: 8px; justify-content: space-between; margin-bottom: var(--margin-sm)">
		<div style="min-width: 0">
			<a href="${frappe.utils.get_form_link(DOCTYPE, row.name)}">${escape(amount)}</a>
			<div class="text-muted small ellipsis">${escape(row.reference_title || row.name)} · ${escape(
		frappe.datetime.prettyDate(row.creation)
	)}</div>
		</div>
		<span class="indicator-pill ${colour}" style="flex: none; align-self: start; ${legible_pill(
		colour
	)}">${escape(__(row.status))}</span>
	</div>`;
}

function escape(value) {
	return frappe.utils.escape_html(String(value));
}
