/** Financial Connections with test institutions, as Stripe's test mode offers them. */

import { el, open_line, post } from "./line.js";

const ACCOUNTS = [
	["Success", "000123456789"],
	["Insufficient funds (debits fail)", "000222222227"],
	["Closed account (debits fail)", "000111111113"],
	["Debit not authorized (debits fail)", "000333333335"],
	["Disputed after it succeeded", "000555555559"],
	["Stays processing", "000000000009"],
];

const { init, tell } = await open_line({});
const sheet = document.getElementById("sheet");

function show(...children) {
	sheet.replaceChildren(...children);
	sheet.querySelector("button")?.focus();
}

function close(linked) {
	tell("done", linked);
}

function consent(institution) {
	show(
		el("h1", {}, `${init.business || "The seller"} works with Stripe to link your account`),
		el(
			"p",
			{},
			"Stripe will see the account's number, balance and owner. This page stands in for Stripe Financial Connections."
		),
		el(
			"div",
			{ class: "row" },
			el("button", { type: "button", onclick: () => close(null) }, "Cancel"),
			el(
				"button",
				{ type: "button", class: "main", onclick: () => sign_in(institution) },
				"Agree and continue"
			)
		)
	);
}

function sign_in(institution) {
	if (institution === "Down Bank (Unscheduled)") return down(institution);
	show(
		el("h1", {}, institution),
		el("p", {}, "Choose the account to link."),
		el(
			"div",
			{ class: "choices" },
			...ACCOUNTS.map(([label, number]) =>
				el(
					"button",
					{ type: "button", onclick: () => link(institution, number) },
					`${label} •••• ${number.slice(-4)}`
				)
			)
		),
		el(
			"div",
			{ class: "row" },
			el("button", { type: "button", onclick: () => close(null) }, "Cancel")
		)
	);
}

function down(institution) {
	show(
		el("h1", {}, `${institution} is not available`),
		el(
			"p",
			{},
			"The bank does not answer. Try another one, or enter the account's details by hand."
		),
		el(
			"div",
			{ class: "row" },
			el(
				"button",
				{ type: "button", class: "main", onclick: () => close({ manual: true }) },
				"Enter details manually"
			),
			el("button", { type: "button", onclick: () => close(null) }, "Cancel")
		)
	);
}

async function link(institution, account_number) {
	const { answer, error } = await post(
		"/v1/financial_connections/accounts",
		{ institution, account_number },
		init.key
	);
	if (error) return failed(institution, error.message);
	close({
		institution,
		last4: answer.last4,
		us_bank_account: {
			financial_connections_account: answer.id,
			account_holder_type: "individual",
		},
	});
}

function failed(institution, message) {
	show(
		el("h1", {}, "The account could not be linked"),
		el("p", {}, message),
		el(
			"div",
			{ class: "row" },
			el("button", { type: "button", onclick: () => sign_in(institution) }, "Back")
		)
	);
}

document.addEventListener("keydown", (event) => {
	if (event.key === "Escape") close(null);
});
consent(init.institution || "Test Institution");
