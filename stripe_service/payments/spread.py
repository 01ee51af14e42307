"""How what Stripe reports of a payment is spread over the documents that it pays.

Stripe knows one figure each for what was received, refunded and withheld. Each document gets its part by this function, and by
nothing else. It is a function of the facts as they are now, so that they may come in any order and any number of times. Pure
Python: its properties are tested, not examples alone.

- What was received fills the rows in their order, each up to what was claimed for it.
- Refunds that name rows take from these.
- What names none (a refund in the Stripe Dashboard, a dispute, a bank's return) takes from the last row upwards, so that the
  fewest documents open again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
	"""One row's part, in minor units of the payment's currency."""

	received_minor: int = 0
	refunded_minor: int = 0
	disputed_minor: int = 0

	@property
	def settled_minor(self) -> int:
		"""What the row's document has: received, less refunded, less withheld."""
		return self.received_minor - self.refunded_minor - self.disputed_minor


def spread(
	claimed: Sequence[int],
	received_minor: int,
	refunded_minor: int = 0,
	disputed_minor: int = 0,
	named_refunds: Iterable[Mapping[int, int]] = (),
) -> list[Share]:
	"""One Share for each of `claimed`, which add up to what Stripe reports; all in minor units.

	`named_refunds` are refunds that name rows, each {index of the row: amount}, in an order that does not depend on when they
	were heard of. Where they are more than Stripe counts as refunded, the later ones are not counted yet.

	Neither goes below nothing: what is withheld beyond what is left after refunds is nobody's, as `payment_states.Facts` has it.
	"""
	received = _fill(claimed, received_minor)
	left = list(received)
	uncounted = min(refunded_minor, sum(left))
	for refund in named_refunds:
		for index, amount in sorted(refund.items()):
			taken = min(amount, left[index], uncounted)
			left[index] -= taken
			uncounted -= taken
	left = _take_from_the_end(left, uncounted)
	after_refunds = left
	left = _take_from_the_end(left, min(disputed_minor, sum(left)))
	return [
		Share(got, got - kept, kept - rest)
		for got, kept, rest in zip(received, after_refunds, left, strict=True)
	]


def _fill(claimed: Sequence[int], received: int) -> list[int]:
	"""Stripe never takes more than was claimed. Should it say so all the same, the last row has the excess: what is reported is
	recorded, and shown as money that the document does not owe."""
	filled = []
	for minor in claimed:
		part = min(minor, received)
		filled.append(part)
		received -= part
	if filled:
		filled[-1] += received
	return filled


def _take_from_the_end(amounts: Sequence[int], minor: int) -> list[int]:
	rest = list(amounts)
	for index in reversed(range(len(rest))):
		taken = min(rest[index], minor)
		rest[index] -= taken
		minor -= taken
	return rest
