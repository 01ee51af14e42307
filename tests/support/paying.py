"""What a payer's browser does: it hands a card or a bank account to Stripe with the publishable key, and pays by it.

It can be imported where there is no Frappe.
"""

import requests

from tests.support.accounts import PUBLISHABLE_KEY
from tests.support.site import as_user

# https://docs.stripe.com/testing
CARDS = {
	"visa": "4242424242424242",
	"mastercard": "5555555555554444",
	"amex": "378282246310005",
	"discover": "6011111111111117",
	"diners": "3056930009020004",
	"jcb": "3566002020360505",
	"unionpay": "6200000000000005",
	"3ds_required": "4000002760003184",
	"3ds_required_then_declined": "4000008400001629",
	"declined": "4000000000000002",
	"insufficient_funds": "4000000000009995",
	"lost_card": "4000000000009987",
	"stolen_card": "4000000000009979",
	"expired_card": "4000000000000069",
	"incorrect_cvc": "4000000000000127",
	"processing_error": "4000000000000119",
	"disputed": "4000000000000259",
}


def confirmation_token(url: str, card: str = "visa", key: str = PUBLISHABLE_KEY, **more: str) -> str:
	"""The id of a ConfirmationToken for a test card (a name of CARDS, or a number), made as the browser does."""
	answer = requests.post(
		f"{url}/v1/confirmation_tokens",
		auth=(key, ""),
		data={
			"payment_method_data[type]": "card",
			"payment_method_data[card][number]": CARDS.get(card, card),
			"payment_method_data[card][exp_month]": "12",
			"payment_method_data[card][exp_year]": "2034",
			"payment_method_data[card][cvc]": "1234" if card == "amex" else "123",
			"payment_method_data[billing_details][address][country]": "US",
			"payment_method_data[billing_details][address][postal_code]": "10001",
			**more,
		},
		timeout=10,
	)
	answer.raise_for_status()
	return answer.json()["id"]


ROUTING_NUMBER = "110000000"
# https://docs.stripe.com/payments/ach-direct-debit/set-up-payment
BANK_ACCOUNTS = {
	"good": "000123456789",
	"closed": "000111111113",
	"not_found": "000111111116",
	"no_funds": "000222222227",
	"not_authorised": "000333333335",
	"deposits_fail": "000666666661",
	"disputed": "000555555559",
}


def confirm_setup(
	url: str,
	started: dict,
	number: str = "good",
	linked: bool = False,
	key: str = PUBLISHABLE_KEY,
	**more: str,
) -> dict:
	"""What the payer does in Stripe's form: enter (or link) an account and accept the mandate. Returns the SetupIntent.

	`started` is the answer of start_bank_account; `number` a name of BANK_ACCOUNTS.
	"""
	number = BANK_ACCOUNTS.get(number, number)
	account = {"financial_connections_account": _link(url, number, key)} if linked else _typed(number)
	answer = requests.post(
		f"{url}/v1/setup_intents/{started['setup_intent']}/confirm",
		auth=(key, ""),
		data={
			"client_secret": started["client_secret"],
			"payment_method_data[type]": "us_bank_account",
			**{f"payment_method_data[us_bank_account][{key}]": value for key, value in account.items()},
			"payment_method_data[billing_details][name]": started["billing_details"]["name"],
			"payment_method_data[billing_details][email]": started["billing_details"]["email"],
			"mandate_data[customer_acceptance][type]": "online",
			"mandate_data[customer_acceptance][online][infer_from_client]": "true",
			"return_url": "http://localhost/",
			**more,
		},
		timeout=10,
	)
	assert answer.status_code == 200, answer.text
	return answer.json()


def _typed(number: str) -> dict:
	return {
		"account_holder_type": "individual",
		"account_type": "checking",
		"routing_number": ROUTING_NUMBER,
		"account_number": number,
	}


def _link(url: str, number: str, key: str) -> str:
	"""An account that the payer's bank shares through Financial Connections."""
	answer = requests.post(
		f"{url}/v1/financial_connections/accounts",
		auth=(key, ""),
		data={"institution": "Test Institution", "account_number": number},
		timeout=10,
	)
	assert answer.status_code == 200, answer.text
	return answer.json()["id"]


def pay_by_card(
	document,
	amount: str,
	payer: str,
	stripe_url: str,
	card: str = "visa",
	key: str = PUBLISHABLE_KEY,
	wallet: str | None = None,
	**more,
) -> dict:
	"""Pay `amount` (major units of the document's currency) and return the app's answer. Commits.

	By a new card (a name of CARDS), out of a wallet perhaps, unless `saved_method` or a `confirmation_token` that is
	there already is given; `more` is what the app's call takes besides.
	"""
	from stripe_service.api.pay import pay

	if not (more.get("saved_method") or more.get("confirmation_token")):
		named = {"wallet": wallet} if wallet else {}
		more["confirmation_token"] = confirmation_token(stripe_url, card, key=key, **named)
	with as_user(payer):
		return pay(document.doctype, document.name, amount, "card", **more)
