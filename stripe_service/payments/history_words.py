"""What a document's history says of each payment, refund, dispute and adjustment: a state's label, its colour among Frappe's
indicators, and a sentence that says whether the amount counts as paid.

None says that an amount is to be paid: it may have been paid since, by another line. What is still to be paid stands above
the lines, once."""

from dataclasses import dataclass
from datetime import datetime

from frappe import _
from frappe.utils import cint, getdate, nowdate

from stripe_service.gateway import payment_states, refund_states
from stripe_service.stripe_service.doctype.payment_adjustment.payment_adjustment import (
	CANCELLED,
	WRITTEN_OFF,
)
from stripe_service.utils.dates import date_in_words, time_in_words
from stripe_service.utils.labels import money_in_words


@dataclass(frozen=True)
class Words:
	"""Translated: a state's `label`, `text` for the rest; `colour` as Frappe names its indicators."""

	label: str
	colour: str
	text: str = ""


def is_debit(row) -> bool:
	"""Whether it was paid from a bank account, which takes days."""
	return row.method_type == "us_bank_account"


def amount_of(row) -> str:
	"""The amount of a row with `amount_minor` and `currency`, formatted."""
	return money_in_words(row.amount_minor, row.currency)


def about_payment(row, mine: bool, tells_why: bool, confirm_until: datetime) -> Words:
	"""`row` of an Invoice Payment. `tells_why`: the reader may know why it failed. `confirm_until`: when a payment that nobody
	confirms at the bank is ended, in the site's time."""
	match row.status:
		case payment_states.STARTED:
			return Words(_("Being sent"), "blue", _about_started(row))
		case payment_states.ACTION_REQUIRED:
			return Words(_("To be confirmed"), "orange", _about_confirmation(row, mine, confirm_until))
		case payment_states.PROCESSING:
			return Words(_("On its way"), "blue", _about_way(row))
		case payment_states.FAILED:
			return Words(_("Failed"), "red", _about_failure(row, tells_why))
		case payment_states.CANCELLED:
			return Words(_("Cancelled"), "gray", _("Nothing was charged, and nothing will be."))
		case payment_states.PARTLY_REFUNDED:
			return Words(_("Partly refunded"), "orange", _about_received(row))
		case payment_states.REFUNDED:
			return Words(_("Refunded"), "gray", _about_received(row))
		case payment_states.DISPUTED:
			return Words(_("Disputed"), "red", _about_received(row))
		case payment_states.DISPUTE_LOST:
			label = _("Returned by the bank") if is_debit(row) else _("Dispute lost")
			return Words(label, "red", _about_received(row))
	return Words(_("Paid"), "green", _about_received(row))


def _about_started(row) -> str:
	return _(
		"Stripe has not answered yet whether {0} was paid. Please do not pay it again before the answer is shown here."
	).format(amount_of(row))


def _about_confirmation(row, mine: bool, confirm_until: datetime) -> str:
	if mine:
		return _(
			"Your bank is waiting for you to confirm {0}. Press Pay to continue or to cancel it; without an answer it is"
			" ended on {1}."
		).format(amount_of(row), time_in_words(confirm_until))
	return _(
		"{0} is waiting for the payer to confirm it at their bank. If they do not, it can be paid again after {1}."
	).format(amount_of(row), time_in_words(confirm_until))


def _about_way(row) -> str:
	if not is_debit(row):
		return _("Payment of {0} on its way. Please do not pay it again.").format(amount_of(row))
	if not row.expected_by:
		return _("Bank debit of {0} on its way. Please do not pay it again.").format(amount_of(row))
	if getdate(row.expected_by) < getdate(nowdate()):
		return _(
			"Bank debit of {0} still on its way: the bank was expected to answer by {1}. Please do not pay it again."
		).format(amount_of(row), date_in_words(row.expected_by))
	return _("Bank debit of {0} on its way, expected by {1}. Please do not pay it again.").format(
		amount_of(row), date_in_words(row.expected_by)
	)


def _about_failure(row, tells_why: bool) -> str:
	if is_debit(row):
		failed = _("The bank debit of {0} failed. Nothing was received, so it does not count as paid.")
	else:
		failed = _("The payment of {0} was declined. Nothing was charged, so it does not count as paid.")
	why = row.failure_message if tells_why else ""
	return " ".join(filter(None, (failed.format(amount_of(row)), why)))


def _about_received(row) -> str:
	"""Of what was received: when a debit came, and what of it is more than the document owes."""
	text = []
	if is_debit(row) and row.settled_at:
		text.append(_("Received on {0}.").format(date_in_words(row.settled_at)))
	if cint(row.unallocated_minor) > 0:
		text.append(
			_("{0} of it is more than is owed. The administrators will refund or credit it.").format(
				money_in_words(row.unallocated_minor, row.currency)
			)
		)
	return " ".join(text)


def about_dispute(row, answers: bool) -> Words | None:
	"""`row` of an Invoice Payment; None if there is nothing to say. `answers`: the reader deals with disputes, and hears by when,
	and of those that have ended well."""
	if row.status == payment_states.DISPUTE_LOST:
		return _about_lost_dispute(row)
	if row.status == payment_states.DISPUTED:
		text = [_about_open_dispute(row), _how_to_answer(row) if answers else ""]
		return Words(_("Dispute"), "red", " ".join(filter(None, text)))
	if row.dispute_id and answers:
		return Words(_("Dispute ended"), "green", _("A dispute has ended. The money counts."))
	return None


def _about_open_dispute(row) -> str:
	if not cint(row.disputed_minor):
		return _("The cardholder's bank asks about this payment. It still counts as paid.")
	return _(
		"The bank holds {0} of this payment back while it is disputed, so it does not count as paid. Ask before you pay it"
		" again: if the dispute is won, it counts again."
	).format(money_in_words(row.disputed_minor, row.currency))


def _about_lost_dispute(row) -> Words:
	minor = cint(row.disputed_minor) or cint(row.amount_minor)
	amount = money_in_words(minor, row.currency)
	if is_debit(row):
		return Words(
			_("Returned by the bank"),
			"red",
			_("The bank returned {0} to the payer, so it does not count as paid.").format(amount),
		)
	return Words(
		_("Dispute lost"),
		"red",
		_(
			"The dispute was decided for the cardholder: {0} was given back and does not count as paid."
		).format(amount),
	)


def _how_to_answer(row) -> str:
	if is_debit(row) or not row.dispute_due_by:
		return ""
	return _("Answer it in the Stripe Dashboard by {0}.").format(time_in_words(row.dispute_due_by))


def about_refund(status: str, amount: str, mine: bool) -> Words:
	"""A Stripe Refund of `amount` (formatted)."""
	if status == refund_states.PENDING:
		return Words(_("Refund on its way"), "orange", _("{0} is being refunded.").format(amount))
	if status == refund_states.REQUIRES_ACTION:
		text = (
			_("The refund of {0} waits for you: Stripe has asked you by e-mail where to send it.")
			if mine
			else _("The refund of {0} waits for the payer, whom Stripe has asked by e-mail.")
		)
		return Words(_("Refund waits"), "orange", text.format(amount))
	if status == refund_states.SUCCEEDED:
		return Words(_("Refunded"), "gray", _("{0} was refunded.").format(amount))
	return Words(
		_("Refund failed"),
		"red",
		_("A refund of {0} did not go through: it was not given back.").format(amount),
	)


def about_adjustment(row) -> Words:
	"""`row` of a Payment Adjustment."""
	amount = amount_of(row)
	if row.status == CANCELLED:
		return Words(
			_("Taken back"),
			"gray",
			_("{0} was taken back: it does not count.").format(amount),
		)
	if row.kind == WRITTEN_OFF:
		return Words(_("Written off"), "gray", _("{0} was written off: nobody has to pay it.").format(amount))
	if not row.received_on:
		return Words(_("Paid"), "green")
	return Words(_("Paid"), "green", _("Received on {0}.").format(date_in_words(row.received_on)))
