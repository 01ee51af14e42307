"""A payer who lets a saved card pay automatically, as the page of saved methods does it."""

from tests.support.account import ACCOUNT


def set_settings(**values) -> None:
	import frappe

	settings = frappe.get_doc("Stripe Service Settings")
	settings.update(values)
	settings.save()
	frappe.db.commit()


def save_card(user: str, token: str = "pm_card_visa") -> str:
	"""As a payment with "save for next time" leaves it; returns the Saved Card's name."""
	from stripe_service.accounts.customers import customer_for
	from stripe_service.accounts.stripe_account import gateway_for
	from stripe_service.saved_methods import cards

	customer = customer_for(ACCOUNT, user)
	attached = gateway_for(ACCOUNT).call("payment_methods.attach", token, params={"customer": customer})
	return cards.remember(ACCOUNT, customer, attached, consent=True)


def wish_of(method: str, unit: str, **changes) -> dict:
	return {
		"saved_method": method,
		"currency": "USD",
		"maximum_per_document": "500",
		"maximum_per_month": "1000",
		"organisation_unit": unit,
		**changes,
	}


def begin(as_user, user: str, wish: dict) -> dict:
	"""Reads the text, agrees to it; returns the answer."""
	from stripe_service.api import automatic_payments as api

	with as_user(user):
		text = api.consent_text(**wish)["text"]
		return api.start(agreed_text=text, **wish)
