import assert from "node:assert/strict";
import test from "node:test";

import {
  check_amount,
  parse_amount,
  PROBLEM,
  to_major,
  to_typed,
} from "../../../stripe_service/public/js/pay_form/amount.js";

const COMMA = { decimal: ",", group: "." };
const whole_invoice = {
  max_minor: 11900,
  min_minor: 50,
  step_minor: 1,
  partial_allowed: true,
  owed_minor: 11900,
  least_rest_minor: 50,
};

test("every amount in cents survives being written and read again", () => {
  for (let minor = 0; minor <= 120000; minor += 1) {
    assert.deepEqual(parse_amount(to_typed(minor, 2), 2), { minor });
  }
});

test("amounts with no and with three decimals survive as well, up to Stripe's eight digits", () => {
  for (let minor = 1; minor <= 99999999; minor = minor * 3 + 1) {
    for (const exponent of [0, 3]) {
      assert.deepEqual(
        parse_amount(to_typed(minor, exponent, COMMA), exponent, COMMA),
        { minor }
      );
    }
  }
});

test("the amounts that floating point gets wrong are exact", () => {
  assert.deepEqual(parse_amount("1.15", 2), { minor: 115 });
  assert.deepEqual(parse_amount("19.99", 2), { minor: 1999 });
  assert.deepEqual(parse_amount("4.35", 2), { minor: 435 });
  assert.deepEqual(parse_amount("1.005", 3), { minor: 1005 });
  assert.deepEqual(parse_amount("999999.99", 2), { minor: 99999999 });
});

test("groups, spaces and missing decimals are read as a person means them", () => {
  assert.deepEqual(parse_amount("1,234.5", 2), { minor: 123450 });
  assert.deepEqual(parse_amount("1.234,50", 2, COMMA), { minor: 123450 });
  assert.deepEqual(parse_amount("12,34,567.00", 2), { minor: 123456700 });
  assert.deepEqual(parse_amount(" 1 234 ", 2), { minor: 123400 });
  assert.deepEqual(parse_amount(".5", 2), { minor: 50 });
  assert.deepEqual(parse_amount("5.", 2), { minor: 500 });
  assert.deepEqual(parse_amount("٣", 2), { minor: 300 });
});

test("one mark and three digits are refused with both readings", () => {
  assert.deepEqual(parse_amount("1.500", 2), {
    problem: PROBLEM.DOUBTFUL,
    readings: ["1500", "1.5"],
  });
  assert.equal(parse_amount("1,234", 2).problem, PROBLEM.DOUBTFUL);
});

test("a decimal mark of another country is refused, not read as a group", () => {
  assert.equal(parse_amount("1,50", 2).problem, PROBLEM.UNREADABLE);
  assert.equal(parse_amount("19.99", 2, COMMA).problem, PROBLEM.UNREADABLE);
  assert.equal(parse_amount("1,2345", 2).problem, PROBLEM.UNREADABLE);
});

test("what is no amount is refused", () => {
  for (const text of ["-5", "5-", "1e3", "abc", "1.2.3", ",", "."]) {
    assert.equal(parse_amount(text, 2).problem, PROBLEM.UNREADABLE, text);
  }
  assert.equal(parse_amount("$5", 2).problem, PROBLEM.OTHER_CURRENCY);
  assert.equal(parse_amount("", 2).problem, PROBLEM.EMPTY);
  assert.equal(parse_amount(null, 2).problem, PROBLEM.EMPTY);
  assert.equal(parse_amount("1.234", 2).problem, PROBLEM.TOO_MANY_DECIMALS);
  assert.equal(parse_amount("1.5", 0).problem, PROBLEM.TOO_MANY_DECIMALS);
  assert.equal(parse_amount("9".repeat(30), 2).problem, PROBLEM.TOO_LARGE);
});

test("minor units become the string that crosses the wire", () => {
  assert.equal(to_major(1999, 2), "19.99");
  assert.equal(to_major(5, 2), "0.05");
  assert.equal(to_major(15000, 0), "15000");
  assert.equal(to_major(42750, 3), "42.750");
  assert.equal(to_major(-150, 2), "-1.50");
});

test("an amount between the least and the most is taken, and so is exactly the whole", () => {
  assert.equal(check_amount(5000, whole_invoice), null);
  assert.equal(check_amount(50, whole_invoice), null);
  assert.equal(check_amount(11900, whole_invoice), null);
});

test("too little and too much are told with the limit", () => {
  assert.deepEqual(check_amount(49, whole_invoice), {
    problem: PROBLEM.TOO_SMALL,
    limit_minor: 50,
  });
  assert.deepEqual(check_amount(11901, whole_invoice), {
    problem: PROBLEM.TOO_LARGE,
    limit_minor: 11900,
  });
});

test("what would be left over must be payable, or nothing", () => {
  assert.equal(check_amount(11851, whole_invoice).problem, PROBLEM.REMAINDER);
  assert.deepEqual(check_amount(11899, whole_invoice), {
    problem: PROBLEM.REMAINDER,
    limit_minor: 50,
    left_minor: 1,
  });
  assert.equal(check_amount(11850, whole_invoice), null);
});

test("the rest is counted from all that is owed where one payment can't take it all", () => {
  const large = {
    ...whole_invoice,
    max_minor: 99999999,
    owed_minor: 150000000,
  };
  assert.equal(check_amount(99999970, large), null);
});

test("three-decimal currencies end in 0, and whole-unit ones in 00", () => {
  const dinars = {
    ...whole_invoice,
    max_minor: 42750,
    owed_minor: 42750,
    step_minor: 10,
    min_minor: 10,
    least_rest_minor: 10,
  };
  assert.equal(check_amount(40750, dinars), null);
  assert.deepEqual(check_amount(40755, dinars), {
    problem: PROBLEM.STEP,
    limit_minor: 10,
  });
  const kronur = {
    ...whole_invoice,
    max_minor: 500000,
    owed_minor: 500000,
    step_minor: 100,
    min_minor: 100,
  };
  assert.equal(check_amount(12350, kronur).problem, PROBLEM.STEP);
});

test("where partial payments are not allowed, only the whole is taken", () => {
  const fixed = { ...whole_invoice, partial_allowed: false };
  assert.equal(check_amount(11900, fixed), null);
  assert.equal(check_amount(5000, fixed).problem, PROBLEM.NOT_PARTIAL);
});
