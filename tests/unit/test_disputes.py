"""What the disputes of a charge take from it: one table per question, then every mixture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripe_service.gateway import disputes, payment_states
from stripe_service.gateway.payment_states import DISPUTE_LOST, DISPUTED, SUCCEEDED, Facts

RECEIVED = 10000
STATUSES = [
	"warning_needs_response", "warning_under_review", "warning_closed", "needs_response", "under_review", "won", "lost",
	"appeal_needs_response", "appeal_under_review", "prevented", "a_status_of_tomorrow",
]  # fmt: skip


def dispute(status, amount=RECEIVED, moves=(), case_type="chargeback", created=100, due_by=0, **more):
	return {
		"id": f"du_{status}_{created}",
		"amount": amount,
		"currency": "usd",
		"status": status,
		"created": created,
		"balance_transactions": [move(*each) if isinstance(each, tuple) else each for each in moves],
		"evidence_details": {"due_by": due_by},
		"payment_method_details": {"type": "card", "card": {"case_type": case_type}},
		**more,
	}


def move(amount, rate=None, currency="usd", created=0, category="dispute"):
	return {
		"amount": amount,
		"fee": 1500,
		"net": amount - 1500,
		"currency": currency,
		"exchange_rate": rate,
		"created": created,
		"reporting_category": category,
	}


def state_and_settled(*found, refunded=0):
	summed = disputes.summed(list(found), RECEIVED, "usd")
	facts = Facts("succeeded", RECEIVED, refunded, summed.withheld_minor, summed.standing)
	return payment_states.status_of(facts), facts.settled_minor


@pytest.mark.parametrize(
	"status, state, settled",
	[
		("warning_needs_response", DISPUTED, RECEIVED),
		("warning_under_review", DISPUTED, RECEIVED),
		("warning_closed", SUCCEEDED, RECEIVED),
		("needs_response", DISPUTED, 0),
		("under_review", DISPUTED, 0),
		("won", SUCCEEDED, RECEIVED),
		("lost", DISPUTE_LOST, 0),
		("appeal_needs_response", DISPUTED, 0),
		("appeal_under_review", DISPUTED, 0),
		("prevented", SUCCEEDED, RECEIVED),
		("a_status_of_tomorrow", DISPUTED, 0),
	],
)
def test_by_status_where_stripe_has_moved_nothing_yet(status, state, settled):
	assert state_and_settled(dispute(status)) == (state, settled)


def test_one_that_was_resolved_before_it_began_paid_the_cardholder_back():
	assert state_and_settled(dispute("prevented", case_type="resolution")) == (DISPUTE_LOST, 0)
	assert state_and_settled(dispute("prevented", case_type="block")) == (SUCCEEDED, RECEIVED)


@pytest.mark.parametrize(
	"status, moves, state, settled",
	[
		("needs_response", [(-RECEIVED,)], DISPUTED, 0),
		("won", [(-RECEIVED,), (RECEIVED,)], SUCCEEDED, RECEIVED),
		("won", [(-RECEIVED,)], DISPUTED, 0),  # the money is on its way back
		("lost", [(-RECEIVED,)], DISPUTE_LOST, 0),
		("lost", [(-RECEIVED,), (RECEIVED,)], SUCCEEDED, RECEIVED),  # given back in the end: nothing is lost
		("lost", [(-RECEIVED,), (4000,)], DISPUTE_LOST, 4000),
		("won", [(-RECEIVED,), (4000,)], DISPUTED, 4000),
		("appeal_under_review", [(-RECEIVED,), (RECEIVED,), (-RECEIVED,)], DISPUTED, 0),
		("appeal_needs_response", [(-RECEIVED,), (RECEIVED,)], DISPUTED, RECEIVED),
		("needs_response", [(-4000,)], DISPUTED, 6000),  # withdrawn in part
	],
)
def test_by_the_money_where_stripe_has_moved_some(status, moves, state, settled):
	assert state_and_settled(dispute(status, moves=moves)) == (state, settled)


@pytest.mark.parametrize(
	"moves, withheld",
	[
		([(-10800, 1.08, "eur")], RECEIVED),
		# given back at another day's rate: all of it
		([(-10800, 1.08, "eur", 1), (10700, 1.07, "eur", 2)], 0),
		([(-10800, 1.08, "eur", 1), (5350, 1.07, "eur", 2)], 5000),
		# without rates, by the share
		([(-8000, None, "eur", 1), (2000, None, "eur", 2)], 7500),
		# one cent of rounding is no money that is withheld
		([(-6543, 0.6543, "eur", 1), (6542, 0.65421, "eur", 2)], 0),
		# in two currencies: nothing to compare, so by status
		([(-8000, None, "eur"), (10000, None, "usd")], RECEIVED),
	],
)
def test_what_was_withdrawn_in_another_currency_is_a_share_of_what_was_disputed(moves, withheld):
	assert disputes.withheld_minor(dispute("under_review", moves=moves), RECEIVED, "usd") == withheld


def test_the_fee_of_a_dispute_is_not_the_payers():
	fee = move(-1500, category="fee")
	assert disputes.withheld_minor(dispute("needs_response", 4000, [(-4000,), fee]), RECEIVED, "usd") == 4000


def test_a_dispute_in_another_currency_than_was_charged_withholds_the_whole():
	assert disputes.withheld_minor(dispute("lost", 3, currency="eur"), RECEIVED, "usd") == RECEIVED


@pytest.mark.parametrize(
	"found, state, settled",
	[
		([dispute("lost", 3000), dispute("needs_response", 2000)], DISPUTED, 5000),
		([dispute("lost", 3000), dispute("won", 2000, created=200)], DISPUTE_LOST, 7000),
		([dispute("lost", 3000), dispute("warning_needs_response", 2000, created=200)], DISPUTED, 7000),
		([dispute("won", 3000), dispute("warning_closed", 2000)], SUCCEEDED, RECEIVED),
		([dispute("lost"), dispute("lost")], DISPUTE_LOST, 0),
	],
)
def test_all_disputes_of_a_charge_count(found, state, settled):
	assert state_and_settled(*found) == (state, settled)
	assert state_and_settled(*reversed(found)) == (state, settled)


def test_a_list_that_can_not_be_read_withholds_all():
	doubt = disputes.unread(RECEIVED)
	assert (doubt.withheld_minor, doubt.standing, doubt.blocks_refund) == (RECEIVED, disputes.OPEN, True)


@pytest.mark.parametrize(
	"found, blocks",
	[
		([dispute("warning_needs_response", is_charge_refundable=True)], False),
		([dispute("needs_response", is_charge_refundable=False)], True),
		([dispute("won", is_charge_refundable=False)], False),
		([dispute("lost", is_charge_refundable=False)], True),
		([dispute("warning_under_review")], False),
		([dispute("under_review")], True),
		([dispute("won"), dispute("needs_response", is_charge_refundable=False)], True),
	],
)
def test_whether_the_charge_can_be_refunded(found, blocks):
	assert disputes.summed(found, RECEIVED, "usd").blocks_refund == blocks


def test_people_are_shown_the_dispute_that_needs_them_first():
	late, soon = dispute("needs_response", due_by=900), dispute("needs_response", due_by=300, created=50)
	lost, newest = dispute("lost"), dispute("won", created=999)
	assert disputes.summed([newest, lost, late, soon], RECEIVED, "usd").shown is soon
	assert disputes.summed([newest, lost], RECEIVED, "usd").shown is lost


@pytest.mark.parametrize("status, given, due", [("needs_response", 300, 300), ("needs_response", 0, None),
	("needs_response", None, None), ("lost", 300, None)])  # fmt: skip
def test_a_deadline_is_only_one_that_can_be_met(status, given, due):
	assert disputes.due_by(dispute(status, due_by=given)) == due


# every mixture

amounts = st.integers(0, 2 * RECEIVED)
moves = st.builds(
	move,
	st.integers(-2 * RECEIVED, 2 * RECEIVED),
	st.sampled_from([None, 0.0065, 0.93, 1, 1.08]),
	st.sampled_from(["usd", "usd", "eur", "jpy"]),
	st.integers(0, 3),
	st.sampled_from(["dispute", "dispute_reversal", "fee"]),
)
any_dispute = st.builds(
	dispute,
	st.sampled_from(STATUSES),
	amounts,
	st.lists(moves, max_size=3),
	st.sampled_from(["block", "chargeback", "resolution", None]),
	st.integers(0, 3),
	st.sampled_from([0, None, 5, 6]),
)
several = st.lists(any_dispute, max_size=4)


@given(several, st.integers(0, RECEIVED), st.randoms())
def test_order_says_nothing(found, refunded, random):
	shuffled = random.sample(found, len(found))
	for each in shuffled:
		random.shuffle(each["balance_transactions"])
	assert state_and_settled(*found, refunded=refunded) == state_and_settled(*shuffled, refunded=refunded)


@given(several, st.integers(0, RECEIVED))
def test_never_below_nothing_and_never_above_what_was_received(found, refunded):
	summed = disputes.summed(found, RECEIVED, "usd")
	assert 0 <= summed.withheld_minor <= RECEIVED
	state, settled = state_and_settled(*found, refunded=refunded)
	assert 0 <= settled <= RECEIVED - refunded
	assert state in payment_states.RECEIVED
	if state == DISPUTE_LOST:
		assert summed.withheld_minor and not any(disputes.is_open(each) for each in found)


@given(several, any_dispute)
def test_one_more_dispute_never_raises_what_is_settled(found, another):
	assert state_and_settled(*found, another)[1] <= state_and_settled(*found)[1]


@given(several)
def test_a_dispute_that_takes_money_is_never_called_succeeded(found):
	state, settled = state_and_settled(*found)
	if state == SUCCEEDED:
		assert settled == RECEIVED
