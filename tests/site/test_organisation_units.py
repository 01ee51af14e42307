"""The tree of units: paths as names, and everything that points to a unit following it."""

import frappe
import pytest

from stripe_service.access.units import visible_units
from stripe_service.api import units as tree
from tests.support.records import allow_unit, unique


@pytest.fixture
def company(make_unit):
	"""A company with a branch that has two teams."""
	company = make_unit("/" + unique("Company"))
	for team in ("Team 1", "Team 2"):
		make_unit(f"{company}/Branch A/{team}")
	make_unit(f"{company}/Branch B")
	return company


def unit(path: str):
	return frappe.get_doc("Organisation Unit", path)


def add(unit_name: str, parent: str | None = None):
	return frappe.get_doc(
		doctype="Organisation Unit", unit_name=unit_name, parent_organisation_unit=parent
	).insert()


def test_a_unit_is_named_by_its_path(company):
	assert add("Branch C", company).name == f"{company}/Branch C"
	assert unit(f"{company}/Branch C").path == f"{company}/Branch C"


def test_a_name_is_tidied_before_it_becomes_a_path(company):
	assert add("  Branch   D ", company).name == f"{company}/Branch D"


@pytest.mark.parametrize("name", ["", "   ", "A/B", "/", "<b>"])
def test_a_name_that_would_break_the_path_is_refused(company, name):
	with pytest.raises((frappe.NameError, frappe.MandatoryError)):
		add(name, company)


def test_the_same_name_twice_under_one_parent_is_refused(company):
	with pytest.raises(frappe.DuplicateEntryError):
		add("Branch A", company)


def test_a_path_that_no_link_could_hold_is_refused(company):
	with pytest.raises(frappe.ValidationError, match="140"):
		add("x" * 140, company)


def test_the_path_cannot_be_typed(company):
	branch = unit(f"{company}/Branch A")
	branch.path = "/somewhere/else"
	branch.save()
	assert unit(f"{company}/Branch A").path == f"{company}/Branch A"


def test_renaming_a_unit_takes_along_what_points_to_it_and_below_it(company, make_payer, make_invoice):
	team, branch = f"{company}/Branch A/Team 1", f"{company}/Branch A"
	member = make_payer(unit=branch)
	invoice = make_invoice(unit=team)

	doc = unit(branch)
	doc.unit_name = "Branch North"
	doc.save()
	frappe.db.commit()

	assert doc.name == f"{company}/Branch North"
	assert not frappe.db.exists("Organisation Unit", team)
	assert unit(f"{company}/Branch North/Team 1").parent_organisation_unit == f"{company}/Branch North"
	assert invoice.reload().organisation_unit == f"{company}/Branch North/Team 1"
	assert frappe.db.get_value("User Permission", {"user": member}, "for_value") == f"{company}/Branch North"
	assert frappe.has_permission("Portal Invoice", "read", doc=invoice, user=member)


def test_a_unit_can_be_renamed_by_frappes_own_rename_too(company):
	new = frappe.rename_doc("Organisation Unit", f"{company}/Branch A", "Branch West")

	assert new == f"{company}/Branch West"
	assert unit(new).unit_name == "Branch West"
	assert unit(f"{new}/Team 2").path == f"{new}/Team 2"


def test_frappes_rename_does_not_move_a_unit(company):
	with pytest.raises(frappe.ValidationError, match="Parent Organisation Unit"):
		frappe.rename_doc("Organisation Unit", f"{company}/Branch A/Team 1", f"{company}/Branch B/Team 1")


def test_units_are_not_merged(company):
	with pytest.raises(frappe.ValidationError, match="merged"):
		frappe.rename_doc("Organisation Unit", f"{company}/Branch A", f"{company}/Branch B", merge=True)


def test_moving_a_unit_takes_its_members_access_along(company, make_payer, make_invoice):
	team = f"{company}/Branch A/Team 1"
	invoice = make_invoice(unit=team)
	of_a, of_b = make_payer(unit=f"{company}/Branch A"), make_payer(unit=f"{company}/Branch B")
	assert frappe.has_permission("Portal Invoice", "read", doc=invoice, user=of_a)

	doc = unit(team)
	doc.parent_organisation_unit = f"{company}/Branch B"
	doc.save()
	frappe.db.commit()
	invoice.reload()

	assert invoice.organisation_unit == f"{company}/Branch B/Team 1"
	assert not frappe.has_permission("Portal Invoice", "read", doc=invoice, user=of_a)
	assert frappe.has_permission("Portal Invoice", "read", doc=invoice, user=of_b)
	lft, rgt = frappe.db.get_value("Organisation Unit", f"{company}/Branch B", ["lft", "rgt"])
	assert lft < unit(f"{company}/Branch B/Team 1").lft < rgt


def test_a_unit_does_not_move_below_itself(company):
	doc = unit(f"{company}/Branch A")
	doc.parent_organisation_unit = f"{company}/Branch A/Team 1"
	with pytest.raises(frappe.ValidationError):
		doc.save()


def test_a_rename_keeps_the_history(company):
	branch = unit(f"{company}/Branch A")
	branch.add_comment("Comment", "Moved into the new building")
	new = frappe.rename_doc("Organisation Unit", branch.name, "Branch East")

	comments = frappe.get_all(
		"Comment", filters={"reference_doctype": "Organisation Unit", "reference_name": new}, pluck="content"
	)
	assert "Moved into the new building" in comments
	assert any("renamed from" in comment for comment in comments)


def test_a_unit_with_units_below_it_is_not_deleted(company):
	with pytest.raises(frappe.ValidationError):
		frappe.delete_doc("Organisation Unit", f"{company}/Branch A")


def test_a_unit_with_invoices_is_not_deleted(company, make_invoice):
	make_invoice(unit=f"{company}/Branch B")
	with pytest.raises(frappe.LinkExistsError):
		frappe.delete_doc("Organisation Unit", f"{company}/Branch B")


def test_a_unit_with_members_is_not_deleted(company, make_payer):
	make_payer(unit=f"{company}/Branch B")
	with pytest.raises(frappe.LinkExistsError):
		frappe.delete_doc("Organisation Unit", f"{company}/Branch B")


def test_a_unit_that_nobody_uses_is_deleted(company):
	frappe.delete_doc("Organisation Unit", f"{company}/Branch B")
	assert not frappe.db.exists("Organisation Unit", f"{company}/Branch B")


def test_a_new_unit_is_open_to_the_members_above_at_once(company, make_payer, make_invoice):
	member = make_payer(unit=company)
	assert f"{company}/Branch B/Team 9" not in visible_units(member)  # and Frappe caches the answer

	invoice = make_invoice(unit=add("Team 9", f"{company}/Branch B").name)

	assert frappe.has_permission("Portal Invoice", "read", doc=invoice, user=member)


def test_a_member_sees_their_part_of_the_tree(company, make_payer, as_user):
	with as_user(make_payer(unit=f"{company}/Branch A")):
		top = tree.children("Organisation Unit", "All Units", is_root=True)
		below = tree.children("Organisation Unit", f"{company}/Branch A")
	assert [node["value"] for node in top] == [f"{company}/Branch A"]
	assert [node["title"] for node in below] == ["Team 1", "Team 2"]


def test_a_user_without_a_unit_sees_no_tree(company, make_payer, as_user):
	with as_user(make_payer()):
		assert tree.children("Organisation Unit", "All Units", is_root=True) == []


def test_a_unit_is_added_from_the_tree(company, make_user, as_user):
	with as_user(make_user(roles=["System Manager"])):
		assert tree.add("Branch F", company) == f"{company}/Branch F"


def test_who_may_not_keep_the_tree_adds_no_unit(company, make_payer, as_user):
	with as_user(make_payer(unit=company)), pytest.raises(frappe.PermissionError):
		tree.add("Branch G", company)


def test_a_keeper_of_the_tree_sees_all_of_it(company, make_user, as_user):
	keeper = make_user(roles=["Stripe Administrator"])
	with as_user(keeper):
		assert f"{company}/Branch B" in frappe.get_list(
			"Organisation Unit", pluck="name", limit_page_length=0
		)
	allow_unit(keeper, f"{company}/Branch A")
	with as_user(keeper):
		assert f"{company}/Branch B" not in frappe.get_list(
			"Organisation Unit", pluck="name", limit_page_length=0
		), "Frappe's own User Permissions hold for a keeper as well"
