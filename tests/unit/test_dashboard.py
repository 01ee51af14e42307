"""The addresses of Stripe's Dashboard."""

import pytest

from stripe_service.gateway import dashboard


@pytest.mark.parametrize(
	"kind, stripe_id, account, livemode, address",
	[
		("payment", "pi_1", "acct_1", True, "https://dashboard.stripe.com/acct_1/payments/pi_1"),
		("payment", "pi_1", "acct_1", False, "https://dashboard.stripe.com/acct_1/test/payments/pi_1"),
		("payment", "pi_1", None, False, "https://dashboard.stripe.com/test/payments/pi_1"),
		("customer", "cus_1", "acct_1", True, "https://dashboard.stripe.com/acct_1/customers/cus_1"),
		("dispute", "du_1", "acct_1", True, "https://dashboard.stripe.com/acct_1/disputes/du_1"),
		("payout", "po_1", "acct_1", False, "https://dashboard.stripe.com/acct_1/test/payouts/po_1"),
		("event", "evt_1", "", True, "https://dashboard.stripe.com/events/evt_1"),
		("home", None, "acct_1", False, "https://dashboard.stripe.com/acct_1/test/dashboard"),
	],
)
def test_an_address(kind, stripe_id, account, livemode, address):
	assert dashboard.address(kind, stripe_id, account, livemode) == address


def test_what_stands_in_an_id_can_not_lead_elsewhere():
	assert dashboard.address("payment", "../x?y#z", "@evil.example", True) == (
		"https://dashboard.stripe.com/%40evil.example/payments/..%2Fx%3Fy%23z"
	)
