"""Money between people and Stripe: major units here, minor units there, never a float in between.

Stripe counts in a currency's minor unit as an integer. How many minor units a major one has, and which amounts
Stripe takes, is Stripe's own rule and not ISO 4217's (ISK and UGX are sent in hundredths that must be whole units,
the three-decimal currencies must end in 0). The figures are in stripe_limits.json.

Amounts that come from outside (a form, an API call) go through `parse_amount`, which looks at the text before it computes
anything: `Decimal` takes "1e999997", "5_0" and digits of every script, and one such amount takes half a minute.

Pure Python: no Frappe, no Stripe, so that it can be tested by itself and trusted everywhere.
"""

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

# The figures, with their sources and dates.
LIMITS = json.loads((Path(__file__).parent / "stripe_limits.json").read_text())

ZERO_DECIMAL = frozenset(LIMITS["zero_decimal"])
THREE_DECIMAL = frozenset(LIMITS["three_decimal"])
WHOLE_UNITS_ONLY = frozenset(LIMITS["whole_units_only"])

# What can be read as an amount: ASCII digits, with a decimal point. Twelve digits are more than Stripe takes in any currency.
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
# Marks between groups of three digits, as people write them: "1,234", "1.234.567,80", "1'234", "1 234".
_GROUPED = re.compile(r"([0-9]{1,3})(([.,' ])[0-9]{3}(?:\3[0-9]{3})*)((?!\3)[.,][0-9]{1,2})?")
_DECIMAL_COMMA = re.compile(r"([0-9]{1,12}),([0-9]{1,2})")
_LONGEST_TEXT = 40


class AmountError(ValueError):
	"""An amount that Stripe can't be asked for; `reason` is one of the constants below.

	`readings` are the amounts that a person may have meant, as text in major units: two where the input is doubtful,
	one where it is clear but not written as needed here, none where it is no amount at all.
	"""

	NOT_A_NUMBER = "not_a_number"
	NOT_EXACT = "not_exact"
	TOO_SMALL = "too_small"
	TOO_LARGE = "too_large"

	def __init__(
		self, reason: str, currency: str = "", limit_minor: int | None = None, readings: tuple[str, ...] = ()
	):
		super().__init__(f"{reason} ({currency})")
		self.reason = reason
		self.currency = currency
		self.limit_minor = limit_minor
		self.readings = readings


def exponent(currency: str) -> int:
	"""How many decimal places Stripe's minor unit of `currency` stands behind the major one."""
	code = currency.upper()
	if code in ZERO_DECIMAL:
		return 0
	return 3 if code in THREE_DECIMAL else 2


def step_minor(currency: str) -> int:
	"""The smallest difference, in minor units, between two amounts that Stripe takes."""
	code = currency.upper()
	if code in WHOLE_UNITS_ONLY:
		return 100
	return 10 if code in THREE_DECIMAL else 1


def minimum_minor(currency: str) -> int:
	"""The least amount Stripe charges, in minor units; one step where Stripe publishes none."""
	return LIMITS["minimum"].get(currency.upper(), step_minor(currency))


def maximum_minor(currency: str, method: str = "card") -> int:
	"""The greatest amount Stripe charges at once by a payment method of this type, in minor units."""
	code = currency.upper()
	by_currency = LIMITS["maximum_digits"]
	digits = LIMITS["maximum_digits_by_method"].get(method, {}).get(code) or by_currency.get(
		code, by_currency["default"]
	)
	most = 10**digits - 1
	return most - most % step_minor(currency)


def read_amount_text(amount) -> str:
	"""`amount` as it came from outside, as plain text: one to twelve ASCII digits, with a decimal point and decimals or
	without. How many decimals are right depends on the currency (`parse_amount`); this needs none, and can be asked before
	anything is loaded.

	Takes str, int and Decimal. Raises AmountError(NOT_A_NUMBER): exponents, signs, underscores, digits of other scripts,
	separators of thousands, other types.
	"""
	text = _plain_text(amount)
	if text is None:
		raise AmountError(AmountError.NOT_A_NUMBER)
	if not _AMOUNT.fullmatch(text):
		raise AmountError(AmountError.NOT_A_NUMBER, readings=_readings(text))
	return text


def _plain_text(amount) -> str | None:
	if isinstance(amount, str):
		return amount.strip(" ") if len(amount) <= _LONGEST_TEXT else None
	if isinstance(amount, bool):
		return None
	if isinstance(amount, int):
		# Python itself refuses to write out, or takes long for, integers of many thousand digits.
		return str(amount) if abs(amount) < 10**_LONGEST_TEXT else None
	if isinstance(amount, Decimal) and amount.is_finite() and abs(amount.adjusted()) < _LONGEST_TEXT:
		return format(amount, "f") if len(amount.as_tuple().digits) <= _LONGEST_TEXT else None
	return None


def _readings(text: str) -> tuple[str, ...]:
	"""What somebody may have meant by `text`, which is not written as `read_amount_text` needs it."""
	if comma := _DECIMAL_COMMA.fullmatch(text):
		return (f"{comma[1]}.{comma[2]}",)
	grouped = _GROUPED.fullmatch(text)
	if not grouped:
		return ()
	first, rest, mark, decimals = grouped.groups()
	whole = first + rest.replace(mark, "")
	if decimals:
		return (f"{whole}.{decimals[1:]}",)
	if len(rest) == 4 and mark in ".,":
		return _two_readings(first, rest[1:])
	return (whole,)


def _two_readings(whole: str, three_digits: str) -> tuple[str, ...]:
	"""A mark before three digits: decimals, or thousands (unless a zero stands before it)."""
	as_decimals = f"{whole}.{three_digits}".rstrip("0").rstrip(".")
	return (as_decimals,) if whole.startswith("0") else (as_decimals, whole + three_digits)


def parse_amount(amount, currency: str) -> int:
	"""What somebody typed or sent, in major units of `currency`, as minor units, exactly.

	Raises AmountError: NOT_A_NUMBER as `read_amount_text`, NOT_EXACT for more decimals than `currency` has, zeros
	included: "1.190" may be 1.19 or 1,190 dollars, and is for the person to say.
	"""
	text = read_amount_text(amount)
	whole, _point, decimals = text.partition(".")
	if len(decimals) <= exponent(currency):
		return to_minor(text, currency)
	readings = _two_readings(whole, decimals) if len(decimals) == 3 and len(whole) <= 3 else ()
	raise AmountError(AmountError.NOT_EXACT, currency, readings=readings)


def to_minor(amount, currency: str) -> int:
	"""For amounts of this app's own: `amount` in major units (Decimal, str, int, or a float as Frappe holds it) as minor units, exactly.

	Raises AmountError(NOT_EXACT) if the amount has more decimals than the minor unit. A float is read as the
	shortest decimal that names it, which is the figure that was typed: 19.99 is 1999, not 1998.
	"""
	value = Decimal(str(amount)).scaleb(exponent(currency))
	if value != value.to_integral_value():
		raise AmountError(AmountError.NOT_EXACT, currency)
	return int(value)


def round_to_minor(amount, currency: str) -> int:
	"""Like to_minor, but rounds half up: for totals that a document has computed with floats."""
	value = Decimal(str(amount)).scaleb(exponent(currency))
	return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def from_minor(minor: int, currency: str) -> Decimal:
	"""Minor units as an exact Decimal in major units."""
	return Decimal(int(minor)).scaleb(-exponent(currency))


def chargeable_minor(minor: int, currency: str, method: str = "card") -> int:
	"""The greatest amount up to `minor` that Stripe takes in one charge (0 if there is none)."""
	amount = min(int(minor), maximum_minor(currency, method))
	amount -= amount % step_minor(currency)
	return amount if amount >= minimum_minor(currency) else 0


def check_chargeable(minor: int, currency: str, method: str = "card") -> None:
	"""Raises AmountError unless Stripe would take `minor` (minor units) as a charge in `currency`."""
	if minor % step_minor(currency):
		raise AmountError(AmountError.NOT_EXACT, currency, step_minor(currency))
	if minor < minimum_minor(currency):
		raise AmountError(AmountError.TOO_SMALL, currency, minimum_minor(currency))
	if minor > maximum_minor(currency, method):
		raise AmountError(AmountError.TOO_LARGE, currency, maximum_minor(currency, method))
