// Wherever money is shown, test payments must not be taken for real ones.

import { test_mode } from "../pay_form/messages.js";

// Not a class: the workspace's block is a shadow root, which page styles don't reach, but variables do.
const STYLE =
	"margin: 0 0 var(--margin-md); padding: 8px 15px; border-radius: var(--border-radius-md); " +
	"background: var(--bg-orange); color: var(--text-color); font-size: var(--text-sm)";

export function test_mode_banner() {
	return `<p class="stripe-test-mode" role="note" style="${STYLE}">${test_mode()}</p>`;
}

export async function show_in_list(listview) {
	const is_test = await frappe.xcall("stripe_service.api.account.test_mode");
	const place = listview.$page.find(".layout-main-section").first();
	place.find(".stripe-test-mode").remove();
	if (is_test) place.prepend(test_mode_banner());
}
