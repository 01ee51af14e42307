"""Cards as a payer's browser hands them over: Stripe.js makes a ConfirmationToken with the publishable key."""

import requests

from tests.support.account import PUBLISHABLE_KEY

# https://docs.stripe.com/testing
NUMBERS = {
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
	"""The id of a ConfirmationToken for a test card (a name of NUMBERS, or a number), made as the browser does."""
	answer = requests.post(
		f"{url}/v1/confirmation_tokens",
		auth=(key, ""),
		data={
			"payment_method_data[type]": "card",
			"payment_method_data[card][number]": NUMBERS.get(card, card),
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
