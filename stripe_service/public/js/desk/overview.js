// The head of the Stripe workspace: the accounts, as far as the user may read them.

import { LEGIBLE, legible_pill } from "./pills";
import { test_mode_banner } from "./test_mode";

export async function show_overview(place) {
	const overview = await frappe.xcall("stripe_service.api.account.overview");
	place.innerHTML = [
		overview.test_mode ? test_mode_banner() : "",
		loading_error(overview.loading_error),
		...overview.accounts.map(account_html),
	].join("");
}

function loading_error(error) {
	if (!error) {
		return "";
	}
	const link = error.link
		? `<a href="${escape(error.link)}">${__("Open Stripe Account")}</a>`
		: "";
	return `<div class="alert alert-danger" role="alert" style="${LEGIBLE}">${escape(
		error.message
	)} ${link}</div>`;
}

function account_html(account) {
	const link = frappe.utils.get_form_link("Stripe Account", account.name);
	const facts = facts_of(account)
		.map(
			([
				label,
				value,
			]) => `<div class="col-6 col-md-3" style="margin-bottom: var(--margin-sm); overflow-wrap: anywhere">
				<div class="text-muted small">${label}</div><div>${value}</div>
			</div>`
		)
		.join("");
	return `<section class="frappe-card" style="padding: var(--padding-md); margin-bottom: var(--margin-md)">
		<div class="flex" style="flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: var(--margin-sm)">
			<a style="flex: 0 1 auto; min-width: 0; max-width: 100%; overflow-wrap: anywhere; font-size: var(--text-lg); font-weight: 600" href="${link}">${escape(
		account.business_name || account.name
	)}</a>
			<span class="flex" style="flex-wrap: wrap; gap: 8px">
				${pill(account.status, account.status === "Connected" ? "green" : "gray")}
				${account.mode ? pill(account.mode, account.mode === "Live" ? "blue" : "orange") : ""}
				${account.bound_here ? "" : pill(__("Not confirmed on this site"), "red")}
			</span>
		</div>
		${problem(account)}
		<div class="row">${facts}</div>
	</section>`;
}

// What Stripe refuses for the account's own sake, one line for each.
function problem(account) {
	if (!account.problem) {
		return "";
	}
	const lines = account.problem.split("\n").map((line) => `<div>${escape(line)}</div>`);
	return `<div class="alert alert-warning" role="alert" style="overflow-wrap: anywhere; ${LEGIBLE}">${lines.join(
		""
	)}</div>`;
}

function facts_of(account) {
	const from_stripe = account.details_source === "Stripe";
	return [
		[__("Account"), text(account.stripe_account_id)],
		[__("E-mail"), text(account.email)],
		[__("Country"), text(account.country)],
		[__("Currency"), text(account.default_currency)],
		[__("Payments"), from_stripe ? yes_or_no(account.charges_enabled) : text("")],
		[__("Payouts"), from_stripe ? yes_or_no(account.payouts_enabled) : text("")],
		[__("ACH"), yes_or_no(account.ach_available, account.ach_reason)],
		[
			__("Webhook"),
			pill(
				account.webhook_status,
				account.webhook_status === "Not Registered" ? "orange" : "green"
			),
		],
	];
}

function yes_or_no(value, reason) {
	return value ? pill(__("Enabled"), "green") : pill(__("Not enabled"), "gray", reason);
}

function pill(label, colour, title) {
	return `<span class="indicator-pill ${colour}" style="flex: none; ${legible_pill(
		colour
	)}" title="${escape(title || "")}">${escape(__(label))}</span>`;
}

function text(value) {
	return value ? escape(value) : `<span class="text-muted">–</span>`;
}

function escape(value) {
	return frappe.utils.escape_html(String(value));
}
