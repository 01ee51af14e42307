"""Every combination of what Stripe can report, and the one state it names."""

import itertools

import pytest

from stripe_service.gateway import payment_states
from stripe_service.gateway.payment_states import Facts

DISPUTES = [None, "warning_needs_response", "warning_closed", "needs_response", "under_review", "won", "lost"]


@pytest.mark.parametrize(
	"stripe_status, state",
	[
		("requires_payment_method", payment_states.STARTED),
		("requires_confirmation", payment_states.STARTED),
		("requires_action", payment_states.ACTION_REQUIRED),
		("processing", payment_states.PROCESSING),
	],
)
def test_before_success_the_amount_stays_reserved(stripe_status, state):
	assert payment_states.status_of(Facts(stripe_status)) == state
	assert payment_states.status_of(Facts(stripe_status, has_failure=True)) == state, "a decline alone frees nothing"
	assert state in payment_states.RESERVING


def test_only_cancellation_at_stripe_frees_a_claim():
	assert payment_states.status_of(Facts("canceled")) == payment_states.CANCELLED
	assert payment_states.status_of(Facts("canceled", has_failure=True)) == payment_states.FAILED


def test_an_unknown_status_is_an_error_and_not_a_guess():
	with pytest.raises(ValueError):
		payment_states.status_of(Facts("requires_something_new"))


@pytest.mark.parametrize(
	"refunded, dispute, state, settled",
	[
		(0, None, payment_states.SUCCEEDED, 1000),
		(400, None, payment_states.PARTLY_REFUNDED, 600),
		(1000, None, payment_states.REFUNDED, 0),
		(0, "warning_needs_response", payment_states.DISPUTED, 1000),
		(0, "needs_response", payment_states.DISPUTED, 0),
		(0, "under_review", payment_states.DISPUTED, 0),
		(0, "won", payment_states.SUCCEEDED, 1000),
		(0, "warning_closed", payment_states.SUCCEEDED, 1000),
		(0, "lost", payment_states.DISPUTE_LOST, 0),
		(400, "lost", payment_states.DISPUTE_LOST, 0),
	],
)
def test_after_success(refunded, dispute, state, settled):
	facts = Facts("succeeded", 1000, refunded, 1000 if dispute else 0, dispute)
	assert payment_states.status_of(facts) == state
	assert facts.settled_minor == settled


@pytest.mark.parametrize("refunded, dispute", list(itertools.product([0, 1, 999, 1000], DISPUTES)))
def test_settled_money_is_never_negative_and_never_more_than_received(refunded, dispute):
	facts = Facts("succeeded", 1000, refunded, 1000, dispute)
	assert 0 <= facts.settled_minor <= 1000
	assert payment_states.status_of(facts) in payment_states.RECEIVED


@pytest.mark.parametrize("old, new", list(itertools.product(payment_states.ALL, payment_states.ALL)))
def test_received_money_is_never_forgotten_and_a_void_payment_never_revived(old, new):
	if old in payment_states.RECEIVED:
		assert payment_states.may_follow(old, new) == (new in payment_states.RECEIVED)
	elif old in payment_states.VOID:
		assert payment_states.may_follow(old, new) == (new in payment_states.VOID)
	else:
		assert payment_states.may_follow(old, new)
