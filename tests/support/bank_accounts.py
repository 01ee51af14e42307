"""Bank accounts as a payer's browser hands them over: Stripe.js confirms the SetupIntent with the publishable key."""

import requests

from tests.support.account import PUBLISHABLE_KEY

ROUTING_NUMBER = "110000000"
# https://docs.stripe.com/payments/ach-direct-debit/set-up-payment
NUMBERS = {
	"good": "000123456789",
	"closed": "000111111113",
	"not_found": "000111111116",
	"no_funds": "000222222227",
	"not_authorised": "000333333335",
	"deposits_fail": "000666666661",
	"disputed": "000555555559",
}


def confirm_setup(url: str, started: dict, number: str = "good", linked: bool = False, **more: str) -> dict:
	"""What the payer does in Stripe's form: enter (or link) an account and accept the mandate. Returns the SetupIntent.

	`started` is the answer of start_bank_account; `number` a name of NUMBERS.
	"""
	number = NUMBERS.get(number, number)
	account = {"financial_connections_account": _link(url, number)} if linked else _typed(number)
	answer = requests.post(
		f"{url}/v1/setup_intents/{started['setup_intent']}/confirm",
		auth=(PUBLISHABLE_KEY, ""),
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


def _link(url: str, number: str) -> str:
	"""An account that the payer's bank shares through Financial Connections."""
	answer = requests.post(
		f"{url}/v1/financial_connections/accounts",
		auth=(PUBLISHABLE_KEY, ""),
		data={"institution": "Test Institution", "account_number": number},
		timeout=10,
	)
	assert answer.status_code == 200, answer.text
	return answer.json()["id"]
