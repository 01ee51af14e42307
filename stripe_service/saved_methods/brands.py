"""Which brands of card are taken here: the site's own rule, which Stripe can't be told, for new cards and saved ones alike."""

from frappe import _
from frappe.utils import cint

from stripe_service.utils.labels import BRAND_NAMES, brand_name
from stripe_service.utils.service_settings import service_settings


def accepted_brands() -> list[str]:
	"""Stripe's names of the brands that Stripe Service Settings allow."""
	settings = service_settings()
	return [brand for brand in BRAND_NAMES if cint(settings.get(f"brand_{brand}"))]


def why_not_accepted(brand: str | None) -> str | None:
	"""None for a brand that is taken; otherwise which are instead, translated."""
	accepted = accepted_brands()
	if brand in accepted:
		return None
	names = ", ".join(BRAND_NAMES[known] for known in accepted)
	return _("{0} cards are not accepted here. Nothing was charged. Please use {1}.").format(
		brand_name(brand), names or _("another method")
	)
