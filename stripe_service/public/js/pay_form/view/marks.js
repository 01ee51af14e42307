/** Small drawings: the card brands as payers know them from the checkout, a bank, and the result's sign. */

import { brand_name } from "../messages.js";
import { svg } from "./dom.js";

const TEXT = {
	"text-anchor": "middle",
	"font-family": "Arial, Helvetica, sans-serif",
	"font-weight": "700",
};

function word(text, x, y, size, fill, more = {}) {
	const node = svg("text", { ...TEXT, x, y, "font-size": size, fill, ...more });
	node.textContent = text;
	return node;
}

function circle(cx, fill, opacity = 1) {
	return svg("circle", { cx, cy: 12, r: 6.5, fill, "fill-opacity": opacity });
}

const DRAWINGS = {
	visa: () => [word("VISA", 18, 16.5, 12, "#1a1f71", { "font-style": "italic" })],
	mastercard: () => [circle(14, "#eb001b"), circle(22, "#f79e1b", 0.88)],
	amex: () => [
		svg("rect", { width: 36, height: 24, rx: 4, fill: "#016fd0" }),
		word("AMEX", 18, 16, 10, "#ffffff"),
	],
	discover: () => [
		word("DISC", 12, 15.5, 8.5, "#231f20"),
		svg("circle", { cx: 27, cy: 12, r: 5.5, fill: "#f58220" }),
	],
	diners: () => [
		svg("circle", { cx: 18, cy: 12, r: 8.5, fill: "#0079be" }),
		svg("path", {
			d: "M16 6.2a6.2 6.2 0 0 0 0 11.6zM20 6.2v11.6a6.2 6.2 0 0 0 0-11.6z",
			fill: "#ffffff",
		}),
	],
	jcb: () => [
		svg("rect", { x: 5, y: 4, width: 8, height: 16, rx: 2.5, fill: "#0e4c96" }),
		svg("rect", { x: 14, y: 4, width: 8, height: 16, rx: 2.5, fill: "#d8001b" }),
		svg("rect", { x: 23, y: 4, width: 8, height: 16, rx: 2.5, fill: "#008b3a" }),
		word("J", 9, 15.5, 9, "#ffffff"),
		word("C", 18, 15.5, 9, "#ffffff"),
		word("B", 27, 15.5, 9, "#ffffff"),
	],
};

const ANY_CARD = () => [
	svg("rect", { x: 6, y: 5, width: 24, height: 14, rx: 2, fill: "none", stroke: "#7c7c7c" }),
	svg("rect", { x: 6, y: 8, width: 24, height: 3, fill: "#7c7c7c" }),
];

/** The brand's mark; named for a screen reader only where no text beside it does so (`labelled`). */
export function brand_mark(brand, { labelled = false } = {}) {
	const naming = labelled
		? { role: "img", "aria-label": brand_name(brand) }
		: { "aria-hidden": "true" };
	return svg(
		"svg",
		{ viewBox: "0 0 36 24", class: "stripe-pay-mark", ...naming },
		svg("rect", {
			x: 0.5,
			y: 0.5,
			width: 35,
			height: 23,
			rx: 4,
			fill: "#ffffff",
			stroke: "#d4d4d4",
		}),
		...(DRAWINGS[brand] || ANY_CARD)()
	);
}

export function bank_mark() {
	return svg(
		"svg",
		{ viewBox: "0 0 36 24", class: "stripe-pay-mark", "aria-hidden": "true" },
		svg("rect", {
			x: 0.5,
			y: 0.5,
			width: 35,
			height: 23,
			rx: 4,
			fill: "#ffffff",
			stroke: "#d4d4d4",
		}),
		svg("path", {
			d: "M18 4.5 9.5 9v1.2h17V9zM11 11.5v5M15.7 11.5v5M20.3 11.5v5M25 11.5v5M9.5 18.7h17",
			fill: "none",
			stroke: "#525252",
			"stroke-width": 1.4,
			"stroke-linejoin": "round",
		})
	);
}

const SIGNS = {
	done: "M7 12.5l3.3 3.3L17 9",
	waiting: "M12 7v5.2l3.2 2",
	stopped: "M12 7.2v5.6M12 16.2v.4",
};

export function sign(kind) {
	return svg(
		"svg",
		{
			viewBox: "0 0 24 24",
			class: `stripe-pay-sign stripe-pay-sign--${kind}`,
			"aria-hidden": "true",
		},
		svg("circle", { cx: 12, cy: 12, r: 11 }),
		svg("path", { d: SIGNS[kind] })
	);
}
