"""Of those who hold a role, which unit's members get the work item of a Workflow's state (see access.rules)."""

import frappe
from frappe import _
from frappe.model.document import Document

from stripe_service.access import rules, units
from stripe_service.payables import registry


class WorkItemRule(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		enabled: DF.Check
		include_parent_units: DF.Check
		organisation_unit: DF.Link | None
		role: DF.Link
		unit_fieldname: DF.Data | None
		unit_source: DF.Literal["From the document", "Fixed unit"]
		workflow: DF.Link
		workflow_state: DF.Link

	# end: auto-generated types

	def validate(self):
		"""Raises frappe.ValidationError where document type, state, role or unit do not fit the Workflow."""
		workflow = frappe.get_cached_doc("Workflow", self.workflow)
		if not registry.get_config(workflow.document_type):
			frappe.throw(
				_(
					"{0} is the Workflow of {1}, which is not payable. Make a Payable DocType for it first."
				).format(frappe.bold(workflow.name), _(workflow.document_type))
			)
		self._check_state(workflow)
		self._check_role(workflow)
		self._check_unit(workflow)

	def on_update(self):
		"""The rules are cached."""
		rules.clear_cache()

	def after_delete(self):
		"""The rules are cached."""
		rules.clear_cache()

	def _check_state(self, workflow):
		states = [row.state for row in workflow.states]
		if self.workflow_state not in states:
			frappe.throw(
				_("State: {0} has no state {1}. It has {2}.").format(
					frappe.bold(workflow.name), frappe.bold(self.workflow_state), ", ".join(states)
				)
			)

	def _check_role(self, workflow):
		acting = sorted({row.allowed for row in workflow.transitions if row.state == self.workflow_state})
		if self.role not in acting:
			frappe.throw(
				_("Role: {0} has no action in the state {1}. Those who have: {2}.").format(
					frappe.bold(self.role), frappe.bold(self.workflow_state), ", ".join(acting) or _("none")
				)
			)

	def _check_unit(self, workflow):
		if self.unit_source == rules.FIXED_UNIT:
			if not self.organisation_unit:
				frappe.throw(
					_("Organisation Unit: name the unit that gets the work item."), frappe.MandatoryError
				)
			return
		self.organisation_unit = None
		fieldname = self.unit_fieldname or registry.get_config(workflow.document_type).unit_fieldname
		field = frappe.get_meta(workflow.document_type).get_field(fieldname) if fieldname else None
		if not field or field.fieldtype != "Link" or field.options != units.UNIT:
			frappe.throw(
				_("Unit Field of the Document: name a field of {0} that links to Organisation Unit.").format(
					_(workflow.document_type)
				)
			)
