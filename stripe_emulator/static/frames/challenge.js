/** The bank's 3-D Secure page, as Stripe's test mode shows it: complete the authentication, or fail it. */

import { el, open_line } from "./line.js";

const { init, tell } = await open_line({});

async function answer(outcome) {
	for (const button of document.querySelectorAll("button")) button.disabled = true;
	const body = new URLSearchParams({ client_secret: init.clientSecret, outcome });
	await fetch(`/emulator/3ds/${init.id}`, { method: "POST", body }).catch(() => null);
	tell("done", outcome);
}

const complete = el(
	"button",
	{
		class: "main",
		type: "button",
		id: "test-source-authorize-3ds",
		onclick: () => answer("complete"),
	},
	"Complete"
);
document
	.getElementById("sheet")
	.append(
		el("h1", {}, "3D Secure 2 Test Page"),
		el(
			"p",
			{},
			"Your bank asks whether this payment is yours. This page stands in for the bank's: complete or fail the authentication."
		),
		el(
			"div",
			{ class: "row" },
			el(
				"button",
				{ type: "button", id: "test-source-fail-3ds", onclick: () => answer("fail") },
				"Fail"
			),
			complete
		)
	);
document.addEventListener("keydown", (event) => {
	if (event.key === "Escape") answer("fail");
});
complete.focus();
