"""What Stripe says of an amount that it did not take: the least or the greatest it would have taken.

The table of limits (stripe_limits.json) can be out of date, and the minimum of a charge that is converted depends on a
rate that only Stripe knows. Its refusal names the limit, in words:

- Amount must be at least $0.50 usd
- Amount must be at least 50 cents
- Amount must be no more than $999,999.99
- Amount must convert to at least 50 cents. ¥5 converts to approximately $0.03.

Pure Python. Words may change: what can't be read is None, and the payer reads a general sentence.
"""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from stripe_service.gateway import money

TOO_SMALL, TOO_LARGE = "amount_too_small", "amount_too_large"

_FIGURE = r"[^0-9.]{0,4}([0-9][0-9,]{0,18}(?:\.[0-9]{1,3})?)"
_LEAST = re.compile(rf"must be at least {_FIGURE}\s*([A-Za-z]*)")
_MOST = re.compile(rf"must be no more than {_FIGURE}")
_CONVERTED = re.compile(
	rf"must convert to at least {_FIGURE}\s*([A-Za-z]*)[^0-9]*?\..*?converts to approximately {_FIGURE}", re.S
)
# "50 cents" is in minor units, "$0.50 usd" in major ones.
_CODE = re.compile(r"[A-Za-z]{3}")


def limit_in(code: str | None, message: str | None, amount_minor: int, currency: str) -> int | None:
	"""The limit that Stripe's refusal of `amount_minor` names, in minor units of `currency` and an amount that Stripe takes;
	None if it names none."""
	text = (message or "")[:500]
	if code == TOO_LARGE:
		found = _MOST.search(text)
		return _on_step(_minor(found[1], "", currency), currency, ROUND_FLOOR) if found else None
	if code != TOO_SMALL:
		return None
	if found := _CONVERTED.search(text):
		return _least_before_conversion(found, amount_minor, currency)
	found = _LEAST.search(text)
	return _on_step(_minor(found[1], found[2], currency), currency, ROUND_CEILING) if found else None


def _least_before_conversion(found, amount_minor: int, currency: str) -> int | None:
	"""From what the refused amount converts to, which Stripe rounds: reckoned with the worst rate that fits."""
	needed, reached = _number(found[1]), _number(found[3])
	unit = Decimal(1).scaleb(-len(found[3].partition(".")[2]))
	if found[2] and not _CODE.fullmatch(found[2]):
		needed = needed.scaleb(-len(found[3].partition(".")[2]))
	worst = reached - unit / 2
	if worst <= 0:
		return None
	return _on_step(Decimal(amount_minor) * needed / worst, currency, ROUND_CEILING)


def _minor(figure: str, unit: str, currency: str) -> Decimal:
	in_minor_units = unit and not _CODE.fullmatch(unit)
	return _number(figure) if in_minor_units else _number(figure).scaleb(money.exponent(currency))


def _number(figure: str) -> Decimal:
	return Decimal(figure.replace(",", ""))


def _on_step(minor: Decimal, currency: str, rounding) -> int:
	step = money.step_minor(currency)
	return int((minor / step).to_integral_value(rounding=rounding)) * step
