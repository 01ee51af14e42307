/**
 * Where the pay form is, as a value; every change is an event that `reduce` answers with the next value.
 *
 * Kept apart from the page and from the network because one rule must never be broken by either: once Pay was
 * pressed, no second payment can start until the first one's outcome is known. UNKNOWN is that state. It is left
 * only by an answer of the server, and the attempt's `request_id` outlives it, so that a first request which
 * arrives late meets the second one under the same id and the server makes one payment of them.
 */

import { to_major } from "./amount.js";

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

/** Stripe's fields for a new card: without them there is nothing to pay with. */
export const FIELDS = { LOADING: "loading", READY: "ready", FAILED: "failed" };

/** Why Pay can't be pressed now, as far as it is not the amount's doing. */
export const BLOCKED = {
	NO_METHOD: "no_method",
	FIELDS_LOADING: "fields_loading",
	FIELDS_FAILED: "fields_failed",
	BRAND_REFUSED: "brand_refused",
	NO_BANK_ACCOUNT: "no_bank_account",
	UNVERIFIED: "unverified",
};

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
	proposed: "", // the amount that the form proposed: while it is untouched, it follows what may be paid
	amounts: {}, // as typed for each of several documents, by parts.key_of
	proposed_amounts: {},
	fields: FIELDS.LOADING,
	fields_problem: "", // why they could not be shown
	refused_brand: "", // what is wrong with the brand of the card being entered
	attempt: null, // {request_id, payment, amount_minor, asked_bank}
	notice: null, // {kind: "error"|"info", text, field?, link?}; `field` names what it is about
	result: null, // the server's last word on the payment
});

export function reduce(state, event) {
	const handler = HANDLERS[event.type];
	if (!handler) throw new Error(`Unknown pay form event: ${event.type}`);
	return handler(state, event);
}

export const is_busy = (state) => BUSY.has(state.phase);

/** Whether the payer may press Pay now. The amount is judged apart, so that the button can say what is wrong. */
export const can_pay = (state) => state.phase === PHASE.READY && !why_blocked(state);

/** One of BLOCKED, or null. */
export function why_blocked(state) {
	if (!state.form?.methods[state.method]?.allowed) return BLOCKED.NO_METHOD;
	if (state.method === "us_bank_account") {
		const row = bank_account(state);
		if (!row) return BLOCKED.NO_BANK_ACCOUNT;
		return row.usable ? null : BLOCKED.UNVERIFIED;
	}
	if (state.card !== NEW) return saved_card(state) ? null : BLOCKED.NO_METHOD;
	if (state.fields === FIELDS.FAILED) return BLOCKED.FIELDS_FAILED;
	if (state.fields === FIELDS.LOADING) return BLOCKED.FIELDS_LOADING;
	return state.refused_brand ? BLOCKED.BRAND_REFUSED : null;
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

/** As at the beginning, but Stripe's fields are still there, with what was entered. */
const anew = ({ fields, fields_problem, refused_brand }) => ({
	...initial,
	fields,
	fields_problem,
	refused_brand,
});

const HANDLERS = {
	loading: anew,

	/** `amount` as it would be typed; `resumed` the amount of an open payment of the payer's own. */
	opened(state, { form, amount, amounts, method, resumed, said = "" }) {
		if (form.loading_error) {
			const { message, link } = form.loading_error;
			return unavailable({ ...anew(state), form }, message, link, "loading_error");
		}
		const opened = {
			...anew(state),
			form,
			amount,
			proposed: amount,
			amounts: amounts || {},
			proposed_amounts: amounts || {},
			...first_choice(form, method),
		};
		if (form.resume) return resume(opened, form, resumed);
		if (form.why_not) return unavailable(opened, said + form.why_not);
		if (!form.amount.max_minor) return unavailable(opened, said + form.amount.reason);
		return { ...opened, phase: PHASE.READY };
	},

	/** `gone`: trying again would not help. */
	open_failed: (state, { message, gone }) =>
		unavailable(state, message, null, gone ? "gone" : "open_failed"),

	/** Nothing more can be done here: the server will refuse everything until the payer has logged in again. */
	session_ended: (state, { message, link }) =>
		unavailable(state, message, link, "session_ended"),

	/**
	 * The server's facts anew. What was typed and chosen stays, but an amount that the form itself had proposed follows
	 * the new one. `text` says that there is a new one, also to whoever is just typing another.
	 */
	refreshed(state, { form, amount, amounts, text }) {
		const fresh = first_choice(form, state.method);
		const follows = state.amount === state.proposed && amount !== state.proposed;
		const changed = follows || form.amount?.max_minor !== state.form.amount?.max_minor;
		const kept = {
			...state,
			form,
			amount: follows ? amount : state.amount,
			proposed: amount,
			amounts: amounts_after(state, amounts),
			proposed_amounts: amounts || {},
			notice: state.notice || (changed ? { kind: "info", text, field: "amount" } : null),
		};
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
	typed_part: (state, { key, amount }) =>
		editable(state)
			? {
					...state,
					amounts: { ...state.amounts, [key]: amount },
					notice: unless_about(state.notice, "amount"),
			  }
			: state,
	details_changed: (state) => ({ ...state, notice: unless_about(state.notice, "card") }),

	fields_loading: (state) => ({ ...state, fields: FIELDS.LOADING, fields_problem: "" }),
	fields_ready: (state) => ({ ...state, fields: FIELDS.READY, fields_problem: "" }),
	fields_failed: (state, { text }) => ({
		...state,
		fields: FIELDS.FAILED,
		fields_problem: text,
		refused_brand: "",
	}),
	/** `text` says what is wrong with the brand, or is empty. */
	brand_found: (state, { text }) => ({ ...state, refused_brand: text }),

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
		const whole = { ...amount_of(state), ...result };
		return answer({ ...state, attempt, result: whole }, whole, texts || {});
	},

	/** The payer goes on with what the bank asked. */
	action_continued: (state) =>
		state.phase === PHASE.ACTION_PENDING
			? { ...state, phase: PHASE.AUTHENTICATING, notice: null }
			: state,
};

/** An answer after a fault of the server's tells no more than the status: what was to be paid is known here. */
function amount_of({ form, attempt }) {
	const { amount_minor } = attempt || {};
	if (amount_minor === undefined || !form?.invoice) return {};
	const { currency, exponent } = form.invoice;
	return { amount: to_major(amount_minor, exponent), amount_minor, currency };
}

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

/** The open payment's own amount and card, which are what the bank is asked about. */
function resume(state, form, { amount, amount_minor } = {}) {
	const { resume: open } = form;
	const shown = form.under_way.find((entry) => entry.payment === open.payment);
	const attempt = { payment: open.payment, amount_minor, asked_bank: true };
	return {
		...state,
		phase: open.client_secret ? PHASE.ACTION_PENDING : PHASE.UNKNOWN,
		attempt,
		amount: amount ?? state.amount,
		proposed: null, // chosen by the payer, back then
		method: shown?.method_type || state.method,
		card: card_of(form, open, shown)?.name || NEW,
		result: { ...shown, ...open },
	};
}

function card_of(form, open, shown) {
	const { cards } = form.saved;
	return (
		cards.find((card) => card.name === open.saved_method) ||
		cards.find((card) => (shown?.method_label || "").endsWith(` ${card.last4}`))
	);
}

function unavailable(state, text, link = null, field = null) {
	return { ...state, phase: PHASE.UNAVAILABLE, notice: { kind: "error", text, link, field } };
}

/** What was typed for a document stays; what the form had proposed follows what it proposes now. */
function amounts_after({ amounts, proposed_amounts }, fresh = {}) {
	const kept = Object.entries(fresh).map(([key, amount]) => [
		key,
		amounts[key] === undefined || amounts[key] === proposed_amounts[key]
			? amount
			: amounts[key],
	]);
	return Object.fromEntries(kept);
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
