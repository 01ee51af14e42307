"""The settings' own rules; the checklist is tested in tests/site/test_account_workspace.py."""

import frappe

from stripe_service.stripe_service.doctype.stripe_service_settings.stripe_service_settings import BRANDS
from stripe_service.tests.base import IntegrationTestCase


class TestStripeServiceSettings(IntegrationTestCase):
	def test_cards_without_any_brand_are_refused(self):
		settings = frappe.get_doc("Stripe Service Settings")
		settings.update({"allow_cards": 1, **{f"brand_{brand}": 0 for brand in BRANDS}})
		self.assertRaises(frappe.ValidationError, settings.save)
		settings.reload()
		settings.update({"allow_cards": 0, **{f"brand_{brand}": 0 for brand in BRANDS}})
		settings.save()

	def test_there_is_a_switch_for_each_brand(self):
		meta = frappe.get_meta("Stripe Service Settings")
		switches = {
			field.fieldname.removeprefix("brand_")
			for field in meta.fields
			if field.fieldname.startswith("brand_")
		}
		self.assertEqual(switches, set(BRANDS))
