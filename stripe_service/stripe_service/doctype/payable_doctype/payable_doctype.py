"""How a DocType is paid: which of its fields hold what, and what payment does to its status.

A mistake here would surface in front of a payer, or after their money has moved, so everything that can be known now
is checked on saving, and each message names the field to be put right.

A row makes the app write to documents, past the permissions of whoever saves them. So its maker must be one who may write
such documents anyway, and what the app writes must be fields that nobody else fills in.
"""

import frappe
from frappe import _
from frappe.custom.doctype.custom_field.custom_field import create_custom_field
from frappe.model.document import Document
from frappe.model.workflow import get_workflow, get_workflow_name

from stripe_service.payables.payable import handler_of
from stripe_service.payables.registry import CONTACTS, THE_DOCUMENT, UNITS, clear_cache, lines

MONEY = ("Currency", "Float", "Int")
TEXT = ("Data", "Link", "Dynamic Link", "Select", "Small Text", "Text", "Read Only", "Autocomplete", "Phone")
# What the app writes; the last one only where the document does not keep it itself.
AMOUNTS = ("paid_fieldname", "reserved_fieldname", "outstanding_fieldname")
# fieldname here -> the field types that fit; the pickers of the form offer the same.
FITTING = {
	"title_fieldname": TEXT,
	"party_fieldname": TEXT,
	"currency_fieldname": ("Link", "Select", "Data", "Read Only"),
	"total_fieldname": MONEY,
	"outstanding_fieldname": MONEY,
	"paid_fieldname": MONEY,
	"reserved_fieldname": MONEY,
	"unit_fieldname": ("Link",),
	"due_date_fieldname": ("Date", "Datetime"),
	"status_fieldname": ("Link", "Select", "Data", "Read Only"),
	"portal_party_fieldname": ("Link", "Dynamic Link", "Data"),
}
LINKS_TO = {"currency_fieldname": "Currency", "unit_fieldname": "Organisation Unit"}
# What is surely meant if the DocType has only one field of this type.
ONE_OF_ITS_KIND = {"currency_fieldname": "Link", "unit_fieldname": "Link", "total_fieldname": "Currency"}
STATES = ("payable_statuses", "void_statuses", "status_partly_paid", "status_paid", "status_to_be_paid")
OWN = {"Portal Invoice"}
# Shown to every payer, whatever level the field is of.
SHOWN = ("title_fieldname", "party_fieldname", "due_date_fieldname")


class PayableDocType(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		currency_fieldname: DF.Autocomplete
		detail_fieldnames: DF.SmallText | None
		docstatus_required: DF.Literal["Any", "Draft", "Submitted"]
		document_type: DF.Link
		due_date_fieldname: DF.Autocomplete | None
		enabled: DF.Check
		handler: DF.Data | None
		outstanding_fieldname: DF.Autocomplete | None
		outstanding_kept_by: DF.Literal["Stripe Service", "The document"]
		paid_fieldname: DF.Autocomplete | None
		party_fieldname: DF.Autocomplete | None
		portal_access: DF.Literal["Nothing", "Documents of Their Units", "Documents of Their Contacts"]
		portal_party_fieldname: DF.Autocomplete | None
		payable_statuses: DF.SmallText | None
		reserved_fieldname: DF.Autocomplete | None
		status_fieldname: DF.Autocomplete | None
		status_paid: DF.Autocomplete | None
		status_partly_paid: DF.Autocomplete | None
		status_to_be_paid: DF.Autocomplete | None
		stripe_account: DF.Link | None
		title_fieldname: DF.Autocomplete | None
		total_fieldname: DF.Autocomplete
		unit_control: DF.Check
		unit_fieldname: DF.Autocomplete | None
		void_statuses: DF.SmallText | None

	# end: auto-generated types

	def validate(self):
		"""Raises frappe.ValidationError for fields that the DocType has not or that do not fit."""
		self._check_document_type()
		self._check_maker()
		self._fill_in_status_field()
		for fieldname in FITTING:
			self._check_field(fieldname)
		self._check_details()
		self._check_amounts()
		self._check_unit_control()
		self._check_portal()
		self._check_states()
		self.handler = handler_of(self.document_type)

	def on_update(self):
		"""The new settings count at once, on the forms, too."""
		clear_cache()
		frappe.clear_cache(doctype=self.document_type)

	def after_rename(self, *args):
		"""The settings are looked up by the name."""
		clear_cache()

	def on_trash(self):
		"""Refused for a row that an app brought, and for one whose documents have payments."""
		self._check_control_stays()
		if self.document_type in OWN or handler_of(self.document_type):
			frappe.throw(_("This row came with an app and would come back. Switch off Enabled instead."))
		if frappe.db.exists("Invoice Payment Reference", {"reference_doctype": self.document_type}):
			frappe.throw(
				_(
					"{0} has been paid through Stripe, and its payments can still be refunded or disputed. Switch off"
					" Enabled instead."
				).format(_(self.document_type))
			)
		clear_cache()
		frappe.clear_cache(doctype=self.document_type)

	def after_delete(self):
		"""Whoever asked between on_trash and here has put the row back into the cache."""
		clear_cache()

	@frappe.whitelist()
	def choices(self) -> dict:
		"""What the form offers: {"fields": {fieldname here: [{value, label}]}, "states": [...] or None, "suggested":
		{fieldname here: value}}. Needs write on Payable DocType."""
		frappe.has_permission("Payable DocType", "write", throw=True)
		self._check_document_type()
		self._fill_in_status_field()
		fields = {name: self._fitting(name) for name in FITTING}
		return {
			"fields": {name: [_choice(field) for field in found] for name, found in fields.items()},
			"states": self._allowed_states() if self.status_fieldname else None,
			"suggested": self._suggested(fields),
		}

	def _fitting(self, name: str) -> list:
		target = LINKS_TO.get(name)
		return [
			field
			for field in self._meta().fields
			if field.fieldtype in FITTING[name]
			and not (target and field.fieldtype == "Link" and field.options != target)
			and not (target == "Currency" and field.fieldtype in ("Data", "Read Only"))
			and not (name == "portal_party_fieldname" and not _names_a_person(field))
		]

	def _suggested(self, fields: dict) -> dict:
		"""A guess for each field that is empty, to be looked over by a person."""
		meta, workflow = self._meta(), self._workflow()
		status = workflow.workflow_state_field if workflow else "status"
		likely = {
			"title_fieldname": (meta.title_field,),
			"currency_fieldname": ("currency",),
			"total_fieldname": ("grand_total", "total", "total_amount", "amount"),
			"unit_fieldname": ("organisation_unit",),
			"due_date_fieldname": ("due_date",),
			"status_fieldname": (status,),
		}
		guesses = {}
		for name, wanted in likely.items():
			guess = next(
				(field for field in wanted if field in [found.fieldname for found in fields[name]]), None
			)
			only = [found.fieldname for found in fields[name] if found.fieldtype == ONE_OF_ITS_KIND.get(name)]
			if not guess and len(only) == 1:
				guess = only[0]
			if guess and not self.get(name):
				guesses[name] = guess
		return guesses

	@frappe.whitelist()
	def add_amount_fields(self) -> list[str]:
		"""Add read-only Paid and Under Way fields to the DocType and name them here; returns what was added.

		Needs write on this row and the right to create Custom Fields.
		"""
		self.check_permission("write")
		frappe.has_permission("Custom Field", "create", throw=True)
		added = [name for name in AMOUNT_FIELDS if not self.get(name)]
		for name in added:
			self.set(name, self._add_amount_field(**AMOUNT_FIELDS[name]))
		self.save()
		return added

	def _add_amount_field(self, fieldname: str, label: str) -> str:
		meta = frappe.get_meta(self.document_type)
		if meta.has_field(fieldname):
			return fieldname
		currency = meta.get_field(self.currency_fieldname)
		create_custom_field(
			self.document_type,
			{
				"fieldname": fieldname,
				"label": label,
				"fieldtype": "Currency",
				"options": currency.fieldname if currency.fieldtype == "Link" else None,
				"insert_after": self.total_fieldname,
				"read_only": 1,
				"no_copy": 1,
				"allow_on_submit": 1,
			},
		)
		return fieldname

	def _check_document_type(self):
		meta = self._meta()
		problem = None
		if meta.module == "Stripe Service" and self.document_type not in OWN:
			problem = _("is one of the payments' own records")
		elif meta.issingle:
			problem = _("has a single document only")
		elif meta.istable:
			problem = _("is a table inside other documents")
		elif meta.get("is_virtual"):
			problem = _("is virtual: its documents have no row that a payment could lock")
		elif not meta.custom and frappe.db.get_value("Module Def", meta.module, "app_name") == "frappe":
			problem = _("belongs to Frappe itself")
		if problem:
			frappe.throw(
				_("{0} cannot be made payable: it {1}.").format(frappe.bold(_(self.document_type)), problem)
			)

	def _check_control_stays(self):
		"""Without the row its documents are under no unit control: that is for those who could switch it off."""
		if self.flags.ignore_permissions or not frappe.db.get_value(self.doctype, self.name, "unit_control"):
			return
		if not self.has_permlevel_access_to("unit_control", permission_type="write"):
			frappe.throw(
				_(
					"{0} is under unit control, which you cannot switch off. Switch off Enabled instead."
				).format(frappe.bold(_(self.document_type))),
				frappe.PermissionError,
			)

	def _check_maker(self):
		if self.flags.ignore_permissions or "System Manager" in frappe.get_roles():
			return
		if not frappe.has_permission(self.document_type, "write"):
			frappe.throw(
				_("To have {0} paid you need the right to write it: payment changes its documents.").format(
					frappe.bold(_(self.document_type))
				),
				frappe.PermissionError,
			)

	def _meta(self):
		if not frappe.db.exists("DocType", self.document_type):
			frappe.throw(_("There is no DocType {0}.").format(frappe.bold(self.document_type)))
		return frappe.get_meta(self.document_type)

	def _fill_in_status_field(self):
		"""States without a field to hold them mean the Workflow's."""
		if not self.status_fieldname and any(self.get(name) for name in STATES):
			workflow = self._workflow()
			self.status_fieldname = workflow.workflow_state_field if workflow else None

	def _workflow(self):
		return get_workflow(self.document_type) if get_workflow_name(self.document_type) else None

	def _check_field(self, name: str):
		chosen = self.get(name)
		if not chosen:
			return
		field = self._meta().get_field(chosen)
		if not field:
			self._refuse(name, _("{0} has no field {1}").format(_(self.document_type), frappe.bold(chosen)))
		if field.fieldtype not in FITTING[name]:
			self._refuse(
				name,
				_("{0} is of type {1}; needed is {2}").format(
					frappe.bold(chosen), field.fieldtype, ", ".join(FITTING[name])
				),
			)
		if name in SHOWN and field.permlevel:
			self._refuse(
				name,
				_("{0} is of permission level {1}, and every payer would see it").format(
					frappe.bold(chosen), field.permlevel
				),
			)
		target = LINKS_TO.get(name)
		if target and field.fieldtype == "Link" and field.options != target:
			self._refuse(
				name, _("{0} links to {1}; needed is {2}").format(frappe.bold(chosen), field.options, target)
			)

	def _check_details(self):
		for chosen in lines(self.detail_fieldnames):
			field = self._meta().get_field(chosen)
			if not field:
				self._refuse(
					"detail_fieldnames",
					_("{0} has no field {1}").format(_(self.document_type), frappe.bold(chosen)),
				)
			if field.fieldtype in (*frappe.model.no_value_fields, "Password", "Attach", "Code"):
				self._refuse(
					"detail_fieldnames", _("{0} cannot be shown in a line").format(frappe.bold(chosen))
				)

	def _check_amounts(self):
		"""Each amount that the app writes has a field of its own."""
		document_keeps_it = self.outstanding_kept_by == THE_DOCUMENT
		if document_keeps_it and not self.outstanding_fieldname:
			self._refuse("outstanding_fieldname", _("name the field in which the document keeps it"))
		used = {self.total_fieldname}
		for name in AMOUNTS[:2] if document_keeps_it else AMOUNTS:
			chosen = self.get(name)
			if not chosen:
				continue
			if chosen in used:
				self._refuse(name, _("{0} is used for something else already").format(frappe.bold(chosen)))
			used.add(chosen)
			self._check_nobody_else_writes(chosen)

	def _check_nobody_else_writes(self, chosen: str):
		"""Of the fields that this row did not name before: the app overwrites them at every save."""
		before = self.get_doc_before_save()
		if before and chosen in [before.get(name) for name in AMOUNTS]:
			return
		field = self._meta().get_field(chosen)
		if field.read_only or not frappe.db.exists(self.document_type, {chosen: ("!=", 0)}):
			return
		name = next(name for name in AMOUNTS if self.get(name) == chosen)
		self._refuse(
			name,
			_(
				"{0} can be typed in and holds amounts already, which would be overwritten. Make it read-only first"
			).format(frappe.bold(chosen)),
		)

	def _check_unit_control(self):
		if self.unit_control and not self.unit_fieldname:
			self._refuse(
				"unit_fieldname",
				_("needed for Control by Organisation Unit: a field that links to Organisation Unit"),
			)

	def _check_portal(self):
		if self.portal_access == UNITS and not self.unit_fieldname:
			self._refuse(
				"unit_fieldname",
				_("needed for {0}: a field that links to Organisation Unit").format(_(UNITS)),
			)
		if self.portal_access != CONTACTS:
			return
		if not self.portal_party_fieldname:
			self._refuse("portal_party_fieldname", _("needed for {0}").format(_(CONTACTS)))
		if not _names_a_person(self._meta().get_field(self.portal_party_fieldname)):
			self._refuse(
				"portal_party_fieldname",
				_("{0} holds neither a link nor an e-mail address (type Data with the option Email)").format(
					frappe.bold(self.portal_party_fieldname)
				),
			)

	def _check_states(self):
		named = [(name, state) for name in STATES for state in lines(self.get(name))]
		if not named:
			return
		if not self.status_fieldname:
			self._refuse("status_fieldname", _("needed, since states are named below"))
		if self._linked_states():
			self._check_linked_states(named)
			return
		allowed = self._allowed_states()
		for name, state in named:
			if allowed is not None and state not in allowed:
				self._refuse(
					name,
					_("{0} is not a state of {1}. It has: {2}").format(
						frappe.bold(state),
						frappe.bold(self.status_fieldname),
						", ".join(allowed) or _("none"),
					),
				)

	def _check_linked_states(self, named):
		for name, state in named:
			if not frappe.db.exists(self._linked_states(), state):
				self._refuse(
					name, _("there is no {0} {1}").format(_(self._linked_states()), frappe.bold(state))
				)

	def _linked_states(self) -> str | None:
		"""The DocType whose documents are the states, where no Workflow says which of them there are."""
		workflow = self._workflow()
		if workflow and workflow.workflow_state_field == self.status_fieldname:
			return None
		field = self._meta().get_field(self.status_fieldname)
		return field.options if field.fieldtype == "Link" else None

	def _allowed_states(self) -> list[str] | None:
		"""The values the status field can take, as far as the session user may see them; None if it takes any."""
		workflow = self._workflow()
		if workflow and workflow.workflow_state_field == self.status_fieldname:
			return [row.state for row in workflow.states]
		field = self._meta().get_field(self.status_fieldname)
		if field.fieldtype == "Select":
			return [option for option in lines(field.options)]
		if field.fieldtype == "Link" and frappe.has_permission(field.options, "read"):
			return frappe.get_list(field.options, pluck="name", limit=500)
		return None

	def _refuse(self, name: str, reason: str):
		label = _(self.meta.get_label(name))
		frappe.throw(_("{0}: {1}.").format(frappe.bold(label), reason), title=_("Payable DocType"))


def _names_a_person(field) -> bool:
	"""Whether a field can say whose document it is: typed text that nobody checks can't."""
	return field.fieldtype != "Data" or field.options == "Email"


def _choice(field) -> dict:
	return {"value": field.fieldname, "label": field.fieldname, "description": _(field.label or "")}


AMOUNT_FIELDS = {
	"paid_fieldname": {"fieldname": "stripe_paid_amount", "label": "Paid Online"},
	"reserved_fieldname": {"fieldname": "stripe_reserved_amount", "label": "Payment Under Way"},
}
