"""What of a Stripe Account needs no Stripe: keys that can't be right, and fields that nobody may write.

Everything that asks Stripe is a scenario of tests/site/test_account_*.py, against the emulator.
"""

import frappe

from stripe_service.accounts.keys import KeyRefused, check_addresses, check_pair
from stripe_service.accounts.stripe_account import NoKeys, ach_available, gateway_for
from stripe_service.tests.base import IntegrationTestCase


class TestStripeAccount(IntegrationTestCase):
	def test_a_pair_of_one_mode_is_taken_and_tells_it(self):
		for mode, word in (("Test", "test"), ("Live", "live")):
			pair = check_pair(f"pk_{word}_51Habc", f" sk_{word}_51Hdef\n")
			self.assertEqual((pair.mode, pair.secret), (mode, f"sk_{word}_51Hdef"))
		self.assertTrue(check_pair("pk_test_51Habc", "rk_test_51Hdef").restricted)

	def test_an_invisible_character_that_was_copied_along_does_no_harm(self):
		self.assertEqual(
			check_pair("\u200bpk_test_51Habc\u00a0", "sk_test_51Hdef\ufeff").publishable, "pk_test_51Habc"
		)

	def test_no_key_is_repeated_in_the_message_that_refuses_it(self):
		for secret in ("sk_live_51Hdef", "sk_test_51H def", "sk_test_51H…def", "whsec_51Hdef"):
			with self.assertRaises(KeyRefused) as refused:
				check_pair("pk_test_51Habc", secret)
			self.assertNotIn("51H", str(refused.exception))

	def test_the_key_is_not_in_the_representation_of_a_pair(self):
		self.assertNotIn("sk_test_51Hdef", repr(check_pair("pk_test_51Habc", "sk_test_51Hdef")))

	def test_an_address_of_this_machine_is_taken_with_test_keys(self):
		for address in (
			"http://127.0.0.1:12100",
			"http://localhost:8420/stripe.js",
			"https://[::1]:1/x",
			"",
			None,
		):
			check_addresses("Test", address, address)

	def test_an_account_without_keys_can_be_saved_and_calls_nothing(self):
		account = frappe.get_doc(doctype="Stripe Account", account_name=frappe.generate_hash()).insert()
		self.assertEqual(account.status, "Not Connected")
		self.assertRaises(NoKeys, gateway_for, account.name)

	def test_what_stripe_tells_is_put_back_whoever_writes_it(self):
		account = frappe.get_doc(doctype="Stripe Account", account_name=frappe.generate_hash()).insert()
		account.update({"status": "Connected", "mode": "Live", "stripe_account_id": "acct_forged"})
		account.save()
		self.assertEqual(
			(account.status, account.mode, account.stripe_account_id), ("Not Connected", None, None)
		)

	def test_a_negative_least_amount_is_refused(self):
		account = frappe.get_doc(
			doctype="Stripe Account", account_name=frappe.generate_hash(), minimum_partial_amount=-1
		)
		self.assertRaises(frappe.ValidationError, account.insert)

	def test_the_switch_counts_only_where_stripe_does_not_say(self):
		for capability, switch, available in (
			("Active", 0, True),
			("Inactive", 1, False),
			("Pending", 1, False),
			("Unknown", 0, False),
			("Unknown", 1, True),
		):
			row = frappe._dict(ach_capability=capability, ach_enabled_by_hand=switch)
			self.assertEqual(ach_available(row)[0], available, capability)
