"""What the controller of Saved Card allows, without Stripe; the scenarios are in tests/site/test_saved_cards.py."""

from stripe_service.tests.base import IntegrationTestCase
from stripe_service.tests.saved_method import SavedMethodTests

# Rows follow what Stripe has: there are no test records to make.
test_ignore = IGNORE_TEST_RECORD_DEPENDENCIES = ["Stripe Account", "Stripe Customer", "User"]


class TestSavedCard(SavedMethodTests, IntegrationTestCase):
	doctype = "Saved Card"
	another_status = "Removed"
