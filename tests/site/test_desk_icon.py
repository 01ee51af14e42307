"""The desk of Frappe 16 begins with icons: ours is there for everybody who has to do with payments, and leads somewhere."""

import frappe
import pytest

HOME, PAYMENTS, INVOICES, SET_UP = "Stripe", "Payments", "Portal Invoice", "Payment Set-up"
FIRST_PAGE = {
	"an administrator": (["Stripe Administrator"], HOME),
	"a viewer": (["Stripe Viewer", "Stripe Reader"], HOME),
	"a payer": (["Invoice Payers", "Stripe Payer"], PAYMENTS),
	"a role administrator": (["System Manager"], INVOICES),
}


@pytest.fixture
def desk_of(site_only, make_user, as_user):
	"""What the desk of a new user with these roles is given: icons by label, and the sidebar behind ours."""
	if not frappe.db.exists("DocType", "Workspace Sidebar"):
		pytest.skip("this Frappe has no desk of icons (new in 16)")

	def look(roles):
		from frappe.boot import get_bootinfo

		with as_user(make_user(roles=roles)):
			boot = get_bootinfo()
		icons = {icon["label"]: icon for icon in boot.desktop_icons}
		sidebars = boot.workspace_sidebar_item
		look.beside_payments = [item["link_to"] for item in sidebars.get("payments", {}).get("items", [])]
		look.beside_set_up = [
			item["link_to"]
			for item in sidebars.get("payment set-up", {}).get("items", [])
			if item["type"] == "Link"
		]
		return icons, sidebars.get("stripe", {}).get("items", [])

	return look


@pytest.mark.parametrize("who", FIRST_PAGE)
def test_the_icon_is_there_and_leads_to_the_first_page_that_is_allowed(desk_of, who):
	roles, first = FIRST_PAGE[who]
	icons, items = desk_of(roles)

	icon = icons["Stripe"]
	assert icon["link_type"] in frappe.get_meta("Desktop Icon").get_field("link_type").options.split("\n")
	assert not icon["hidden"] and icon["logo_url"]
	links = [item for item in items if item["type"] == "Link"]
	assert links[0]["link_to"] == first


def test_payers_find_their_work_items_and_their_payment_methods(desk_of):
	_icons, items = desk_of(FIRST_PAGE["a payer"][0])
	assert {"Work Items", "My Payment Methods"} <= {item["label"] for item in items}


def test_the_sidebar_beside_their_home_leads_to_all_that_payers_need(desk_of):
	desk_of(FIRST_PAGE["a payer"][0])
	assert desk_of.beside_payments == [
		PAYMENTS, INVOICES, "Workflow Action", "Invoice Payment", "my-payment-methods"
	]  # fmt: skip


@pytest.mark.parametrize(
	"who, seen",
	[("a payer", True), ("an administrator", True), ("a viewer", False), ("a role administrator", False)],
)
def test_the_payers_home_has_an_icon_for_those_who_may_see_it(desk_of, who, seen):
	icons, _items = desk_of(FIRST_PAGE[who][0])
	assert (PAYMENTS in icons) == seen
	assert not seen or (icons[PAYMENTS]["logo_url"] and not icons[PAYMENTS]["hidden"])


@pytest.mark.parametrize(
	"who, seen", [("a role administrator", True), ("an administrator", False), ("a payer", False)]
)
def test_the_role_administrators_workspace_has_an_icon_for_them_alone(desk_of, who, seen):
	icons, _items = desk_of(FIRST_PAGE[who][0])
	assert (SET_UP in icons) == seen
	assert not seen or (icons[SET_UP]["logo_url"] and not icons[SET_UP]["hidden"])


def test_the_sidebar_beside_it_leads_to_all_that_role_administrators_need(desk_of):
	desk_of(FIRST_PAGE["a role administrator"][0])
	assert desk_of.beside_set_up == [
		SET_UP, "User", "User Permission", "permission-manager",
		"Organisation Unit", "Work Item Rule", "Workflow", "Payable DocType", INVOICES,
	]  # fmt: skip


def test_who_has_nothing_to_do_with_payments_has_no_icon(desk_of):
	icons, _items = desk_of(["Website Manager"])
	assert not {"Stripe", "Stripe Service", PAYMENTS, SET_UP} & set(icons)


def test_the_icon_can_be_saved(desk_of, site_only):
	"""Frappe checks only then what the file says."""
	desk_of(["System Manager"])
	for name in frappe.get_all("Desktop Icon", filters={"app": "stripe_service"}, pluck="name"):
		frappe.get_doc("Desktop Icon", name).save()
	frappe.db.rollback()
