"""How a unit gets its path; what points to it is tried in tests/site."""

import frappe
from frappe.utils import random_string

from stripe_service.tests.base import IntegrationTestCase


def add(unit_name: str, parent: str | None = None):
	return frappe.get_doc(
		doctype="Organisation Unit", unit_name=unit_name, parent_organisation_unit=parent
	).insert()


class TestOrganisationUnit(IntegrationTestCase):
	def setUp(self):
		self.company = add(random_string(10)).name

	def test_the_path_is_the_name(self):
		self.assertEqual(add("Branch A", self.company).name, f"{self.company}/Branch A")

	def test_a_slash_is_refused(self):
		self.assertRaises(frappe.NameError, add, "A/B", self.company)

	def test_a_rename_reaches_the_units_below(self):
		branch = add("Branch A", self.company)
		add("Team", branch.name)
		branch.reload()
		branch.unit_name = "Branch B"
		branch.save()
		self.assertTrue(frappe.db.exists("Organisation Unit", f"{self.company}/Branch B/Team"))

	def test_a_move_reaches_the_units_below(self):
		branch, other = add("Branch A", self.company), add("Branch B", self.company)
		add("Team", branch.name)
		branch.reload()
		branch.parent_organisation_unit = other.name
		branch.save()
		self.assertTrue(frappe.db.exists("Organisation Unit", f"{other.name}/Branch A/Team"))

	def test_the_tree_stays_a_tree(self):
		branch = add("Branch A", self.company)
		team = add("Team", branch.name)
		branch.reload()
		branch.parent_organisation_unit = team.name
		self.assertRaises(frappe.ValidationError, branch.save)
