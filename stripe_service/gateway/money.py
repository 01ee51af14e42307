"""Money between people and Stripe: major units here, minor units there, never a float in between.

Stripe counts in a currency's minor unit as an integer. How many minor units a major one has, and which amounts
Stripe takes, is Stripe's own rule and not ISO 4217's (ISK and UGX are sent in hundredths that must be whole units,
the three-decimal currencies must end in 0). The rules are those of https://docs.stripe.com/currencies.

Pure Python: no Frappe, no Stripe, so that it can be tested by itself and trusted everywhere.
"""

from decimal import ROUND_HALF_UP, Decimal

ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
THREE_DECIMAL = frozenset("BHD JOD KWD OMR TND".split())
# Two decimals towards Stripe, for history's sake, although the currency has none.
WHOLE_UNITS_ONLY = frozenset("ISK UGX".split())

# Stripe's published minimum charge, in minor units; what a currency that is not listed needs, Stripe says
# itself (amount_too_small).
MINIMUM_CHARGE = {
	"USD": 50, "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50,
	"GBP": 30, "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50,
	"PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000,
}  # fmt: skip
MAXIMUM_CHARGE = 99_999_999  # eight digits, in minor units


class AmountError(ValueError):
	"""An amount that Stripe can't be asked for; `reason` is one of the constants below."""

	NOT_EXACT = "not_exact"
	TOO_SMALL = "too_small"
	TOO_LARGE = "too_large"

	def __init__(self, reason: str, currency: str, limit_minor: int | None = None):
		super().__init__(f"{reason} ({currency})")
		self.reason = reason
		self.currency = currency
		self.limit_minor = limit_minor


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
	return MINIMUM_CHARGE.get(currency.upper(), step_minor(currency))


def to_minor(amount, currency: str) -> int:
	"""`amount` in major units (Decimal, str, int, or a float as Frappe holds it) as minor units, exactly.

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


def chargeable_minor(minor: int, currency: str) -> int:
	"""The greatest amount up to `minor` that Stripe takes in one charge (0 if there is none)."""
	step = step_minor(currency)
	amount = min(int(minor), MAXIMUM_CHARGE)
	amount -= amount % step
	return amount if amount >= minimum_minor(currency) else 0


def check_chargeable(minor: int, currency: str) -> None:
	"""Raises AmountError unless Stripe would take `minor` (minor units) as a charge in `currency`."""
	if minor % step_minor(currency):
		raise AmountError(AmountError.NOT_EXACT, currency, step_minor(currency))
	if minor < minimum_minor(currency):
		raise AmountError(AmountError.TOO_SMALL, currency, minimum_minor(currency))
	if minor > MAXIMUM_CHARGE:
		raise AmountError(AmountError.TOO_LARGE, currency, MAXIMUM_CHARGE)
