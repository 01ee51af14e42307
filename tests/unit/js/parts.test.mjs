import assert from "node:assert/strict";
import test from "node:test";

import { PROBLEM } from "../../../stripe_service/public/js/pay_form/amount.js";
import {
  key_of,
  proposed_amounts,
  read_parts,
  wanted,
} from "../../../stripe_service/public/js/pay_form/parts.js";

const separators = { decimal: ".", group: "," };
const bounds = (max_minor) => ({
  max_minor,
  min_minor: 1,
  step_minor: 1,
  partial_allowed: true,
  owed_minor: max_minor,
  least_rest_minor: 50,
});
const part = (name, max) => ({
  doctype: "Portal Invoice",
  name,
  amount: bounds(max),
});
const documents = [part("A", 1000), part("B", 2050), part("C", 30)];
const form = {
  documents,
  invoice: { exponent: 2, currency: "USD" },
  amount: { max_minor: 3080, least_minor: 50 },
};
const typed = (...texts) =>
  Object.fromEntries(documents.map((one, at) => [key_of(one), texts[at]]));

test("all that can be paid of each is proposed, and adds up", () => {
  const amounts = proposed_amounts(form, separators);
  assert.deepEqual(amounts, typed("10.00", "20.50", "0.30"));
  assert.equal(read_parts(form, amounts, separators).minor, 3080);
});

test("a document without an amount is left out of the request", () => {
  const { minor, parts } = read_parts(
    form,
    typed("10.00", "", "0"),
    separators
  );
  assert.equal(minor, 1000);
  assert.deepEqual(wanted(parts, 2), [
    { doctype: "Portal Invoice", name: "A", amount: "10.00" },
  ]);
});

test("a payment link's documents are called by their rows, also where two bear one name", () => {
  const rows = ["r1", "r2"].map((row) => ({ ...part("A", 1000), row }));
  const of_link = { ...form, documents: rows };
  const amounts = { r1: "10.00", r2: "2.50" };
  const { minor, parts } = read_parts(of_link, amounts, separators);
  assert.equal(minor, 1250);
  assert.deepEqual(wanted(parts, 2), [
    { row: "r1", amount: "10.00" },
    { row: "r2", amount: "2.50" },
  ]);
});

test("each amount is bounded by its own document, and says whose is wrong", () => {
  const found = read_parts(form, typed("10.00", "20.51", "0.30"), separators);
  assert.deepEqual(
    [found.problem, found.limit_minor, found.part.name],
    [PROBLEM.TOO_LARGE, 2050, "B"]
  );
  const rest = read_parts(form, typed("9.80", "20.50", "0.30"), separators);
  assert.deepEqual([rest.problem, rest.part.name], [PROBLEM.REMAINDER, "A"]);
  assert.equal(
    read_parts(form, typed("x", "", ""), separators).problem,
    PROBLEM.UNREADABLE
  );
});

test("the sum is bounded by what Stripe takes at once", () => {
  const few = read_parts(form, typed("", "", "0.30"), separators);
  assert.deepEqual([few.problem, few.limit_minor], [PROBLEM.TOO_SMALL, 50]);
  const most = { ...form, amount: { max_minor: 3000, least_minor: 50 } };
  const many = read_parts(most, typed("10.00", "20.50", ""), separators);
  assert.deepEqual([many.problem, many.limit_minor], [PROBLEM.TOO_LARGE, 3000]);
  assert.equal(
    read_parts(form, typed("", "", ""), separators).problem,
    PROBLEM.EMPTY
  );
});
