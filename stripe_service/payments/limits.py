"""Which amounts a payer may choose. The form shows these bounds and the claim enforces them: one function, so that
the two cannot differ. Stripe's own limits are in gateway/stripe_limits.json; where Stripe refuses an amount all the same,
what it says of its limit is remembered for a day, so that the next amount is one that it takes."""

from dataclasses import dataclass

import frappe
from frappe import _

from stripe_service.gateway import amount_refusals, money
from stripe_service.payables.balance import Balance
from stripe_service.utils.labels import money_in_words

# Rates of exchange move, and with them the least amount of a charge that is converted.
LEARNT_FOR_SECONDS = 24 * 60 * 60


class AmountRefused(frappe.ValidationError):
	"""The amount can't be claimed; the message says which amounts can."""

	http_status_code = 417


@dataclass(frozen=True)
class Bounds:
	"""Minor units of `currency`. `max_minor` is 0 when nothing can be paid, and `reason` then says why. `least_rest_minor` is
	the least that may be left, since the rest has to be payable, too."""

	currency: str
	max_minor: int
	min_minor: int
	partial_allowed: bool
	owed_minor: int
	least_rest_minor: int
	reason: str | None = None


@dataclass(frozen=True)
class Limits:
	"""The least and the greatest single charge, in minor units."""

	least_minor: int
	most_minor: int


def limits_of(account: str, currency: str, method: str = "card") -> Limits:
	"""What Stripe takes at once: by the table, and by what it said last when it refused."""
	learnt = frappe.cache.get_value(_key(account, currency, method), expires=True) or {}
	return Limits(
		max(money.minimum_minor(currency), learnt.get(amount_refusals.TOO_SMALL, 0)),
		min(money.maximum_minor(currency, method), learnt.get(amount_refusals.TOO_LARGE, 10**12)),
	)


def bounds(
	balance: Balance,
	partial_allowed: bool = True,
	least_partial_minor: int = 0,
	limits: Limits | None = None,
	alone: bool = True,
) -> Bounds:
	"""What may be paid of `balance` at most and at least. Not `alone` but together with others, it may be less than Stripe takes
	at once: the sum is what counts there (`check_total`). A rest has to be payable by itself."""
	currency = balance.currency
	step = money.step_minor(currency)
	limits = limits or Limits(money.minimum_minor(currency), money.maximum_minor(currency))
	available = balance.available_minor
	greatest = min(available - available % step, limits.most_minor)
	least_at_once = limits.least_minor if alone else step
	reason = None
	if greatest < least_at_once:
		reason = _why_nothing(balance, limits)
	elif not partial_allowed and balance.reserved_minor:
		reason = _("Another payment of this document is under way.")
	elif not partial_allowed and available - greatest >= step:
		reason = _(
			"{0} are due, which is more than can be paid online at once ({1}), and this account takes no partial"
			" payments. Ask an administrator to allow them, or how else to pay."
		).format(money_in_words(available, currency), money_in_words(limits.most_minor, currency))
	if reason:
		return Bounds(currency, 0, 0, partial_allowed, available, limits.least_minor, reason)
	least = greatest
	if partial_allowed:
		least = min(max(least_at_once, _up_to_step(least_partial_minor, step)), greatest)
	return Bounds(currency, greatest, least, partial_allowed, available, limits.least_minor)


def why_no_more(allowed: Bounds) -> str | None:
	"""Where more is due than can be paid at once, what to do about the rest."""
	if not allowed.max_minor or allowed.owed_minor - allowed.max_minor < money.step_minor(allowed.currency):
		return None
	return _("More than that can't be paid online at once. Pay the rest by another payment.")


def _up_to_step(minor: int, step: int) -> int:
	return -(-minor // step) * step


def _why_nothing(balance: Balance, limits: Limits) -> str:
	if balance.outstanding_minor <= 0:
		return _("Nothing is left to pay.")
	if balance.reserved_minor:
		return _("All that is due is being paid already: {0} is under way.").format(
			money_in_words(balance.reserved_minor, balance.currency)
		)
	return _(
		"What is left, {0}, is less than the smallest amount that can be paid online ({1}). An administrator can write it off,"
		" or record that it was paid otherwise."
	).format(
		money_in_words(balance.outstanding_minor, balance.currency),
		money_in_words(limits.least_minor, balance.currency),
	)


def check(amount_minor: int, allowed: Bounds) -> None:
	"""Raises AmountRefused, in words for the payer, unless `amount_minor` may be claimed."""
	problem = _problem(amount_minor, allowed)
	if problem:
		frappe.throw(problem, AmountRefused, title=_("Amount"))


def check_total(total_minor: int, currency: str, of_stripe: Limits) -> None:
	"""Raises AmountRefused where Stripe does not take the sum of several amounts at once."""
	if total_minor > of_stripe.most_minor:
		frappe.throw(
			_("At most {0} can be paid at once. Choose fewer documents.").format(
				money_in_words(of_stripe.most_minor, currency)
			),
			AmountRefused,
			title=_("Amount"),
		)
	if total_minor < of_stripe.least_minor:
		frappe.throw(
			_("Please pay at least {0}.").format(money_in_words(of_stripe.least_minor, currency)),
			AmountRefused,
			title=_("Amount"),
		)


def _problem(amount: int, allowed: Bounds) -> str | None:
	currency = allowed.currency
	if not allowed.max_minor:
		return allowed.reason
	if amount > allowed.max_minor:
		return _("At most {0} can be paid now.").format(money_in_words(allowed.max_minor, currency))
	if amount % money.step_minor(currency):
		return _("Amounts in {0} are paid in steps of {1}.").format(
			currency, money_in_words(money.step_minor(currency), currency)
		)
	if amount == allowed.max_minor:
		return None
	if not allowed.partial_allowed:
		return _("This account takes no partial payments: please pay {0}.").format(
			money_in_words(allowed.max_minor, currency)
		)
	if amount < allowed.min_minor:
		return _("Please pay at least {0}.").format(money_in_words(allowed.min_minor, currency))
	return _problem_with_rest(allowed.owed_minor - amount, allowed)


def _problem_with_rest(rest: int, allowed: Bounds) -> str | None:
	"""A rest that nobody could pay online is refused, unless there is no way around it (then max is paid)."""
	currency = allowed.currency
	if rest >= allowed.least_rest_minor:
		return None
	most = allowed.owed_minor - allowed.least_rest_minor
	if most >= allowed.min_minor:
		return _(
			"That would leave {0}, too little to be paid online: please pay {1}, or at most {2}."
		).format(
			money_in_words(rest, currency),
			money_in_words(allowed.max_minor, currency),
			money_in_words(most - most % money.step_minor(currency), currency),
		)
	return _("Please pay {0}: less would leave too little to be paid online.").format(
		money_in_words(allowed.max_minor, currency)
	)


def read_amount(text, currency: str | None = None) -> int | None:
	"""What a person typed or a call sent, in major units with a decimal point, as minor units of `currency`.

	Without a currency only the form is looked at, which costs nothing and needs no document: callers do that first, so that
	no input is computed with, and nothing is loaded or locked for it, that is no amount. Raises AmountRefused.
	"""
	try:
		if not currency:
			money.read_amount_text(text)
			return None
		amount = money.parse_amount(text, currency)
	except money.AmountError as error:
		frappe.throw(_why_unreadable(text, error), AmountRefused, title=_("Amount"))
	if amount <= 0:
		frappe.throw(_("Please enter an amount above zero."), AmountRefused, title=_("Amount"))
	return amount


def _why_unreadable(text, error: money.AmountError) -> str:
	typed = frappe.bold(frappe.utils.escape_html(text[:40])) if isinstance(text, str) else ""
	if typed and text.strip().startswith("-"):
		return _("Please enter an amount above zero.")
	if len(error.readings) == 2:
		return _("{0} can be read in two ways. Please enter {1} or {2}.").format(typed, *error.readings)
	if error.readings:
		return _("Please enter {0} as {1}: digits, and a point before the decimals.").format(
			typed, error.readings[0]
		)
	if error.reason == money.AmountError.NOT_EXACT:
		return _("{0} has more decimals than {1} has.").format(typed, error.currency)
	return _("Please enter the amount as a number, such as 19.99.")


# What Stripe says of its limits


def learn_from_refusal(account: str, error, amount_minor: int, currency: str, method: str) -> str | None:
	"""Remember the limit for which Stripe refused a charge of `amount_minor` by this method; returns what to tell the payer, with an amount
	that would do, or None if the refusal is another one or names no limit."""
	limit = amount_refusals.limit_in(error.code, error.message, amount_minor, currency)
	if not limit:
		return None
	key = _key(account, currency, method)
	learnt = {**(frappe.cache.get_value(key, expires=True) or {}), error.code: limit}
	frappe.cache.set_value(key, learnt, expires_in_sec=LEARNT_FOR_SECONDS)
	shown = money_in_words(limit, currency)
	if error.code == amount_refusals.TOO_LARGE:
		return _("Nothing was charged. At most {0} can be paid at once: please pay {0} or less.").format(
			shown
		)
	return _(
		"Nothing was charged. At least {0} can be paid online at the moment: please pay {0} or more. If less than that is due,"
		" an administrator can tell you how to pay it."
	).format(shown)


def _key(account: str, currency: str, method: str) -> str:
	return f"stripe_service:limits:{account}:{currency}:{method}"
