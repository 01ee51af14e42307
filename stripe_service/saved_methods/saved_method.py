"""What saved cards and bank accounts have in common: the base of both controllers, paying with one, the default, removing.

What one method does stands on its controller (SavedCard, StripeBankAccount), so that nothing here asks which of both it has.
Rows are written by this app alone, and never from an old reading of Stripe.
"""

from collections.abc import Callable

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime

from stripe_service.accounts import stripe_account
from stripe_service.gateway import errors
from stripe_service.saved_methods import ownership
from stripe_service.saved_methods.ownership import BANK_ACCOUNT, CARD, DOCTYPES
from stripe_service.utils.labels import method_label
from stripe_service.utils.stripe_errors import stripe_errors_as_messages
from stripe_service.utils.transaction import in_fresh_transaction
from stripe_service.utils.written_by_app import WrittenByApp

REMOVED = "Removed"
# The DocType for each of Stripe's types.
METHOD_TYPES = {"card": CARD, "us_bank_account": BANK_ACCOUNT}


class SavedMethod(WrittenByApp):
	"""A payer's payment method at Stripe. Rows follow what Stripe has; nobody writes them by form, REST or import."""

	# Stripe's type, and the status that lets a method pay.
	method_type = ""
	usable_status = ""

	def written_by(self) -> str:
		"""See WrittenByApp."""
		return _(
			"Saved payment methods are copies of what Stripe keeps. Use the page My Payment Methods instead."
		)

	def before_insert(self):
		"""The payer owns the row, whoever inserts it."""
		# "If Owner" in Role Permission Manager then means the payer, also when a job inserts the row.
		self.owner = self.user

	@property
	def made_by(self) -> str | None:
		"""The card's brand or the bank's name."""
		raise NotImplementedError

	@property
	def label(self) -> str:
		"""As a person reads it, e.g. "VISA •••• 4242"."""
		return method_label(self.method_type, self.made_by, self.last4)

	def why_not_usable(self) -> str | None:
		"""None for a method that can pay; otherwise what is the matter and what to do, in the reader's language."""
		raise NotImplementedError

	def check_usable(self) -> None:
		"""Raise frappe.ValidationError, saying why and what to do, unless the method can pay now."""
		if reason := self.why_not_usable():
			frappe.throw(reason)

	def confirm_params(self) -> dict:
		"""What names this method in `payment_intents.confirm`."""
		return {"payment_method": self.payment_method_id}

	def sync(self) -> Document:
		"""Bring the row to what Stripe reports; returns it. Idempotent, safe against older readings. Raises gateway.errors."""
		raise NotImplementedError

	def sync_after_refusal(self, error: errors.GatewayError) -> Document:
		"""Stripe refused to charge this method: bring the row to what that says of it; returns it. Raises gateway.errors."""
		if isinstance(error, errors.NotFound) and error.param == "payment_method":
			self.mark_removed()
			return frappe.get_doc(self.doctype, self.name)
		return self.sync()

	def end_at_stripe(self) -> None:
		"""Make sure that nothing can be charged with this method any more. Raises gateway.errors."""
		detach(self.stripe_account, self.payment_method_id)

	def mark_removed(self) -> bool:
		"""It is gone at Stripe: say so on the row. Whether the row was changed. Commits."""

		def mark() -> bool:
			doc = frappe.get_doc(self.doctype, self.name, for_update=True)
			if doc.status == REMOVED:
				return False
			doc.write(status=REMOVED, removed_at=now_datetime(), is_default=0)
			return True

		return in_fresh_transaction(mark)

	def is_first(self) -> bool:
		"""Whether the customer has no default of this kind yet, so that a new method becomes it."""
		usable_default = {
			"stripe_customer": self.stripe_customer,
			"is_default": 1,
			"status": self.usable_status,
		}
		return not frappe.get_all(self.doctype, filters=usable_default, limit=1)

	def remove_duplicates(self) -> None:
		"""Keep this one alone of the methods with its fingerprint: the same card or account saved again.

		The newest is kept, because its expiry, consent and mandate are; it takes over being the default. The older ones
		are detached at Stripe: where that fails now they stay, and the next saving tries again.
		"""
		if not self.fingerprint:
			return
		older = frappe.get_all(
			self.doctype,
			filters={
				"stripe_customer": self.stripe_customer,
				"fingerprint": self.fingerprint,
				"status": ["!=", REMOVED],
				"name": ["!=", self.name],
				"creation": ["<=", self.creation],
			},
			pluck="name",
		)
		for name in older:
			other = frappe.get_doc(self.doctype, name)
			try:
				other.end_at_stripe()
			except errors.GatewayError:
				frappe.log_error(
					f"Stripe: duplicate of {self.name} stays for now",
					reference_doctype=self.doctype,
					reference_name=other.name,
				)
				continue
			other.mark_removed()
			if other.is_default:
				in_fresh_transaction(lambda: _move_default(self))


def as_document(doctype: str, row: dict) -> SavedMethod:
	"""The document of a row that a list has read: no query."""
	return frappe.get_doc({"doctype": doctype, **row})


def payment_params(saved_name: str, user: str, account: str, method_type: str) -> dict:
	"""What a PaymentIntent needs to charge the saved method `saved_name` of `user` at the Stripe Account `account`.

	Returns the parameters of `payment_intents.confirm` that name the method (`payment_method` and, for a bank account,
	`mandate`), and under `display` what a person recognises it by: `brand`, `last4`, `method_label`.

	Raises frappe.PermissionError if the method is not the user's (or does not exist), frappe.ValidationError if it is
	another account's, expired, of a brand that is not taken, removed, not verified or blocked. `method_type`: "card" or
	"us_bank_account".
	"""
	if method_type not in METHOD_TYPES:
		frappe.throw(_("Unknown kind of payment method: {0}").format(frappe.utils.escape_html(method_type)))
	method = ownership.check_own(METHOD_TYPES[method_type], saved_name, user)
	if method.stripe_account != account:
		frappe.throw(_("This payment method was saved for another Stripe account. Use a new one."))
	method.check_usable()
	display = {"brand": method.made_by, "last4": method.last4, "method_label": method.label}
	return {**method.confirm_params(), "display": display}


def accounts_of(user: str) -> list[str]:
	"""The Stripe Accounts at which `user` has saved methods."""
	found = set()
	for doctype in DOCTYPES:
		found |= set(
			frappe.get_all(
				doctype,
				filters={"user": user, "status": ["!=", REMOVED]},
				pluck="stripe_account",
				distinct=True,
				order_by=None,
			)
		)
	return sorted(found)


def set_default(doctype: str, name: str, user: str | None = None) -> None:
	"""Make an own, usable method the one that is chosen first among its kind. Raises like payment_params."""
	method = ownership.check_own(doctype, name, user)
	method.check_usable()
	in_fresh_transaction(lambda: _move_default(method))


def _move_default(method: SavedMethod) -> None:
	lock_customer(method.stripe_customer)
	defaults = {"stripe_customer": method.stripe_customer, "is_default": 1}
	for other in frappe.get_all(method.doctype, filters=defaults, pluck="name"):
		if other != method.name:
			frappe.get_doc(method.doctype, other, for_update=True).write(is_default=0)
	chosen = frappe.get_doc(method.doctype, method.name, for_update=True)
	if chosen.status == chosen.usable_status and not chosen.is_default:
		chosen.write(is_default=1)


def remove(doctype: str, name: str, user: str | None = None) -> None:
	"""Detach an own method at Stripe, then mark its row Removed; payments go on pointing to it.

	Removing what is already gone, here or at Stripe, is no error. Raises frappe.PermissionError if it is not the
	user's, StripeUnavailable (nothing removed) if Stripe does not answer.
	"""
	method = ownership.check_own(doctype, name, user)
	if method.status == REMOVED:
		return
	with stripe_errors_as_messages():
		method.end_at_stripe()
	method.mark_removed()


def detach(account: str, payment_method_id: str | None) -> None:
	"""Take a PaymentMethod from its Customer at Stripe, if it is still there. Raises gateway errors."""
	if not payment_method_id:
		return
	gateway = stripe_account.gateway_for(account)
	try:
		gateway.call("payment_methods.detach", payment_method_id)
	except errors.NotFound:
		return
	except errors.InvalidRequest:
		# Stripe refuses to detach what is attached to nobody, with no code of its own: look.
		if gateway.call("payment_methods.retrieve", payment_method_id).get("customer"):
			raise


def recheck(payment, error: errors.GatewayError) -> str | None:
	"""Stripe refused to charge the saved method of this Invoice Payment: it may be gone, or blocked. Bring its row up to date.

	Returns why it can't pay any more, in words, or None if nothing is wrong with it or Stripe does not say. Never while a
	lock is held.
	"""
	for doctype, name in ((CARD, payment.saved_card), (BANK_ACCOUNT, payment.stripe_bank_account)):
		if not name:
			continue
		try:
			return frappe.get_doc(doctype, name).sync_after_refusal(error).why_not_usable()
		except errors.GatewayError as fault:
			frappe.logger("stripe_service").info(
				f"The saved method of {payment.name} was not re-read: {fault}"
			)
	return None


def lock_customer(customer: str) -> frappe._dict | None:
	"""Lock a Stripe Customer's row: whatever spans several of its methods (default, duplicates) happens one by one."""
	return frappe.db.get_value(
		"Stripe Customer", customer, ["name", "user", "status"], as_dict=True, for_update=True
	)


def apply_fresh_reading(
	doctype: str, name: str, read: Callable[[], dict], apply: Callable[[SavedMethod, dict], None]
) -> SavedMethod:
	"""Read Stripe with `read` (no lock held), then let `apply` change the locked row; returns the row.

	A reading is applied only if nobody wrote the row since it began, and is taken anew otherwise. So each write rests
	on a reading younger than the write before it, and an old answer can't undo a newer one, whatever the order in which
	webhook, browser and scheduler come.
	"""
	for _attempt in range(5):
		seen = in_fresh_transaction(lambda: frappe.db.get_value(doctype, name, "modified"))
		facts = read()
		doc = in_fresh_transaction(lambda: _apply_unless_changed(doctype, name, seen, facts, apply))
		if doc:
			return doc
	raise frappe.QueryTimeoutError(f"{doctype} {name} is written faster than Stripe can be read")


def _apply_unless_changed(doctype: str, name: str, seen, facts: dict, apply) -> SavedMethod | None:
	# The Customer first, as everywhere: becoming the default is decided among all its methods.
	lock_customer(frappe.db.get_value(doctype, name, "stripe_customer"))
	doc = frappe.get_doc(doctype, name, for_update=True)
	if get_datetime(doc.modified) != get_datetime(seen):
		return None
	apply(doc, facts)
	return doc
