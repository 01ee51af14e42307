/** The action *Pay chosen* of a list of payable documents: the ticked rows by one payment. */

// The documents' states are set by a job, which on a busy site takes its time; a desk whose socket is down would not hear of it.
const STATES_FOLLOW_AFTER = [3000, 10000]; // milliseconds

export function add_pay_chosen(listview) {
	const { can_create, in_create } = frappe.boot.user;
	// The server decides; this only spares who may not pay at all a way that leads nowhere.
	if (![...can_create, ...in_create].includes("Invoice Payment")) return;
	listview.page.add_actions_menu_item(__("Pay chosen"), () => void pay_chosen(listview), false);
}

async function pay_chosen(listview) {
	const { doctype } = listview;
	const documents = listview.get_checked_items(true).map((name) => ({ doctype, name }));
	if (!documents.length) return;
	const result = await stripe_service.pay_form.open(
		documents.length === 1 ? documents[0] : { documents }
	);
	if (!result) return;
	listview.clear_checked_items();
	listview.refresh();
	for (const delay of STATES_FOLLOW_AFTER) setTimeout(() => read_again(listview), delay);
}

/** Unless something else is shown by now, or rows are being chosen, which reading would undo. */
function read_again(listview) {
	if (window.cur_list !== listview || listview.get_checked_items(true).length) return;
	listview.refresh();
}
