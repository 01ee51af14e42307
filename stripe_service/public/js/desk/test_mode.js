// Wherever money is shown, test payments must not be taken for real ones.

export function test_mode_banner() {
	return `<div class="alert alert-warning stripe-test-mode" role="status" style="margin: 0 0 var(--margin-md)">
		${__("Test mode: these are test payments. No money moves.")}
	</div>`;
}

export async function show_in_list(listview) {
	const test_mode = await frappe.xcall("stripe_service.api.account.test_mode");
	const place = listview.$page.find(".layout-main-section").first();
	place.find(".stripe-test-mode").remove();
	if (test_mode) {
		place.prepend(test_mode_banner());
	}
}
