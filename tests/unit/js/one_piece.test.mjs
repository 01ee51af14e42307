import assert from "node:assert/strict";
import test from "node:test";

import { in_one_piece } from "../../../stripe_service/public/js/pay_form/one_piece.js";
import { make_format } from "../../../stripe_service/public/js/pay_form/format.js";

for (const amount of ["د.ك 10.125", "10.125 د.ك", "ر.س 5.00"]) {
  test(`${amount} stays in one piece within an English sentence`, () => {
    assert.equal(in_one_piece(amount, "en"), `\u2066${amount}\u2069`);
  });
}

test("so does every amount within a sentence from right to left", () => {
  assert.equal(in_one_piece("$ 5.00", "ar"), "\u2066$ 5.00\u2069");
});

test("others are left as they are", () => {
  for (const amount of ["$ 5.00", "KWD 10.125", "₪ 5.00", "1 234,50 €"]) {
    assert.equal(in_one_piece(amount, "en"), amount);
  }
});

test("the pay form isolates what the site writes with such a sign, and still reads it typed", () => {
  const format = make_format({
    format_currency: (major) => `د.ك ${major}`,
    locale: "en",
  });
  format.use({ currency: "KWD", exponent: 3 });
  assert.equal(format.minor(10120), "\u2066د.ك 10.120\u2069");
  assert.ok(format.separators.names.includes("د.ك"));
});
