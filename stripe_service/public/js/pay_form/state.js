/**
 * Where the pay form is, as a value; every change is an event that `reduce` answers with the next value.
 *
 * Kept apart from the page and from the network because one rule must never be broken by either: once Pay was
 * pressed, no second payment can start until the first one's outcome is known. UNKNOWN is that state. It is left
 * only by an answer of the server, and the attempt's `request_id` outlives it, so that a first request which
 * arrives late meets the second one under the same id and the server makes one payment of them.
 */

export const PHASE = {
	LOADING: "loading",
	UNAVAILABLE: "unavailable", // no keys, no right, nothing to pay: `notice` says why
	READY: "ready",
	SENDING: "sending",
	AUTHENTICATING: "authenticating", // the bank asks the payer (3-D Secure)
	ACTION_PENDING: "action_pending", // it asked before, and has no answer yet: continue or give up
	UNKNOWN: "unknown",
	PAID: "paid",
	PROCESSING: "processing",
};

export const NEW = "new";

const BUSY = new Set([PHASE.SENDING, PHASE.AUTHENTICATING, PHASE.UNKNOWN]);
const UNDECIDED = new Set([
	PHASE.SENDING,
	PHASE.AUTHENTICATING,
	PHASE.UNKNOWN,
	PHASE.ACTION_PENDING,
]);

export const initial = Object.freeze({
	phase: PHASE.LOADING,
	form: null, // the server's open_form
	method: null, // "card" or "us_bank_account"
	card: NEW, // a Saved Card's name, or NEW
	bank_account: null, // a Stripe Bank Account's name
	save: false,
	amount: "", // as typed
	details_complete: false, // of the card being entered, as far as Stripe.js tells
	attempt: null, // {request_id, payment, amount_minor, asked_bank}
	notice: null, // {kind: "error"|"info", text, field?, link?}
	result: null, // the server's last word on the payment
});

export function reduce(state, event) {
	const handler = HANDLERS[event.type];
	if (!handler) throw new Error(`Unknown pay form event: ${event.type}`);
	return handler(state, event);
}

export const is_busy = (state) => BUSY.has(state.phase);

/** Whether the payer may press Pay now. The amount is judged apart, so that the button can say what is wrong. */
export function can_pay(state) {
	if (state.phase !== PHASE.READY || !state.method) return false;
	if (!state.form.methods[state.method]?.allowed) return false;
	if (state.method === "card") return state.card === NEW || Boolean(saved_card(state));
	return Boolean(bank_account(state)?.usable);
}

export function saved_card(state) {
	return (
		state.form?.saved.cards.find((card) => card.name === state.card && !card.expired) || null
	);
}

export function bank_account(state) {
	return state.form?.saved.bank_accounts.find((row) => row.name === state.bank_account) || null;
}

/** The saved method to send with `pay`, or null for one that is being entered. */
export function saved_method(state) {
	return state.method === "card" ? saved_card(state)?.name || null : state.bank_account;
}

const HANDLERS = {
	opened(state, { form, amount, method }) {
		if (form.loading_error) {
			const { message, link } = form.loading_error;
			return unavailable({ ...initial, form }, message, link, "loading_error");
		}
		const opened = { ...initial, form, amount, ...first_choice(form, method) };
		if (form.resume) return resume(opened, form);
		if (form.why_not) return unavailable(opened, form.why_not);
		if (!form.amount.max_minor) return unavailable(opened, form.amount.reason);
		return { ...opened, phase: PHASE.READY };
	},

	open_failed: (state, { message }) => unavailable(state, message, null, "open_failed"),

	/** The server's facts anew (saved methods changed); what was typed and chosen stays. */
	refreshed(state, { form }) {
		const fresh = first_choice(form, state.method);
		const kept = { ...state, form };
		return {
			...kept,
			card: state.card === NEW || saved_card(kept) ? state.card : fresh.card,
			bank_account: bank_account(kept) ? state.bank_account : fresh.bank_account,
		};
	},

	bank_account_changed(state, { row }) {
		const others = state.form.saved.bank_accounts.filter((other) => other.name !== row.name);
		const bank_accounts = [...others, row];
		const form = { ...state.form, saved: { ...state.form.saved, bank_accounts } };
		return { ...state, form, bank_account: row.name, notice: null };
	},

	chose_method: (state, { method }) =>
		editable(state) ? { ...state, method, notice: null } : state,
	chose_card: (state, { name }) =>
		editable(state) ? { ...state, card: name, notice: null } : state,
	chose_bank_account: (state, { name }) =>
		editable(state) ? { ...state, bank_account: name, notice: null } : state,
	toggled_save: (state, { save }) => (editable(state) ? { ...state, save } : state),
	typed_amount: (state, { amount }) =>
		editable(state)
			? { ...state, amount, notice: unless_about(state.notice, "amount") }
			: state,
	details_changed: (state, { complete }) => ({
		...state,
		details_complete: complete,
		notice: unless_about(state.notice, "card"),
	}),

	found_wrong: (state, { text, field }) => ({
		...state,
		notice: { kind: "error", text, field },
	}),

	/** `request_id` is a fresh one; that of an attempt whose fate the server did not know is used again. */
	pay_started(state, { request_id, amount_minor }) {
		if (!can_pay(state)) return state;
		const attempt = { request_id: state.attempt?.request_id || request_id, amount_minor };
		return { ...state, phase: PHASE.SENDING, attempt, notice: null, result: null };
	},

	/** Stripe.js did not take what was entered: nothing was sent to the server. */
	details_refused: (state, { text }) => ({
		...state,
		phase: PHASE.READY,
		notice: { kind: "error", text, field: "card" },
	}),

	/** The server said no. Before a claim that ends the attempt; after one it tells nothing about the money. */
	refused(state, { text }) {
		if (state.attempt?.payment) return HANDLERS.no_answer(state, { text });
		return { ...state, phase: PHASE.READY, attempt: null, notice: { kind: "error", text } };
	},

	no_answer: (state, { text }) => ({
		...state,
		phase: PHASE.UNKNOWN,
		notice: text ? { kind: "info", text } : null,
	}),

	answered(state, { result, texts }) {
		const answer = ANSWERS[result.status] || still_unknown;
		const attempt = { ...state.attempt, payment: result.payment || state.attempt?.payment };
		return answer({ ...state, attempt, result }, result, texts || {});
	},

	/** The payer goes on with what the bank asked. */
	action_continued: (state) =>
		state.phase === PHASE.ACTION_PENDING
			? { ...state, phase: PHASE.AUTHENTICATING, notice: null }
			: state,
};

const ANSWERS = {
	Succeeded: paid,
	"Partly Refunded": paid,
	Refunded: paid,
	Disputed: paid,
	"Dispute Lost": paid,
	Processing: (state) => ({ ...state, phase: PHASE.PROCESSING, notice: null }),
	"Action Required": action_required,
	Started: still_unknown,
	Failed: failed,
	Cancelled: failed,
	// The id is kept on purpose: see the module's comment.
	"Not Started": (state, result, texts) => ({
		...state,
		phase: PHASE.READY,
		attempt: { request_id: state.attempt.request_id },
		notice: { kind: "error", text: texts.not_started },
	}),
};

function paid(state) {
	return { ...state, phase: PHASE.PAID, notice: null };
}

function still_unknown(state) {
	return { ...state, phase: PHASE.UNKNOWN };
}

function failed(state, result, texts) {
	return {
		...state,
		phase: PHASE.READY,
		attempt: null,
		notice: { kind: "error", text: result.message || texts.failed },
	};
}

/** The first time the bank is asked at once; if that came to nothing, the payer decides. */
function action_required(state, result, texts) {
	if (!result.client_secret) return still_unknown(state);
	if (state.attempt.asked_bank) {
		return {
			...state,
			phase: PHASE.ACTION_PENDING,
			notice: { kind: "info", text: texts.action_pending },
		};
	}
	return {
		...state,
		phase: PHASE.AUTHENTICATING,
		attempt: { ...state.attempt, asked_bank: true },
	};
}

function resume(state, { resume: open, under_way }) {
	const attempt = { payment: open.payment, asked_bank: true };
	const phase = open.client_secret ? PHASE.ACTION_PENDING : PHASE.UNKNOWN;
	const shown = under_way.find((entry) => entry.payment === open.payment);
	return { ...state, phase, attempt, result: { ...shown, ...open } };
}

function unavailable(state, text, link = null, field = null) {
	return { ...state, phase: PHASE.UNAVAILABLE, notice: { kind: "error", text, link, field } };
}

function unless_about(notice, field) {
	return notice?.field === field ? null : notice;
}

function editable(state) {
	return !UNDECIDED.has(state.phase);
}

/** The wished method if it is allowed, else the one with something saved, else the first allowed. */
function first_choice(form, wished) {
	const { saved, methods } = form;
	const cards = saved.cards.filter((card) => !card.expired);
	const banks = saved.bank_accounts;
	const usable = banks.filter((row) => row.usable);
	const allowed = ["card", "us_bank_account"].filter((type) => methods[type]?.allowed);
	const kept = { card: cards, us_bank_account: usable };
	const method =
		[wished].find((type) => allowed.includes(type)) ||
		allowed.find((type) => kept[type].some((row) => row.is_default)) ||
		allowed.find((type) => kept[type].length) ||
		allowed[0] ||
		null;
	return {
		method,
		card: preferred(cards)?.name || NEW,
		bank_account: (preferred(usable) || banks[0])?.name || null,
	};
}

const preferred = (rows) => rows.find((row) => row.is_default) || rows[0];
