/**
 * Lists and the payer's home look again as soon as a document of one of the user's units has changed.
 *
 * The server tells that something has changed, and not what (payables/live.py): what is shown then is what the user may read.
 */

const EVENT = "stripe_unit";
const UNIT = "Organisation Unit";
// A payment changes its documents, their states and their work items one after the other.
const TOGETHER = 700; // milliseconds

let units = null;

/** Calls `callback` when something has changed in the user's units. Answers how to stop. */
export function follow_units(callback) {
	if (!frappe.realtime?.on || frappe.boot.disable_async) return () => {};
	join();
	frappe.realtime.on(EVENT, callback);
	return () => frappe.realtime.off(EVENT, callback);
}

/** Once a page; the rooms are left with the connection, and entered anew with the next one. */
async function join() {
	if (units) return;
	units = [];
	units = (await frappe.xcall("stripe_service.api.home.units_to_follow")) || [];
	const enter = () => units.forEach((unit) => frappe.realtime.emit("doc_subscribe", UNIT, unit));
	if (!units.length) return;
	if (frappe.realtime.socket?.connected) enter();
	frappe.realtime.on("connect", enter);
}

/** Every list of documents of units, payments or work items. */
export function follow_in_lists() {
	let following = false;
	frappe.router.on("change", () => {
		const [view, doctype] = frappe.get_route() || [];
		if (following || view !== "List" || !doctype) return;
		// As the list itself does, which is made after this.
		frappe.model.with_doctype(doctype, () => {
			if (following || !is_followed(doctype)) return;
			following = true;
			follow_lists();
		});
	});
}

function follow_lists() {
	let stale = false;
	const look_again = frappe.utils.debounce(() => {
		const list = shown_list();
		stale = document.hidden;
		if (!stale && list && is_followed(list.doctype)) refresh(list);
	}, TOGETHER);
	follow_units(look_again);
	document.addEventListener("visibilitychange", () => stale && look_again());
}

function shown_list() {
	const [view, doctype] = frappe.get_route() || [];
	return view === "List" && window.cur_list?.doctype === doctype ? window.cur_list : null;
}

function is_followed(doctype) {
	const fields = frappe.get_meta(doctype)?.fields || [];
	return doctype === "Workflow Action" || fields.some(({ options }) => options === UNIT);
}

function refresh(list) {
	// Of rows that somebody has chosen none may go while they are at it.
	if (list.list_view_settings?.disable_auto_refresh || list.get_checked_items(true).length)
		return;
	list.last_args = null; // Frappe asks nothing that it has asked within three seconds
	list.refresh();
}
