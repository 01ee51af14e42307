"""Currencies as Stripe takes them: decimals, least and greatest amounts. All amounts are in minor units.

https://docs.stripe.com/currencies; the table in currencies.json is the emulator's own and shared with nobody, so that a
mistake in the app's shows. Its rates only serve to turn a foreign charge's settlement into round figures; nobody may rely on
them.
"""

import json
from pathlib import Path

from . import errors

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
WHOLE_UNITS_ONLY = frozenset(["isk", "ugx"])  # sent times 100, but without cents
SUPPORTED = frozenset(
	"usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp "
	"cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg huf idr ils inr "
	"isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr "
	"mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd "
	"std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw".split()
)
TABLE = json.loads((Path(__file__).parent / "currencies.json").read_text())


def decimals(currency: str) -> int:
	"""How many decimals Stripe's minor unit of the currency has: 0, 2 or 3."""
	return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def minimum(currency: str) -> int:
	"""The least amount of a charge that settles in its own currency. One that Stripe does not list has the dollar's, converted."""
	if currency in TABLE["minimum"]:
		return TABLE["minimum"][currency]
	least, _ = converted(TABLE["minimum"]["usd"], "usd", currency)
	return max(-(-least // step(currency)) * step(currency), 1)


def maximum(currency: str, types: list[str]) -> int:
	"""The greatest amount: Stripe limits its number of digits, and some payment methods allow more."""
	digits = TABLE["maximum_digits"].get(currency) or TABLE["maximum_digits"]["default"]
	return 10 ** max(digits.get(kind, digits["any"]) for kind in types) - 1


def step(currency: str) -> int:
	"""Amounts in minor units must be a multiple of this."""
	return 10 if currency in THREE_DECIMAL else 100 if currency in WHOLE_UNITS_ONLY else 1


def shown(amount: int, currency: str) -> str:
	"""An amount in minor units as Stripe's messages write it."""
	places = decimals(currency)
	return f"{amount / 10**places:,.{places}f} {currency}"


def check_currency(currency: str, param: str = "currency") -> str:
	"""The code in lower case; raises StripeError for one that Stripe has not."""
	lower = currency.lower()
	if lower not in SUPPORTED:
		raise errors.invalid(
			f"Invalid currency: {lower}. Stripe currently supports these currencies: {', '.join(sorted(SUPPORTED))}",
			None,
			param,
		)
	return lower


def check_amount(amount: int, currency: str, settlement: str, types: list[str], param: str = "amount") -> int:
	"""Raises StripeError for an amount (minor units of `currency`) that Stripe would refuse.

	:param settlement: the currency in which the account receives it: the minimum is that one's, after conversion
	:param types: the payment methods that may be used
	:raises StripeError: amount_too_small, amount_too_large, parameter_invalid_integer
	"""
	if amount < 1:
		raise errors.invalid(
			"This value must be greater than or equal to 1.", "parameter_invalid_integer", param
		)
	most = maximum(currency, types)
	if amount > most:
		raise errors.invalid(
			f"Amount must be no more than {_signed(most, currency)}", "amount_too_large", param
		)
	if amount % step(currency):
		raise errors.invalid(
			f"Invalid amount: {amount}. Amounts in {currency.upper()} must be divisible by {step(currency)}.",
			"parameter_invalid_integer",
			param,
		)
	_check_minimum(amount, currency, settlement, param)
	return amount


def _check_minimum(amount: int, currency: str, settlement: str, param: str) -> None:
	least = minimum(settlement)
	settled, _ = converted(amount, currency, settlement)
	if settled >= least:
		return
	if currency == settlement:
		message = f"Amount must be at least {_signed(least, currency)}"
	else:
		unit = TABLE["minor_units"].get(settlement, "minor units")
		message = (
			f"Amount must convert to at least {least} {unit}. {_signed(amount, currency)} converts to approximately "
			f"{_signed(settled, settlement)}."
		)
	raise errors.invalid(message, "amount_too_small", param)


def converted(amount: int, currency: str, into: str) -> tuple[int, float | None]:
	"""The amount in another currency's minor units, and the rate where the currencies differ."""
	if currency == into:
		return amount, None
	rates = TABLE["us_dollars_for_one"]
	rate = rates.get(currency, 1.0) / rates.get(into, 1.0)
	return round(amount / 10 ** decimals(currency) * rate * 10 ** decimals(into)), round(rate, 6)


def _signed(amount: int, currency: str) -> str:
	symbol = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}.get(currency, "")
	return f"{symbol}{shown(amount, currency)}"
