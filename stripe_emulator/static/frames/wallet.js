/** A wallet's sheet with test cards in it, as Google Pay's test environment has them: pick one, or close it. */

import { el, open_line } from "./line.js";

const CARDS = [
	["VISA •••• 4242", "4242424242424242"],
	["MasterCard •••• 4444", "5555555555554444"],
	["UnionPay •••• 0005", "6200000000000005"],
	["VISA •••• 9995 (declined)", "4000000000009995"],
];

// Milliseconds: a sheet slides out before the page hears of it.
const SLIDES_OUT_IN = 100;

const { init, tell } = await open_line({});
const answer = (card) => setTimeout(() => tell("done", card), SLIDES_OUT_IN);

const choices = CARDS.map(([label, number]) =>
	el("button", { type: "button", onclick: () => answer({ number }) }, label)
);
document
	.getElementById("sheet")
	.append(
		el("h1", {}, init.wallet),
		el(
			"p",
			{},
			`Pay ${
				init.amount
			} ${init.currency.toUpperCase()} (minor units) with a test card. This page stands in for the wallet's own.`
		),
		el("div", { class: "choices" }, ...choices),
		el(
			"div",
			{ class: "row" },
			el("button", { type: "button", onclick: () => answer(null) }, "Cancel")
		)
	);
document.addEventListener("keydown", (event) => {
	if (event.key === "Escape") answer(null);
});
choices[0].focus();
