"""A unit of the organisation, named by its path (`/dev-v51/Branch A`), as people read and write it.

The path is the document's name, so that Links, User Permissions, rules and reports show it without a lookup. It follows
from the unit's own name and its parent; renaming or moving a unit renames all below it through Frappe's rename, which
takes every Link, User Permission, comment and version along.

Where a unit stands in the tree decides who sees its documents. So it is moved by those who see all units, or belong to
the unit and to both places; and the numbers by which Frappe knows the tree are its own.
"""

import frappe
from frappe import _
from frappe.model.rename_doc import rename_doc
from frappe.utils.nestedset import NestedSet

from stripe_service.access import rules, sharing, units

MAX_PATH = 140  # the length of a name, and of every Link to it
FORBIDDEN = "/<>"


# What `_follow_path` sets is stored by the renaming, and read again.
class OrganisationUnit(NestedSet):  # nosemgrep
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		is_group: DF.Check
		lft: DF.Int
		old_parent: DF.Link | None
		parent_organisation_unit: DF.Link | None
		path: DF.Data | None
		rgt: DF.Int
		unit_name: DF.Data

	# end: auto-generated types

	def before_insert(self):
		"""The path is the document's name, so it is made before naming."""
		self.unit_name = self._checked_name()
		self.path = self._path()

	def validate(self):
		"""Keeps the tree whole, and the path that of the parent and the unit's own name."""
		self.unit_name = self._checked_name()
		self._keep_tree()
		if self.parent_organisation_unit and self.parent_organisation_unit == self.name:
			frappe.throw(_("A unit cannot be its own parent."))
		self._check_path(self._path())
		if self.is_new():
			self.path = self.name

	def on_update(self):
		"""A unit that has moved is renamed with all below it, and who is outside by now loses access."""
		super().on_update()  # reloads the document
		units.forget_memberships()
		if self.name != self._path():
			before = self.name
			_rename(before, self._path())
			self.name = self._path()
			self.reload()
			self.localname = before  # by which the desk's open form learns its new name
			sharing.revoke_outsider_access()

	def after_delete(self):
		"""Its members are members no more."""
		units.forget_memberships()

	def before_rename(self, old, new, merge=False):
		"""Takes the new name of the unit, or the path that it gives."""
		if merge:
			frappe.throw(_("Units cannot be merged. Move the invoices and the User Permissions instead."))
		given = (new or "").strip()
		parent = self.parent_organisation_unit or ""
		if "/" in given and given.rsplit("/", 1)[0] != parent:
			frappe.throw(
				_("To move a unit, change its Parent Organisation Unit; to rename it, give its name alone.")
			)
		self.unit_name = given.rsplit("/", 1)[-1]
		self.unit_name = self._checked_name()
		self._check_path(self._path())
		return {"new": self._path()}

	def after_rename(self, old, new, merge=False):
		"""The units below it are renamed along with it."""
		super().after_rename(old, new, merge)
		frappe.db.set_value(self.doctype, new, "unit_name", new.rsplit("/", 1)[-1], update_modified=False)
		for child in frappe.get_all(self.doctype, filters={"parent_organisation_unit": new}, pluck="name"):
			_rename(child, f"{new}/{child.rsplit('/', 1)[-1]}")
		units.forget_memberships()
		rules.clear_cache()

	def _path(self) -> str:
		return f"{self.parent_organisation_unit or ''}/{self.unit_name}"

	def _checked_name(self) -> str:
		name = " ".join((self.unit_name or "").split())
		if not name:
			frappe.throw(_("Give the unit a name."), frappe.MandatoryError)
		if set(name) & set(FORBIDDEN):
			frappe.throw(
				_("The name of a unit cannot contain {0}.").format(" ".join(FORBIDDEN)), frappe.NameError
			)
		return name

	def _keep_tree(self):
		before = self.get_doc_before_save()
		if not before:
			self.lft = self.rgt = 0  # Frappe gives them
			return
		self.update({name: before.get(name) for name in ("lft", "rgt", "old_parent")})
		if self.parent_organisation_unit != before.parent_organisation_unit:
			self._check_may_move(before.parent_organisation_unit)

	def _check_may_move(self, parent_before: str | None):
		visible = units.visible_units()
		ends = (self.name, parent_before, self.parent_organisation_unit)
		# At the top nothing is above it, and only those who see all units see that it went there.
		at_top = not self.parent_organisation_unit
		if visible is units.ALL or (not at_top and all(unit in visible for unit in ends if unit)):
			return
		frappe.throw(
			_("You can move a unit only if you belong to it, to where it is and to where it goes."),
			frappe.PermissionError,
		)

	def _check_path(self, path: str):
		if len(path) > MAX_PATH:
			frappe.throw(
				_("The path {0} is longer than {1} characters. Choose a shorter name.").format(
					frappe.bold(path), MAX_PATH
				)
			)
		if path != self.name and frappe.db.exists(self.doctype, path):
			frappe.throw(
				_("There is a unit {0} already.").format(frappe.bold(path)), frappe.DuplicateEntryError
			)


def _rename(old: str, new: str) -> None:
	rename_doc(
		units.UNIT, old, new, force=True, ignore_permissions=True, show_alert=False, rebuild_search=False
	)
