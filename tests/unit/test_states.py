"""Every combination of what Stripe can report, and the one state it names."""

import itertools

import pytest

from stripe_service.gateway import disputes, payment_states
from stripe_service.gateway.payment_states import Facts


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
	assert (
		payment_states.status_of(Facts(stripe_status, has_failure=True)) == state
	), "a decline alone frees nothing"
	assert state in payment_states.RESERVING


def test_only_cancellation_at_stripe_frees_a_claim():
	assert payment_states.status_of(Facts("canceled")) == payment_states.CANCELLED
	assert payment_states.status_of(Facts("canceled", has_failure=True)) == payment_states.FAILED


def test_an_unknown_status_is_an_error_and_not_a_guess():
	with pytest.raises(ValueError):
		payment_states.status_of(Facts("requires_something_new"))


@pytest.mark.parametrize(
	"refunded, disputed, standing, state, settled",
	[
		(0, 0, None, payment_states.SUCCEEDED, 1000),
		(400, 0, None, payment_states.PARTLY_REFUNDED, 600),
		(1000, 0, None, payment_states.REFUNDED, 0),
		# an inquiry
		(0, 0, disputes.OPEN, payment_states.DISPUTED, 1000),
		(400, 0, disputes.OPEN, payment_states.DISPUTED, 600),
		(1000, 0, disputes.OPEN, payment_states.REFUNDED, 0),
		# a dispute
		(0, 1000, disputes.OPEN, payment_states.DISPUTED, 0),
		(0, 300, disputes.OPEN, payment_states.DISPUTED, 700),
		(1000, 1000, disputes.OPEN, payment_states.DISPUTED, 0),
		(0, 1000, disputes.LOST, payment_states.DISPUTE_LOST, 0),
		(0, 300, disputes.LOST, payment_states.DISPUTE_LOST, 700),
		(400, 1000, disputes.LOST, payment_states.DISPUTE_LOST, 0),
		(700, 300, disputes.LOST, payment_states.DISPUTE_LOST, 0),
	],
)
def test_after_success(refunded, disputed, standing, state, settled):
	facts = Facts("succeeded", 1000, refunded, disputed, standing)
	assert payment_states.status_of(facts) == state
	assert facts.settled_minor == settled


@pytest.mark.parametrize(
	"refunded, disputed, standing",
	list(itertools.product([0, 1, 999, 1000], [0, 1, 1000], [None, disputes.OPEN, disputes.LOST])),
)
def test_settled_money_is_never_negative_and_never_more_than_received(refunded, disputed, standing):
	facts = Facts("succeeded", 1000, refunded, disputed, standing)
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
