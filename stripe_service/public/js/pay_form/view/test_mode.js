import { el } from "./dom.js";
import { test_mode } from "../messages.js";

/** Says that no real money is paid; hidden until an account in test mode is known. */
export function test_mode_note() {
	return el("p.stripe-pay-test-mode", { attrs: { role: "note", hidden: true } }, test_mode());
}
