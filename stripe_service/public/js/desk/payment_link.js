/** The payment link of a document, or of several of one party: copy it, make a new one, revoke it. */

import { readable_date } from "../pay_form/format.js";

const METHODS = "stripe_service.api.payment_links";

/** `documents` are [{doctype, name}]. The server says which rule is broken by those that can't stand in one link. */
export async function show_payment_link(documents) {
	const opener = document.activeElement;
	const [one, ...others] = documents;
	const named = others.length ? { documents: JSON.stringify(documents) } : one;
	const call = (method, more) => frappe.xcall(`${METHODS}.${method}`, { ...named, ...more });
	// Frappe has shown what the server refuses.
	const facts = await call("get_link").catch(() => null);
	if (!facts) return;
	const dialog = new frappe.ui.Dialog({
		title: __("Payment Link"),
		fields: fields_of(facts, documents.length),
		primary_action_label: facts.url ? __("Copy Link") : __("Make Link"),
		primary_action: () => (facts.url ? copy(facts.url) : make(new_day(dialog))),
		secondary_action_label: facts.url && facts.may_revoke ? __("Revoke") : undefined,
		secondary_action: () => revoke(),
	});
	if (facts.switched_off) dialog.disable_primary_action();
	if (facts.url && !facts.switched_off) {
		dialog.add_custom_action(__("Make New Link"), () => make_instead());
	}
	stripe_service.accessible(dialog, opener);
	dialog.show();

	async function make(expires_on) {
		await call("make_link", { expires_on });
		return show_again();
	}

	function make_instead() {
		const text = __(
			"Make a new link? The current one stops working, also where it is printed."
		);
		stripe_service.dialogs.confirm(text, () => make(new_day(dialog)));
	}

	function revoke() {
		const text = __(
			"Revoke this link? Nobody can pay with it any more then, also where it is printed."
		);
		stripe_service.dialogs.confirm(text, () => call("revoke_link").then(show_again));
	}

	function show_again() {
		dialog.hide();
		return show_payment_link(documents);
	}
}

const new_day = (dialog) => dialog.get_value("new_expires_on") || null;

function fields_of(facts, count) {
	const words = [about(facts, count), shared(facts)].filter(Boolean).join(" ");
	return [
		{ fieldname: "about", fieldtype: "HTML", options: `<p class="text-muted">${words}</p>` },
		facts.url && {
			fieldname: "url",
			fieldtype: "Data",
			label: __("Payment Link"),
			default: facts.url,
			read_only: 0,
			description: __("Good until the end of {0}. {1}", [
				readable_date(facts.expires_on, frappe.boot.lang),
				opened(facts),
			]),
		},
		!facts.switched_off && {
			fieldname: "new_expires_on",
			fieldtype: "Date",
			label: facts.url ? __("A New Link Expires On") : __("Expires On"),
			default: facts.default_expiry,
		},
	].filter(Boolean);
}

function about({ switched_off }, count) {
	if (switched_off) return __("Payment links are switched off in Stripe Service Settings.");
	return count === 1
		? __(
				"Whoever has the link sees this document's title, number, amount and due date, and can pay it by card, without a login."
		  )
		: __(
				"Whoever has the link sees the title, number, amount and due date of these {0} documents, and can pay them by card at once, without a login.",
				[count]
		  );
}

function shared({ shared: count }) {
	if (!count) return "";
	return count === 1
		? __("Another open link also includes this document.")
		: __("{0} other open links also include this document.", [count]);
}

function opened({ opened: times, last_opened }) {
	if (!times) return __("It has not been opened yet.");
	const when = readable_date(last_opened, frappe.boot.lang);
	return times === 1
		? __("It was opened once, on {0}.", [when])
		: __("It was opened {0} times, last on {1}.", [times, when]);
}

function copy(url) {
	frappe.utils.copy_to_clipboard(url);
}
