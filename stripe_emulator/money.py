"""Currencies as Stripe takes them: decimals, least and greatest amounts. All amounts are in minor units.

https://docs.stripe.com/currencies. The rates only serve to turn Stripe's $0.50 minimum and a foreign charge's
settlement into round figures; nobody may rely on them.
"""

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
MINIMUM = {
	"usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30,
	"hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200,
	"ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
# US dollars for one major unit.
RATES = {"eur": 1.1, "gbp": 1.27, "jpy": 0.0067, "kwd": 3.25, "bhd": 2.65, "omr": 2.6, "jod": 1.41, "tnd": 0.32,
	"cad": 0.73, "aud": 0.66, "chf": 1.13, "krw": 0.00073, "isk": 0.0072, "ugx": 0.00027, "vnd": 0.00004,
	"clp": 0.0011, "xof": 0.0017, "xaf": 0.0017}  # fmt: skip
MAXIMUM = 99_999_999


def decimals(currency: str) -> int:
	return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def minimum(currency: str) -> int:
	if currency in MINIMUM:
		return MINIMUM[currency]
	units = 0.5 / RATES.get(currency, 1.0) * 10 ** decimals(currency)
	step = 10 if currency in THREE_DECIMAL else 100 if currency in WHOLE_UNITS_ONLY else 1
	return max(int(-(-units // step) * step), 1)


def shown(amount: int, currency: str) -> str:
	places = decimals(currency)
	return f"{amount / 10**places:,.{places}f} {currency}"


def check_currency(currency: str, param: str = "currency") -> str:
	lower = currency.lower()
	if lower not in SUPPORTED:
		raise errors.invalid(
			f"Invalid currency: {lower}. Stripe currently supports these currencies: {', '.join(sorted(SUPPORTED))}",
			None,
			param,
		)
	return lower


def check_amount(amount: int, currency: str, param: str = "amount") -> int:
	"""
	:raises StripeError: amount_too_small, amount_too_large, parameter_invalid_integer
	"""
	if amount < 1:
		raise errors.invalid(
			"This value must be greater than or equal to 1.", "parameter_invalid_integer", param
		)
	if amount > MAXIMUM:
		raise errors.invalid(
			f"Amount must be no more than {_dollars(MAXIMUM, currency)}", "amount_too_large", param
		)
	if currency in THREE_DECIMAL and amount % 10:
		raise errors.invalid(
			f"Invalid amount: {amount}. Amounts in {currency.upper()} must be divisible by 10.",
			"parameter_invalid_integer",
			param,
		)
	if currency in WHOLE_UNITS_ONLY and amount % 100:
		raise errors.invalid(
			f"Invalid amount: {amount}. Amounts in {currency.upper()} must be divisible by 100.",
			"parameter_invalid_integer",
			param,
		)
	if amount < minimum(currency):
		raise errors.invalid(
			f"Amount must be at least {_dollars(minimum(currency), currency)}", "amount_too_small", param
		)
	return amount


def converted(amount: int, currency: str, into: str) -> tuple[int, float | None]:
	"""The amount in another currency's minor units, and the rate where the currencies differ."""
	if currency == into:
		return amount, None
	rate = RATES.get(currency, 1.0) / RATES.get(into, 1.0)
	return round(amount / 10 ** decimals(currency) * rate * 10 ** decimals(into)), round(rate, 6)


def _dollars(amount: int, currency: str) -> str:
	symbol = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}.get(currency, "")
	return f"{symbol}{shown(amount, currency)}"
