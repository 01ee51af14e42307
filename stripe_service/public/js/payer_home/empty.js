/** Nothing waits: why, and whom to ask, where something is missing. */

import { __ } from "../pay_form/i18n.js";
import { el } from "../pay_form/view/dom.js";

export function why_empty(reason) {
	const { message, ask } = reason || { message: __("Nothing waits for you to be paid.") };
	return el(
		"div.stripe-home-empty",
		{},
		el("p", {}, message),
		ask && el("p.stripe-pay-muted", {}, ask)
	);
}
