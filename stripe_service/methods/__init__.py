"""Saved cards and bank accounts: what a payer may pay with again.

A PaymentMethod belongs to one Customer at Stripe and a mandate to who gave it; neither can be lent. So every call
here starts from a row whose user is the caller (`ownership`), and Stripe's word on the object is final: rows follow
what is read from Stripe, never the other way round.

Stands between `payments`, which asks `payment_params` what to charge with, and `gateway`.
"""


def payment_params(saved_name: str, user: str, account: str, method_type: str) -> dict:
	"""See saved.payment_params. Here so that `payments` knows one name, and `bank_states` stays free of Frappe."""
	from stripe_service.methods import saved

	return saved.payment_params(saved_name, user, account, method_type)
