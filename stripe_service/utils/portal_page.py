"""The addresses of the pages on which payers see what they have to pay, and their cards and bank accounts.

Users of the desk have a form for every document. Website Users have no desk: what is theirs to see of it is on the pages of the
portal. Mails, notices and Stripe's way back all ask here which it is for the user they are for, and nowhere else.
"""

from urllib.parse import urlencode

from frappe.utils import get_url, get_url_to_form

from stripe_service.utils.people import is_website_user

PATH = "payments"
METHODS_PATH = "my-payment-methods"
# What the portal shows of the app's own documents.
SHOWN_ON = {
	"Automatic Payment": METHODS_PATH,
	"Invoice Payment": PATH,
	"Saved Card": METHODS_PATH,
	"Scheduled Payment": METHODS_PATH,
	"Stripe Bank Account": METHODS_PATH,
}


def url_of(doctype: str | None = None, name: str | None = None) -> str:
	"""The page of the portal, with the pay form of this document open if one is named."""
	document = f"?{urlencode({'doctype': doctype, 'name': name})}" if doctype and name else ""
	return get_url(f"/{PATH}{document}")


def document_url(user: str, doctype: str, name: str) -> str:
	"""Where `user` sees this document: its form on the desk, or the page of the portal. Asks nothing of the user's rights, which the
	form or the page itself does."""
	if not is_website_user(user):
		return get_url_to_form(doctype, name)
	if doctype in SHOWN_ON:
		return get_url(f"/{SHOWN_ON[doctype]}")
	return url_of(doctype, name)


def home_url(user: str) -> str:
	"""Where `user` sees what they have to pay."""
	return url_of() if is_website_user(user) else _desk_page("payments")


def methods_url(user: str) -> str:
	"""Where `user` sees their saved cards and bank accounts, and what these pay automatically."""
	return get_url(f"/{METHODS_PATH}") if is_website_user(user) else _desk_page(METHODS_PATH)


def _desk_page(route: str) -> str:
	"""Frappe 16 sends /app on to /desk."""
	return get_url(f"/app/{route}")
