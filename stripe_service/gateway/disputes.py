"""What the disputes of a charge take from a payment, all of them together. Pure Python, so that every mixture is tested.

A charge can be disputed more than once, and each dispute counts. What Stripe withdrew and gave back stands in
`balance_transactions` and decides; the status decides only where there are none yet, and a status that is not known
here counts as money that is gone, because a new word of Stripe's must never turn an unpaid document into a paid one.
https://docs.stripe.com/api/disputes/object, https://docs.stripe.com/disputes/how-disputes-work
"""

from dataclasses import dataclass
from decimal import Decimal

OPEN = "open"
LOST = "lost"

WON = "won"
_CLOSED = (WON, "lost", "warning_closed", "prevented")
# An inquiry (warning_*) takes no money, a dispute does from the day it is opened until it is won.
_TAKES_NOTHING = (WON, "warning_needs_response", "warning_under_review", "warning_closed", "prevented")
# A prevented dispute was blocked before anything happened, or resolved by paying the cardholder back.
_PAID_BACK = "resolution"
# Stripe writes exchange rates with six digits.
_RATE_ERROR = Decimal("0.00001")


@dataclass(frozen=True)
class Disputes:
	"""All disputes of one charge. `withheld_minor` is in minor units of the charge's currency.

	`standing`: OPEN while any of them may still change, LOST if none may and money is gone for good, else None.
	`shown`: the dispute that people have to deal with, as Stripe gives it. `unread`: Stripe did not tell.
	"""

	withheld_minor: int = 0
	standing: str | None = None
	blocks_refund: bool = False
	shown: dict | None = None
	unread: bool = False


NONE = Disputes()


def unread(received_minor: int) -> Disputes:
	"""A charge that is disputed, and nobody knows how: all of it is withheld until Stripe tells."""
	return Disputes(received_minor, OPEN, blocks_refund=True, unread=True)


def summed(disputes: list[dict], received_minor: int, currency: str) -> Disputes:
	"""What all disputes of a charge take from `received_minor` (minor units of `currency`); their order says nothing."""
	if not disputes:
		return NONE
	withheld = [(dispute, withheld_minor(dispute, received_minor, currency)) for dispute in disputes]
	standings = {_standing(dispute, minor) for dispute, minor in withheld}
	return Disputes(
		withheld_minor=min(sum(minor for _dispute, minor in withheld), received_minor),
		standing=OPEN if OPEN in standings else LOST if LOST in standings else None,
		blocks_refund=any(_blocks_refund(dispute, minor) for dispute, minor in withheld),
		shown=max(withheld, key=lambda pair: _attention(*pair))[0],
	)


def withheld_minor(dispute: dict, received_minor: int, currency: str) -> int:
	"""What one dispute withholds now, in minor units of the charge's `currency`; never more than was received.

	Its fee is not part of it: the payer owes nothing of that.
	"""
	amount = int(dispute.get("amount") or 0)
	if (dispute.get("currency") or currency).lower() != currency.lower():
		amount = (
			received_minor  # in another currency than was charged: no part of it can be told from the whole
		)
	minor = _withdrawn_minor(dispute, amount, currency)
	if minor is None:
		takes_nothing = dispute.get("status") in _TAKES_NOTHING and not _was_paid_back(dispute)
		minor = 0 if takes_nothing else amount
	return max(min(minor, received_minor), 0)


def is_open(dispute: dict) -> bool:
	"""Whether the dispute is not decided yet."""
	return dispute.get("status") not in _CLOSED


def due_by(dispute: dict) -> int | None:
	"""Until when the dispute can be answered (a Stripe timestamp); None where nobody can, which Stripe writes as 0."""
	if not is_open(dispute):
		return None
	return (dispute.get("evidence_details") or {}).get("due_by") or None


def _was_paid_back(dispute: dict) -> bool:
	card = (dispute.get("payment_method_details") or {}).get("card") or {}
	return dispute.get("status") == "prevented" and card.get("case_type") == _PAID_BACK


def _withdrawn_minor(dispute: dict, amount: int, currency: str) -> int | None:
	"""What Stripe withdrew and has not given back; None if it has moved nothing, or what can't be compared."""
	moves = [move for move in dispute.get("balance_transactions") or [] if _is_disputed_money(move)]
	currencies = {(move.get("currency") or "").lower() for move in moves}
	if len(currencies) != 1:
		return None
	if currencies == {currency.lower()}:
		return int(-sum(move["amount"] for move in moves))
	return _part_of(amount, moves)


def _is_disputed_money(move: dict) -> bool:
	return isinstance(move, dict) and bool(move.get("amount")) and move.get("reporting_category") != "fee"


def _part_of(amount: int, moves: list[dict]) -> int:
	"""The same part of `amount` as is still withdrawn of what was withdrawn at most, in another currency.

	Both ways were converted, on different days, so each move is brought back by its own rate first; a difference that is
	no more than rounding is none.
	"""
	out = most = Decimal(0)
	# A withdrawal before what came back at the same second.
	for move in sorted(moves, key=lambda move: (move.get("created") or 0, move["amount"])):
		out -= Decimal(move["amount"]) / _rate(move)
		most = max(most, out)
	rounding = max(1 / _rate(move) for move in moves) + most * _RATE_ERROR
	if out <= rounding:
		return 0
	if most - out <= rounding:
		return amount
	return int((amount * out / most).to_integral_value(rounding="ROUND_CEILING"))


def _rate(move: dict) -> Decimal:
	return Decimal(str(move.get("exchange_rate") or 1))


def _standing(dispute: dict, withheld: int) -> str | None:
	if is_open(dispute):
		return OPEN
	if not withheld:
		return None
	# Won, and the money is on its way back.
	return OPEN if dispute.get("status") == WON else LOST


def _blocks_refund(dispute: dict, withheld: int) -> bool:
	"""Whether Stripe refuses refunds because of this dispute (`is_charge_refundable`)."""
	if not is_open(dispute) and not withheld:
		return False
	refundable = dispute.get("is_charge_refundable")
	return bool(withheld) if refundable is None else not refundable


def _attention(dispute: dict, withheld: int) -> tuple:
	"""Sorts by how much a dispute wants somebody: one that can be answered, and the sooner the more, then the newest."""
	until = due_by(dispute)
	return (is_open(dispute), withheld > 0, -until if until else float("-inf"), dispute.get("created") or 0)
