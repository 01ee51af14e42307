"""GET /v1/account and /v1/accounts/:id: whose key this is. (External accounts are not shown to their own key.)"""

from .. import errors
from ..registry import route


@route("GET", "/v1/account", permission="accounts_kyc_basic_read")
def retrieve_own(ctx, params):
	return shape(ctx.account)


@route("GET", "/v1/accounts/<id>", permission="accounts_kyc_basic_read")
def retrieve(ctx, params, id):
	if id != ctx.account["id"]:
		raise errors.StripeError(
			f"The provided key does not have access to account '{id}' (or that account does not exist). "
			"Application access may have been revoked.",
			status=403,
			code="account_invalid",
		)
	return shape(ctx.account)


def shape(record: dict) -> dict:
	"""The account as Stripe shows it."""
	return {
		"id": record["id"],
		"object": "account",
		"business_profile": {
			"annual_revenue": None,
			"estimated_worker_count": None,
			"mcc": "5734",
			"minority_owned_business_designation": None,
			"name": record["business_name"],
			"product_description": None,
			"support_address": None,
			"support_email": record["email"],
			"support_phone": None,
			"support_url": None,
			"url": record["url"],
		},
		"business_type": "company",
		"capabilities": dict(record["capabilities"]),
		"charges_enabled": record["charges_enabled"],
		"controller": {"type": "account"},
		"country": record["country"],
		"created": record["created"],
		"default_currency": record["default_currency"],
		"details_submitted": True,
		"email": record["email"],
		"metadata": {},
		"payouts_enabled": True,
		"settings": _settings(record),
		"type": "standard",
	}


def _settings(record: dict) -> dict:
	descriptor = record["business_name"].upper()[:22]
	return {
		"bacs_debit_payments": {"display_name": None, "service_user_number": None},
		"branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
		"card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
		"card_payments": {
			"decline_on": {"avs_failure": False, "cvc_failure": False},
			"statement_descriptor_prefix": None,
			"statement_descriptor_prefix_kana": None,
			"statement_descriptor_prefix_kanji": None,
		},
		"dashboard": {"display_name": record["business_name"], "timezone": "Etc/UTC"},
		"invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "offer"},
		"payments": {
			"statement_descriptor": descriptor,
			"statement_descriptor_kana": None,
			"statement_descriptor_kanji": None,
		},
		"payouts": {
			"debit_negative_balances": True,
			"schedule": {"delay_days": 2, "interval": "daily"},
			"statement_descriptor": None,
		},
		"sepa_debit_payments": {},
	}
