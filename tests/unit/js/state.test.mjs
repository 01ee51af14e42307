import assert from "node:assert/strict";
import test from "node:test";

import {
  can_pay,
  initial,
  is_busy,
  NEW,
  PHASE,
  reduce,
  saved_method,
} from "../../../stripe_service/public/js/pay_form/state.js";

const visa = {
  name: "CARD-1",
  brand: "visa",
  last4: "4242",
  expired: false,
  is_default: false,
};
const amex = {
  name: "CARD-2",
  brand: "amex",
  last4: "0005",
  expired: false,
  is_default: true,
};
const old = {
  name: "CARD-3",
  brand: "jcb",
  last4: "0505",
  expired: true,
  is_default: false,
};
const checking = {
  name: "BANK-1",
  last4: "6789",
  status: "Verified",
  usable: true,
  is_default: false,
};
const waiting = {
  name: "BANK-2",
  last4: "1113",
  status: "Verification Pending",
  usable: false,
  is_default: false,
};

function form({ cards = [], bank_accounts = [], ...more } = {}) {
  return {
    invoice: { name: "PINV-1", currency: "USD", exponent: 2 },
    why_not: null,
    loading_error: null,
    amount: { max_minor: 11900 },
    methods: { card: { allowed: true }, us_bank_account: { allowed: true } },
    saved: { cards, bank_accounts },
    under_way: [],
    resume: null,
    ...more,
  };
}

function after(...events) {
  return events.reduce(reduce, initial);
}

const opened = (given) => ({
  type: "opened",
  form: form(given),
  amount: "119.00",
});
const pressed = (request_id = "press-1") => ({
  type: "pay_started",
  request_id,
  amount_minor: 11900,
});
const answer = (status, more = {}) => ({
  type: "answered",
  result: { status, payment: "PAY-1", ...more },
  texts: { not_started: "nothing was charged" },
});

const fields_ready = { type: "fields_ready" };

test("a payer with nothing saved begins with a new card, once Stripe's fields are there", () => {
  assert.equal(can_pay(after(opened())), false);
  const state = after(opened(), fields_ready);
  assert.equal(state.phase, PHASE.READY);
  assert.equal(state.method, "card");
  assert.equal(state.card, NEW);
  assert.ok(can_pay(state));
  assert.equal(saved_method(state), null);
});

test("the default card is chosen first, and an expired one never", () => {
  assert.equal(after(opened({ cards: [visa, amex, old] })).card, "CARD-2");
  assert.equal(after(opened({ cards: [old] })).card, NEW);
  const insisting = after(opened({ cards: [old] }), {
    type: "chose_card",
    name: "CARD-3",
  });
  assert.equal(can_pay(insisting), false);
});

test("a payer who only has a verified bank account begins with it", () => {
  const state = after(opened({ bank_accounts: [waiting, checking] }));
  assert.equal(state.method, "us_bank_account");
  assert.equal(state.bank_account, "BANK-1");
  assert.ok(can_pay(state));
});

test("an account that is not verified can be seen but can't pay", () => {
  const state = after(opened({ bank_accounts: [waiting] }), {
    type: "chose_method",
    method: "us_bank_account",
  });
  assert.equal(state.bank_account, "BANK-2");
  assert.equal(can_pay(state), false);
  assert.equal(after(opened({ bank_accounts: [waiting] })).method, "card");
});

test("a method that is not allowed is not chosen, though wished", () => {
  const methods = {
    card: { allowed: true },
    us_bank_account: { allowed: false, reason: "EUR" },
  };
  const state = reduce(initial, {
    type: "opened",
    form: form({ methods }),
    amount: "1",
    method: "us_bank_account",
  });
  assert.equal(state.method, "card");
  assert.equal(
    can_pay(reduce(state, { type: "chose_method", method: "us_bank_account" })),
    false
  );
});

test("without keys the form is a loading error with the way to the place", () => {
  const state = after({
    type: "opened",
    form: {
      loading_error: { message: "No API keys", link: "/app/stripe-account" },
      saved: {},
      methods: {},
      amount: null,
    },
  });
  assert.equal(state.phase, PHASE.UNAVAILABLE);
  assert.deepEqual(state.notice, {
    kind: "error",
    text: "No API keys",
    link: "/app/stripe-account",
    field: "loading_error",
  });
});

test("nothing left to pay is said, not offered", () => {
  const nothing = {
    max_minor: 0,
    reason: "All that is due is being paid already.",
  };
  assert.equal(after(opened({ amount: nothing })).notice.text, nothing.reason);
  assert.equal(
    after(opened({ why_not: "No right." })).phase,
    PHASE.UNAVAILABLE
  );
});

test("while a payment is sent nothing can be pressed, chosen or typed", () => {
  const sending = after(opened({ cards: [visa] }), pressed());
  assert.equal(sending.phase, PHASE.SENDING);
  assert.ok(is_busy(sending));
  for (const event of [
    pressed("press-2"),
    { type: "chose_method", method: "us_bank_account" },
    { type: "chose_card", name: NEW },
    { type: "typed_amount", amount: "1" },
    { type: "toggled_save", save: true },
  ]) {
    assert.deepEqual(reduce(sending, event), sending, event.type);
  }
});

test("a lost answer forbids a second payment until the server has said what became of the first", () => {
  const unknown = after(opened(), pressed(), {
    type: "no_answer",
    text: "asking",
  });
  assert.equal(unknown.phase, PHASE.UNKNOWN);
  assert.equal(can_pay(unknown), false);
  assert.deepEqual(reduce(unknown, pressed("press-2")), unknown);
  assert.equal(reduce(unknown, answer("Started")).phase, PHASE.UNKNOWN);
  assert.equal(reduce(unknown, answer("Succeeded")).phase, PHASE.PAID);
});

test("a press that never arrived is pressed again under the same id", () => {
  const free = after(
    opened(),
    fields_ready,
    pressed("press-1"),
    { type: "no_answer" },
    answer("Not Started", { payment: null })
  );
  assert.equal(free.phase, PHASE.READY);
  assert.equal(free.notice.text, "nothing was charged");
  assert.equal(reduce(free, pressed("press-2")).attempt.request_id, "press-1");
});

test("after a decline the form is usable and the next press is a new one", () => {
  const declined = after(
    opened(),
    fields_ready,
    { type: "typed_amount", amount: "50.00" },
    pressed("press-1"),
    answer("Failed", { message: "Your card was declined." })
  );
  assert.equal(declined.phase, PHASE.READY);
  assert.equal(declined.notice.text, "Your card was declined.");
  assert.equal(declined.amount, "50.00");
  assert.equal(
    reduce(declined, pressed("press-2")).attempt.request_id,
    "press-2"
  );
});

test("a refusal leaves everything as it was, with the reason", () => {
  const refused = after(opened({ cards: [visa] }), pressed(), {
    type: "refused",
    text: "Someone else was faster.",
  });
  assert.equal(refused.phase, PHASE.READY);
  assert.equal(refused.card, "CARD-1");
  assert.equal(refused.attempt, null);
});

test("the bank is asked once by itself, and then only when the payer continues", () => {
  const asking = after(
    opened(),
    pressed(),
    answer("Action Required", { client_secret: "pi_secret" })
  );
  assert.equal(asking.phase, PHASE.AUTHENTICATING);
  const again = reduce(
    asking,
    answer("Action Required", { client_secret: "pi_secret" })
  );
  assert.equal(again.phase, PHASE.ACTION_PENDING);
  assert.equal(can_pay(again), false);
  assert.equal(
    reduce(again, { type: "action_continued" }).phase,
    PHASE.AUTHENTICATING
  );
});

test("an open payment of one's own is taken up again, with its amount", () => {
  const mine = {
    payment: "PAY-7",
    amount: "20.00",
    currency: "USD",
    mine: true,
  };
  const state = after(
    opened({
      resume: {
        payment: "PAY-7",
        client_secret: "s",
        status: "Action Required",
      },
      under_way: [mine],
    })
  );
  assert.equal(state.phase, PHASE.ACTION_PENDING);
  assert.equal(state.result.amount, "20.00");
  assert.equal(state.attempt.payment, "PAY-7");
});

test("a debit that takes days ends the form, with Processing", () => {
  assert.equal(
    after(
      opened({ bank_accounts: [checking] }),
      pressed(),
      answer("Processing")
    ).phase,
    PHASE.PROCESSING
  );
});

test("a bank account that was just verified is chosen and can pay", () => {
  const state = after(
    opened({ bank_accounts: [waiting] }),
    { type: "chose_method", method: "us_bank_account" },
    {
      type: "bank_account_changed",
      row: { ...waiting, status: "Verified", usable: true },
    }
  );
  assert.equal(state.bank_account, "BANK-2");
  assert.ok(can_pay(state));
});

test("a card that was removed elsewhere is no longer chosen after a refresh", () => {
  const state = after(opened({ cards: [visa] }), {
    type: "refreshed",
    form: form(),
    amount: "119.00",
  });
  assert.equal(state.card, NEW);
  assert.equal(state.amount, "119.00");
});

test("an unknown event is a mistake of ours and says so", () => {
  assert.throws(
    () => reduce(initial, { type: "paid_by_magic" }),
    /Unknown pay form event/
  );
});
