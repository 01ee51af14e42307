"""A document seen as something to be paid.

Everything the payments know of a document they learn here, through the field names of its Payable DocType row, so
that a DocType made in the UI five minutes ago is paid by the same code as a Portal Invoice. An app that keeps its
documents in a way that field names can't tell brings a subclass by the hook `stripe_payable_handlers`.
"""

from decimal import Decimal

import frappe
from frappe import _
from frappe.model.meta import get_field_currency
from frappe.utils import cstr, flt, getdate, now, nowdate

from stripe_service.accounts.stripe_account import default_account
from stripe_service.gateway import money
from stripe_service.payables import live
from stripe_service.payables.registry import PayableConfig, get_config
from stripe_service.utils.dates import date_in_words, time_in_words
from stripe_service.utils.labels import money_in_words


class NotPayable(frappe.ValidationError):
	"""The DocType has no Payable DocType row; the message says where to make one."""


class Payable:
	"""Amounts are minor units of `currency`. Reads the document as it was loaded; writes only by `update_document`."""

	# Whether `post_to_ledger` posts to accounts that the document's own outstanding amount is kept by.
	books = False

	def __init__(self, doc, config: PayableConfig):
		self.doc = doc
		self.config = config

	@property
	def doctype(self) -> str:
		"""The document's DocType."""
		return self.doc.doctype

	@property
	def name(self) -> str:
		"""The document's name."""
		return self.doc.name

	@property
	def title(self) -> str:
		"""The title field's value, else Frappe's title, else the name. Every payer sees it, and whoever has a payment link: it is
		of no field of a higher permission level."""
		for fieldname in (self._fieldname("title"), self.doc.meta.get_title_field()):
			field = self.doc.meta.get_field(fieldname) if fieldname else None
			if field and not field.permlevel and self.doc.get(fieldname):
				return cstr(self.doc.get(fieldname))
		return self.name

	@property
	def party(self) -> str | None:
		"""Who is billed; None if the row names no field."""
		return self._value("party")

	@property
	def party_key(self) -> str | None:
		"""What tells one party from another: two may bear one name."""
		return self.party

	@property
	def party_doctype(self) -> str | None:
		"""The DocType of which `party_key` names a record; None where it is text."""
		fieldname = self._fieldname("party")
		field = self.doc.meta.get_field(fieldname) if fieldname else None
		if not field or field.fieldtype not in ("Link", "Dynamic Link"):
			return None
		return field.options if field.fieldtype == "Link" else self.doc.get(field.options)

	@property
	def currency(self) -> str:
		"""The currency's code in capitals; empty if the document names none."""
		return cstr(self._value("currency")).upper()

	@property
	def total_minor(self) -> int:
		"""The total in minor units of the document's currency."""
		return self._minor("total")

	@property
	def exact_total(self) -> Decimal:
		"""The total as the document holds it, in major units; what a float can't hold of its decimals is taken off."""
		return Decimal(str(round(flt(self._value("total")), 9)))

	def why_total_not_payable(self) -> str | None:
		"""Why nobody could pay the total to the last minor unit, in words for whoever sends the document for payment; None if
		that can be paid.

		A document may hold more decimals than its currency has, or amounts between those that Stripe takes (steps of 0.010
		in KWD, whole units in ISK). What is taken would not be what is shown, or a rest would stay that nobody can pay.
		"""
		if self.total_minor <= 0:
			return _("There is nothing to pay: {0} is not above zero.").format(
				frappe.bold(self._label("total"))
			)
		if not self.currency:
			return None
		step = money.step_minor(self.currency)
		if (
			self.exact_total == money.from_minor(self.total_minor, self.currency)
			and not self.total_minor % step
		):
			return None
		below = int(self.exact_total.scaleb(money.exponent(self.currency)) // step) * step
		return _(
			"A total of {0} can't be paid online: amounts in {1} are paid in steps of {2}. Make it {3} or {4}."
		).format(
			f"{self.currency} {self.exact_total.normalize():f}",
			self.currency,
			money_in_words(step, self.currency),
			money_in_words(below, self.currency),
			money_in_words(below + step, self.currency),
		)

	@property
	def outstanding_minor(self) -> int:
		"""What the document itself says it still owes; the whole where it has no such field."""
		return self._minor("outstanding") if self.config.outstanding_fieldname else self.total_minor

	@property
	def unit(self) -> str | None:
		"""The Organisation Unit; None without unit control."""
		return self._value("unit")

	@property
	def due_date(self):
		"""When it is to be paid; None if the row names no field."""
		return self._value("due_date")

	@property
	def is_overdue(self) -> bool:
		"""Whether the day on which it was due is over, whatever is paid of it."""
		return bool(self.due_date) and getdate(self.due_date) < getdate(nowdate())

	@property
	def status(self) -> str | None:
		"""The value of the status field, by which it is to be paid or not."""
		return self._value("status")

	@property
	def account(self) -> str | None:
		"""The Stripe Account that takes the money: the row's own, or the default; None if there is neither."""
		return self.config.stripe_account or default_account()

	@property
	def is_void(self) -> bool:
		"""A document that owes nothing whatever its total says: whatever came for it is to be given back."""
		return self.doc.docstatus == 2 or (bool(self.status) and self.status in self.config.void_statuses)

	def why_not_payable(self, balance) -> str | None:
		"""None if the document can be paid now, else why not and what to do, translated.

		Says nothing of the user's rights (access.pay does) nor of a missing account, which the form shows as its
		loading error. `balance` as `payables.balance.balance_of` returns it.
		"""
		why_not = self._why_not_set_up() or self._why_not_in_this_state() or self._why_no_amount()
		if why_not or balance.outstanding_minor > 0:
			return why_not
		return _("Nothing is left to pay.")

	def _why_not_set_up(self) -> str | None:
		if not self.config.enabled:
			return _("Payment of {0} is switched off in its Payable DocType.").format(_(self.doctype))
		for kind in ("currency", "total", "outstanding", "status"):
			fieldname = self._fieldname(kind)
			if fieldname and not self._has_field(fieldname):
				return _(
					"The field {0}, which Payable DocType {1} names, is no longer there. Ask an administrator to name"
					" another."
				).format(frappe.bold(fieldname), _(self.doctype))
		return None

	def _has_field(self, fieldname: str) -> bool:
		return self.doc.meta.has_field(fieldname)

	def _why_not_in_this_state(self) -> str | None:
		if self.is_void:
			return _("This document is cancelled: there is nothing to pay.")
		if self.config.docstatus_required == "Submitted" and self.doc.docstatus != 1:
			return _("This document can be paid once it is submitted.")
		if self.config.docstatus_required == "Draft" and self.doc.docstatus != 0:
			return _("This document is submitted already and can be paid only as a draft.")
		allowed = self.config.payable_statuses
		if not allowed or self.status in allowed:
			return None
		if self.status and self.status == self.config.status_paid:
			return _("This is paid already.")
		return _("It cannot be paid while it is {0}. It can be paid once it is {1}.").format(
			frappe.bold(_(self.status or _("(none)"))),
			_(" or ").join(frappe.bold(_(state)) for state in allowed),
		)

	def _why_no_amount(self) -> str | None:
		if not self.currency:
			return _("No currency is set on this document: fill in {0}.").format(
				frappe.bold(self._label("currency"))
			)
		if self.total_minor <= 0:
			return _("There is nothing to pay: {0} is not above zero.").format(
				frappe.bold(self._label("total"))
			)
		return None

	def amounts(self, balance) -> dict[str, float]:
		"""What the document's own fields show of `balance`, by fieldname, in major units."""
		shown = {
			self.config.paid_fieldname: balance.settled_minor,
			self.config.reserved_fieldname: balance.reserved_minor,
		}
		if not self.config.keeps_outstanding:
			shown[self.config.outstanding_fieldname] = balance.outstanding_minor
		return {
			fieldname: float(money.from_minor(minor, balance.currency))
			for fieldname, minor in shown.items()
			if fieldname and self._has_field(fieldname)
		}

	def update_document(self, balance) -> None:
		"""Show `balance` in the document's fields, in the caller's transaction.

		A plain update of the row, because the money is a fact that no validation may refuse. `modified` stays, so
		that somebody who edits the document meanwhile can save (restore_payment_amounts sees to it that their copy of the
		amounts does not); an open form is told and loads the document again.
		"""
		values = self.amounts(balance)
		if not values or all(self.doc.get(field) == value for field, value in values.items()):
			return
		self.doc.update(values)
		frappe.db.set_value(self.doctype, self.name, values, update_modified=False)
		self._tell_open_forms()
		live.tell_lists(self.doc)
		live.tell_units(self.doc)

	def _tell_open_forms(self) -> None:
		frappe.publish_realtime(
			"doc_update",
			{"modified": now(), "doctype": self.doctype, "name": self.name},
			doctype=self.doctype,
			docname=self.name,
			after_commit=True,
		)

	def post_to_ledger(self, payment, row) -> list:
		"""Book what the document has of `payment` (an Invoice Payment, locked), by its `row` there, where the document keeps its
		accounts.

		Called in a job, again after every change, with the payment's documents locked; it must bring the books to
		`row.settled_minor` whatever they hold, so that a second call changes nothing. Returns the rows of the payment that the
		documents' own outstanding amounts now take into account: this one, and those that were booked together with it. Nothing
		to do where this app keeps the outstanding amount.
		"""
		return []

	def details(self, with_unit: bool = True) -> list[dict]:
		"""What the pay form shows of the document: label and value, both ready to be read, no HTML.

		Fields of a permission level that the session user may not read are left out.
		"""
		config = self.config
		named = (
			config.party_fieldname,
			*config.detail_fieldnames,
			config.unit_fieldname if with_unit else None,
			config.due_date_fieldname,
		)
		readable = set(self.doc.meta.get_permlevel_access("read", user=frappe.session.user)) | {0}
		shown = []
		for fieldname in dict.fromkeys(filter(None, named)):
			field = self.doc.meta.get_field(fieldname)
			if field and field.permlevel in readable and self.doc.get(fieldname) not in (None, ""):
				shown.append({"label": _(field.label or fieldname), "value": self._in_words(field)})
		return shown

	def _in_words(self, field) -> str:
		value = self.doc.get(field.fieldname)
		currency = get_field_currency(field, self.doc) if field.fieldtype == "Currency" else None
		if currency:
			return money_in_words(money.round_to_minor(flt(value), currency), currency)
		if field.fieldtype == "Date":
			return date_in_words(value)
		if field.fieldtype == "Datetime":
			return time_in_words(value)
		if field.fieldtype in ("Currency", "Float", "Int", "Percent", "Time", "Duration"):
			return cstr(frappe.format_value(value, field, self.doc))
		return _(cstr(value)) if field.fieldtype == "Select" else cstr(value)

	def _fieldname(self, kind: str) -> str | None:
		return getattr(self.config, f"{kind}_fieldname")

	def _value(self, kind: str):
		fieldname = self._fieldname(kind)
		return self.doc.get(fieldname) if fieldname else None

	def _minor(self, kind: str) -> int:
		return money.round_to_minor(self._value(kind) or 0, self.currency or "USD")

	def _label(self, kind: str) -> str:
		return _(self.doc.meta.get_label(self._fieldname(kind)))


def open_payable(doc) -> Payable:
	"""The document seen as something to be paid.

	Works for a disabled row as well (`why_not_payable` says so), because payments made before go on changing.
	Raises NotPayable if the DocType has no row at all.
	"""
	config = get_config(doc.doctype)
	if not config:
		_refuse(doc.doctype)
	path = handler_of(doc.doctype)
	return (frappe.get_attr(path) if path else Payable)(doc, config)


def _refuse(doctype: str) -> None:
	frappe.throw(
		_("{0} cannot be paid here: nobody has made a Payable DocType for it.").format(
			frappe.bold(frappe.utils.escape_html(_(cstr(doctype)[:140])))
		),
		NotPayable,
	)


def load_payable(doctype: str, name: str) -> Payable:
	"""The document of this name as a Payable; checks no permission.

	The registry is asked before anything is loaded, so that any other word is an answer and not an ImportError. Raises
	NotPayable, frappe.DoesNotExistError.
	"""
	if not get_config(doctype):
		_refuse(doctype)
	return open_payable(frappe.get_doc(doctype, name))


def stored_name(doctype: str, name: str) -> str:
	"""The name of a document as it is stored, which MariaDB finds in other spellings too; as it was given where there is
	none, so that the answer does not tell. Raises NotPayable."""
	if not get_config(doctype):
		_refuse(doctype)
	return frappe.db.get_value(doctype, name) or name


def handler_of(doctype: str) -> str | None:
	"""The dotted path of the Payable subclass that an app brings for `doctype`, by the hook
	`stripe_payable_handlers`. From hooks only: a path that a form could set would run whatever it names."""
	paths = frappe.get_hooks("stripe_payable_handlers", {}).get(doctype)
	return paths[-1] if paths else None


def is_booked(doctype: str) -> bool:
	"""Whether payments of `doctype` are posted to accounts."""
	handler = handler_of(doctype)
	return bool(handler and frappe.get_attr(handler).books)
