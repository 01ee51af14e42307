"""The address of the page on which users of the portal, who have no desk, see what they have to pay."""

from urllib.parse import urlencode

from frappe.utils import get_url

PATH = "payments"


def url_of(doctype: str | None = None, name: str | None = None) -> str:
	"""The page, with the pay form of this document open if one is named."""
	document = f"?{urlencode({'doctype': doctype, 'name': name})}" if doctype and name else ""
	return get_url(f"/{PATH}{document}")
