/** The page of a payment link: the pay form, or, where the link is closed, what became of a payment begun here. */

import { frappe_adapter } from "../frappe_adapter.js";
import { __, use_translator } from "../i18n.js";
import { PayForm } from "../pay_form.js";
import { button } from "../view/button.js";
import { el, replace_children } from "../view/dom.js";
import { LinkApi } from "./link_api.js";

export function show_payment_link(node) {
	const { token, closed } = node.dataset;
	const adapter = link_adapter();
	const api = new LinkApi(adapter, token);
	use_translator(adapter.translate);
	return closed ? show_own_payment(node, api) : show_form(node, api, adapter);
}

/** Nobody is logged in here, so no session can end and nothing is remembered of a payer. */
function link_adapter() {
	const { call, translate, locale } = frappe_adapter();
	return {
		translate,
		locale,
		call: (method, args) =>
			call(method, args).catch((error) => {
				throw error instanceof Error ? error : { ...error, session_ended: false };
			}),
	};
}

function show_form(node, api, adapter) {
	const form = new PayForm({
		target: node,
		api,
		adapter,
		customise: {
			texts: { paid_note: __("The payment has been received. You can close this page.") },
		},
	});
	return form.open();
}

async function show_own_payment(node, api) {
	if (!api.request_id) return;
	const result = await api.payment_status().catch(() => null);
	if (!result?.message) return;
	const receipt = /^https?:\/\//.test(result.receipt_url || "") && result.receipt_url;
	const waits = result.status === "Action Required";
	replace_children(
		node,
		el(
			"div.stripe-link-own",
			{ attrs: { role: "status" } },
			el("h2.h5", {}, __("Your payment")),
			el("p", {}, waits ? not_confirmed() : result.message),
			receipt &&
				el(
					"p",
					{},
					el(
						"a",
						{ attrs: { href: receipt, target: "_blank", rel: "noopener noreferrer" } },
						__("Receipt")
					)
				),
			// Stripe's fields, with which it could be confirmed, are not loaded for a closed link.
			waits &&
				button(__("Cancel this payment"), "btn-default", async (event) => {
					event.target.disabled = true;
					await api.abandon().catch(() => null);
					return show_own_payment(node, api);
				})
		)
	);
}

function not_confirmed() {
	return __(
		"Your bank has not confirmed this payment, and nothing was charged. It can't be continued, as the link is closed."
	);
}
