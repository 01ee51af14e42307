"""Which amounts a payer may choose. The form shows these bounds and the claim enforces them: one function, so that
the two cannot differ."""

from dataclasses import dataclass

import frappe
from frappe import _
from frappe.utils import fmt_money

from stripe_service.gateway import money
from stripe_service.payables.balance import Balance


class AmountRefused(frappe.ValidationError):
	"""The amount can't be claimed; the message says which amounts can."""

	http_status_code = 417


@dataclass(frozen=True)
class Bounds:
	"""Minor units of `currency`. `max_minor` is 0 when nothing can be paid, and `reason` then says why."""

	currency: str
	max_minor: int
	min_minor: int
	partial_allowed: bool
	owed_minor: int
	reason: str | None = None


def bounds(balance: Balance, partial_allowed: bool = True, least_partial_minor: int = 0) -> Bounds:
	"""What may be paid of `balance` at most and at least."""
	currency = balance.currency
	available = balance.available_minor
	greatest = money.chargeable_minor(available, currency)
	if not greatest:
		return Bounds(currency, 0, 0, partial_allowed, available, _why_nothing(balance))
	if not partial_allowed and balance.reserved_minor:
		return Bounds(currency, 0, 0, False, available, _("Another payment of this document is under way."))
	least = greatest
	if partial_allowed:
		least = min(max(money.minimum_minor(currency), least_partial_minor), greatest)
	return Bounds(currency, greatest, least, partial_allowed, available)


def _why_nothing(balance: Balance) -> str:
	if balance.outstanding_minor <= 0:
		return _("Nothing is left to pay.")
	if balance.reserved_minor:
		return _("All that is due is being paid already: {0} are under way.").format(
			_in_words(balance.reserved_minor, balance.currency)
		)
	return _("What is left, {0}, is less than the smallest amount that can be paid online ({1}).").format(
		_in_words(balance.outstanding_minor, balance.currency),
		_in_words(money.minimum_minor(balance.currency), balance.currency),
	)


def check(amount_minor: int, allowed: Bounds) -> None:
	"""Raises AmountRefused, in words for the payer, unless `amount_minor` may be claimed."""
	problem = _problem(amount_minor, allowed)
	if problem:
		frappe.throw(problem, AmountRefused, title=_("Amount"))


def _problem(amount: int, allowed: Bounds) -> str | None:
	currency = allowed.currency
	if not allowed.max_minor:
		return allowed.reason
	if amount > allowed.max_minor:
		return _("At most {0} can be paid now.").format(_in_words(allowed.max_minor, currency))
	if amount % money.step_minor(currency):
		return _("Amounts in {0} are paid in steps of {1}.").format(
			currency, _in_words(money.step_minor(currency), currency)
		)
	if amount == allowed.max_minor:
		return None
	if not allowed.partial_allowed:
		return _("This account takes no partial payments: please pay {0}.").format(
			_in_words(allowed.max_minor, currency)
		)
	if amount < allowed.min_minor:
		return _("Please pay at least {0}.").format(_in_words(allowed.min_minor, currency))
	return _problem_with_rest(allowed.owed_minor - amount, allowed)


def _problem_with_rest(rest: int, allowed: Bounds) -> str | None:
	"""A rest that nobody could pay online is refused, unless there is no way around it (then max is paid)."""
	currency = allowed.currency
	least = money.minimum_minor(currency)
	if rest >= least:
		return None
	most = allowed.owed_minor - least
	if most >= allowed.min_minor:
		return _(
			"That would leave {0}, too little to be paid online: please pay {1}, or at most {2}."
		).format(
			_in_words(rest, currency),
			_in_words(allowed.max_minor, currency),
			_in_words(most - most % money.step_minor(currency), currency),
		)
	return _("Please pay {0}: less would leave too little to be paid online.").format(
		_in_words(allowed.max_minor, currency)
	)


def read_amount(text: str, currency: str) -> int:
	"""What a person typed, in major units with a decimal point, as minor units. Raises AmountRefused."""
	try:
		amount = money.to_minor(str(text).strip(), currency)
	except money.AmountError:
		frappe.throw(
			_("{0} has more decimals than {1} has.").format(
				frappe.bold(frappe.utils.escape_html(str(text))), currency
			),
			AmountRefused,
			title=_("Amount"),
		)
	except (ArithmeticError, ValueError):
		frappe.throw(
			_("Please enter the amount as a number, such as 19.99."), AmountRefused, title=_("Amount")
		)
	if amount <= 0:
		frappe.throw(_("Please enter an amount above zero."), AmountRefused, title=_("Amount"))
	return amount


def _in_words(minor: int, currency: str) -> str:
	return fmt_money(money.from_minor(minor, currency), precision=money.exponent(currency), currency=currency)
