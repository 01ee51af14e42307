/** Buttons that lead to the pages of Stripe's Dashboard which the server names for this document (accounts/dashboard.py). */

export function add_stripe_links(frm) {
	const links = frm.is_new() ? [] : frm.doc.__onload?.open_in_stripe || [];
	const group = __("Open in Stripe");
	for (const { label, url } of links) {
		const open = () => void window.open(url, "_blank", "noopener");
		if (links.length === 1) frm.add_custom_button(group, open);
		else frm.add_custom_button(label, open, group);
	}
}
