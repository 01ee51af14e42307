"""The spread of one payment over its documents: whatever Stripe reports, the rows add up to it."""

from hypothesis import given
from hypothesis import strategies as st

from stripe_service.gateway.payment_states import Facts
from stripe_service.payments.spread import spread


@st.composite
def payments(draw):
	"""(claimed, received, refunded, disputed, refunds that name rows): as Stripe may report them, in any combination."""
	claimed = draw(st.lists(st.integers(1, 10**6), min_size=1, max_size=12))
	received = draw(st.one_of(st.just(sum(claimed)), st.integers(0, sum(claimed))))
	refunded = draw(st.integers(0, received))
	disputed = draw(st.integers(0, received))
	rows = st.integers(0, len(claimed) - 1)
	named = draw(st.lists(st.dictionaries(rows, st.integers(0, 10**6), max_size=len(claimed)), max_size=6))
	return claimed, received, refunded, disputed, named


@given(payments())
def test_the_rows_add_up_to_what_stripe_says(payment):
	claimed, received, refunded, disputed, _named = payment
	shares = spread(*payment)
	assert sum(share.received_minor for share in shares) == received
	assert sum(share.refunded_minor for share in shares) == refunded
	assert sum(share.disputed_minor for share in shares) == min(disputed, received - refunded)
	facts = Facts("succeeded", received, refunded, disputed)
	assert sum(share.settled_minor for share in shares) == facts.settled_minor


@given(payments())
def test_no_row_goes_below_nothing_or_above_its_claim(payment):
	for minor, share in zip(payment[0], spread(*payment), strict=True):
		assert 0 <= share.settled_minor <= share.received_minor <= minor
		assert share.refunded_minor >= 0 <= share.disputed_minor


@given(payments(), st.integers(1, 10**6))
def test_more_than_was_claimed_is_recorded_on_the_last_row(payment, excess):
	claimed = payment[0]
	shares = spread(claimed, sum(claimed) + excess)
	assert [share.received_minor for share in shares] == [*claimed[:-1], claimed[-1] + excess]


@given(payments())
def test_one_document_has_all_of_it(payment):
	claimed, received, refunded, disputed, named = payment
	(share,) = spread([sum(claimed)], received, refunded, disputed, [{0: 5} for _refund in named])
	assert share.settled_minor == Facts("succeeded", received, refunded, disputed).settled_minor


@given(payments())
def test_what_names_no_row_opens_the_fewest_documents(payment):
	"""From the last row upwards: at most one row is opened in part, and all below it wholly."""
	claimed, received, refunded, _disputed, _named = payment
	shares = spread(claimed, received, refunded)
	touched = [share for share in shares if share.refunded_minor]
	first = next((number for number, share in enumerate(shares) if share.refunded_minor), len(shares))
	assert all(share.settled_minor == 0 for share in touched[1:])
	assert all(share.settled_minor == 0 for share in shares[first + 1 :])


@given(payments())
def test_a_refund_that_names_rows_takes_from_these(payment):
	claimed, _received, _refunded, _disputed, named = payment
	received = sum(claimed)
	for refund in named[:1]:
		wanted = {row: min(minor, claimed[row]) for row, minor in refund.items()}
		shares = spread(claimed, received, sum(wanted.values()), 0, [wanted])
		assert [share.refunded_minor for share in shares] == [
			wanted.get(row, 0) for row in range(len(claimed))
		]


@given(payments())
def test_what_stripe_does_not_count_yet_takes_nothing(payment):
	claimed, received, _refunded, disputed, named = payment
	assert spread(claimed, received, 0, disputed, named) == spread(claimed, received, 0, disputed)


def test_seven_invoices_two_refunded_and_a_dispute_of_the_rest_of_one():
	claimed = [1000, 2000, 3000, 4000, 5000, 6000, 1500]
	shares = spread(claimed, 22500, 5000, 2000, [{1: 2000}, {2: 3000}])
	assert [share.settled_minor for share in shares] == [1000, 0, 0, 4000, 5000, 5500, 0]
