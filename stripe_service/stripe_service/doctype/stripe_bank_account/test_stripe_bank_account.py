"""What the controller of Stripe Bank Account allows, without Stripe; the scenarios are in tests/site/test_bank_accounts.py."""

from stripe_service.tests.base import IntegrationTestCase
from stripe_service.tests.saved_method import SavedMethodTests

# Rows follow what Stripe has: there are no test records to make.
test_ignore = IGNORE_TEST_RECORD_DEPENDENCIES = ["Stripe Account", "Stripe Customer", "User"]


class TestStripeBankAccount(SavedMethodTests, IntegrationTestCase):
	doctype = "Stripe Bank Account"
	another_status = "Verified"
