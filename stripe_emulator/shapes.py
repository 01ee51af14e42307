"""Parts that several kinds of objects have in common."""


def address(given: dict | None) -> dict:
	"""An address with all of Stripe's fields, null where nothing was given."""
	given = given or {}
	return {n: given.get(n) or None for n in ("city", "country", "line1", "line2", "postal_code", "state")}


def billing_details(given: dict | None) -> dict:
	"""Billing details with all of Stripe's fields, null where nothing was given."""
	given = given or {}
	return {
		"address": address(given.get("address")),
		"email": given.get("email") or None,
		"name": given.get("name") or None,
		"phone": given.get("phone") or None,
		"tax_id": given.get("tax_id") or None,
	}


def merge_metadata(obj: dict, params: dict) -> None:
	"""Stripe merges metadata; an empty value removes a key, an empty hash all of them."""
	if "metadata" not in params:
		return
	merged = {**obj["metadata"], **params["metadata"]} if params["metadata"] else {}
	obj["metadata"] = {name: value for name, value in merged.items() if value != ""}
