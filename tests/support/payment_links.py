"""A payment link, as its maker and a stranger's browser use it."""

import json
from uuid import uuid4

from tests.support.paying import confirmation_token
from tests.support.site import as_user

SIGNATURE = 52  # characters
UNKNOWN = "0123456789" + "a" * SIGNATURE


def make_link(invoice, expires_on: str | None = None) -> str:
	"""The token of a new link of the invoice, made by Administrator. Commits."""
	return make_link_of([invoice], expires_on=expires_on)


def make_link_of(invoices: list, user: str = "Administrator", **more) -> str:
	"""The token of a new link of these invoices, one or several. Commits."""
	import frappe

	from stripe_service.api import payment_links

	named = [{"doctype": invoice.doctype, "name": invoice.name} for invoice in invoices]
	which = {"documents": json.dumps(named)} if len(named) > 1 else named[0]
	with as_user(user):
		made = payment_links.make_link(**which, **more)
		frappe.db.commit()
	return made["url"].rpartition("/")[2]


def name_of(token: str) -> str:
	"""The name of the link's row."""
	return token[:-SIGNATURE]


def row_of(token: str):
	import frappe

	frappe.db.rollback()
	return frappe.get_doc("Stripe Payment Link", name_of(token))


class Stranger:
	"""A browser without a login that has the link, in this process. Each has its own request ids."""

	def __init__(self, token: str, stripe_url: str):
		self.token = token
		self.url = stripe_url
		self.request_id = None

	def call(self, method: str, *args, **given):
		from stripe_service.api import pay_by_link

		with as_user("Guest"):
			return getattr(pay_by_link, method)(self.token, *args, **given)

	def open(self) -> dict:
		return self.call("open_form", self.request_id)

	def pay(self, amount="100.00", card="visa", email=None, request_id=None) -> dict:
		return self._pay(card, request_id, amount=amount, email=email)

	def pay_several(self, amounts: dict, card="visa", request_id=None) -> dict:
		"""`amounts` by the rows that `open` named."""
		listed = [{"row": row, "amount": amount} for row, amount in amounts.items()]
		return self._pay(card, request_id, amounts=json.dumps(listed))

	def _pay(self, card, request_id, **what) -> dict:
		self.request_id = request_id or str(uuid4())
		return self.call("pay", confirmation_token(self.url, card), self.request_id, **what)

	def status(self) -> dict:
		return self.call("payment_status", self.request_id)

	def finish(self) -> dict:
		return self.call("finish", self.request_id)

	def abandon(self) -> dict:
		return self.call("abandon", self.request_id)
