"""The portal: who sees and pays what without a desk, by Payable DocType; and nothing else, by whatever way."""

import json
import re

import frappe
import pytest
from frappe.utils import add_days, nowdate
from frappe.website.utils import get_home_page, get_portal_sidebar_items
from frappe.www.printview import validate_print_permission

from stripe_service.access import portal
from stripe_service.access.pay import why_not_pay
from stripe_service.api import home as home_api
from stripe_service.api import pay as pay_api
from stripe_service.payments.receipt import stripe_receipt
from stripe_service.utils import frappe_versions, portal_page
from stripe_service.utils.language import in_language
from tests.site.support.payables import make_doctype, make_payable
from tests.support.paying import pay_by_card
from tests.support.records import PASSWORD, allow_unit, make_contact, make_portal_user, unique
from tests.support.settings import CONTACTS, NOTHING, UNITS, opened, set_access
from tests.support.site import counted_queries, fresh_request

INVOICE = "Portal Invoice"


@pytest.fixture
def portal_user(site, make_user):
	return lambda **given: make_portal_user(make_user, **given)


@pytest.fixture
def home_of(as_user):
	def look(user, **page):
		with as_user(user):
			return home_api.payer_home(**page)

	return look


@pytest.fixture
def waiting(home_of):
	return lambda user: [row["name"] for row in home_of(user)["waiting"]]


@pytest.fixture
def to_contacts(site):
	with opened():
		yield


@pytest.fixture
def to_units(site):
	with opened(UNITS, None):
		yield


@pytest.fixture
def pay(emulator_url):
	def pay(user, name, amount="100.00", doctype=INVOICE):
		return pay_by_card(frappe._dict(doctype=doctype, name=name), amount, user, emulator_url)

	return pay


def may_open(as_user, user, name, doctype=INVOICE) -> bool:
	with as_user(user):
		try:
			return bool(pay_api.open_form(doctype, name))
		except frappe.PermissionError:
			return False


def assert_nothing_is_open(as_user, waiting, pay, user, *names, doctype=INVOICE):
	assert not set(names) & set(waiting(user))
	for name in names:
		assert not may_open(as_user, user, name, doctype)
		with pytest.raises(frappe.PermissionError):
			pay(user, name, doctype=doctype)


# Whose documents


def test_it_is_not_opened_unless_somebody_says_so(
	as_user, waiting, home_of, pay, portal_user, make_unit, make_invoice
):
	unit = make_unit()
	user = portal_user(unit=unit)
	invoice = make_invoice(unit=unit, bill_to_email=user)
	make_contact(user)
	assert frappe.db.get_value("Payable DocType", INVOICE, "portal_access") in (None, NOTHING)
	assert_nothing_is_open(as_user, waiting, pay, user, invoice.name)
	empty = home_of(user)["why_empty"]
	assert (empty["reason"], user in empty["ask"]) == ("not_opened", True)


def test_whoever_is_billed_by_this_address_sees_and_pays_it(
	to_contacts, as_user, home_of, waiting, pay, portal_user, make_unit, make_invoice, drain
):
	user, stranger = portal_user(), portal_user()
	invoice = make_invoice(unit=make_unit(), bill_to_email=user, title="Roof repair", bill_to="Faber & Sons")
	other = make_invoice(unit=make_unit(), bill_to_email="somebody@example.com")
	[row] = home_of(user)["waiting"]
	assert (row["name"], row["title"], row["party"]) == (invoice.name, "Roof repair", "Faber & Sons")
	assert row["sender"] and row["unit"] is None, "the unit is the seller's own affair"
	with as_user(user):
		form = pay_api.open_form(INVOICE, invoice.name)
	assert form["why_not"] is None and invoice.organisation_unit not in json.dumps(
		form["invoice"], default=str
	)
	assert_nothing_is_open(as_user, waiting, pay, user, other.name)
	assert_nothing_is_open(as_user, waiting, pay, stranger, invoice.name, other.name)

	paid = pay(user, invoice.name, "40.00")
	assert (paid["outcome"], paid["outstanding"]) == ("paid", "60.00")
	assert pay(user, invoice.name, "60.00")["outcome"] == "paid"
	drain()
	answer = home_of(user)
	assert answer["waiting"] == [] and answer["why_empty"]["reason"] == "all_paid"
	assert [payment["reference_name"] for payment in answer["payments"]] == [invoice.name] * 2
	assert all(payment["was_received"] and payment["receipt_url"] for payment in answer["payments"])
	assert home_of(stranger)["payments"] == []
	with as_user(user):
		receipt = stripe_receipt({"name": answer["payments"][0]["name"]})
	said = [row.value for row in receipt.rows]
	assert "Faber & Sons" in said and invoice.organisation_unit not in said


@pytest.mark.parametrize("address", ["jos\u00e9.{0}", "{0}.example.org", "xjose.{0}"])
def test_an_address_that_only_looks_alike_is_another(
	to_contacts, waiting, portal_user, make_invoice, address
):
	"""To MariaDB "jose" is "josé"; whoever owns the one address must not be shown the other's invoices."""
	word = unique("x")
	user = portal_user(email=f"jose.{word}@example.com")
	# As an import may write it: Frappe's forms take no such letters.
	frappe.db.set_value(INVOICE, make_invoice().name, "bill_to_email", f"{address.format(word)}@example.com")
	frappe.db.commit()
	assert waiting(user) == []
	theirs = make_invoice(bill_to_email=f"Jose.{word}@Example.com")
	assert waiting(user) == [theirs.name]


def test_members_of_a_unit_see_and_pay_what_is_of_it_and_of_those_below(
	to_units, as_user, waiting, pay, portal_user, make_unit, make_invoice
):
	company = make_unit()
	branch, elsewhere = make_unit(f"{company}/A"), make_unit(f"{company}/B")
	member, chief, outsider = portal_user(unit=branch), portal_user(unit=company), portal_user()
	ours, theirs = make_invoice(unit=branch), make_invoice(unit=elsewhere, bill_to_email=member)
	assert waiting(member) == [ours.name]
	assert sorted(waiting(chief)) == sorted([ours.name, theirs.name])
	assert_nothing_is_open(as_user, waiting, pay, member, theirs.name)
	assert_nothing_is_open(as_user, waiting, pay, outsider, ours.name, theirs.name)
	assert pay(member, ours.name)["outcome"] == "paid"


PARTY = "Portal Party"


@pytest.fixture(scope="module")
def party_doctype(frappe_site):
	frappe_site.set_user("Administrator")
	return make_doctype([{"fieldname": "note", "fieldtype": "Data", "label": "Note"}], "Stripe Reader")


@pytest.fixture(scope="module")
def billed(frappe_site, party_doctype, payables_end):
	"""A DocType whose documents name their party in every way there is."""
	fields = [
		{"fieldname": "customer", "fieldtype": "Link", "options": party_doctype, "label": "Customer"},
		{"fieldname": "contact", "fieldtype": "Link", "options": "Contact", "label": "Contact"},
		{"fieldname": "person", "fieldtype": "Link", "options": "User", "label": "Person"},
		{"fieldname": "party_type", "fieldtype": "Link", "options": "DocType", "label": "Party Type"},
		{"fieldname": "party", "fieldtype": "Dynamic Link", "options": "party_type", "label": "Party"},
		{"fieldname": "mail", "fieldtype": "Data", "options": "Email", "label": "Mail"},
		{"fieldname": "words", "fieldtype": "Data", "label": "Words"},
		{"fieldname": "currency", "fieldtype": "Link", "options": "Currency", "label": "Currency"},
		{"fieldname": "total", "fieldtype": "Currency", "label": "Total"},
	]
	doctype = make_doctype(fields, "Stripe Reader")
	make_payable(doctype, currency_fieldname="currency", total_fieldname="total")
	return doctype


def bill(doctype, **values):
	doc = frappe.get_doc(doctype=doctype, currency="USD", total=100, **values).insert()
	frappe.db.commit()
	return doc.name


@pytest.mark.parametrize("field", ["customer", "contact", "person", "party", "mail"])
def test_a_document_is_its_partys(site, as_user, waiting, pay, portal_user, party_doctype, billed, field):
	customer, other = (frappe.get_doc(doctype=party_doctype).insert().name for _number in range(2))
	user, stranger = portal_user(), portal_user()
	contact = make_contact(user, [(party_doctype, customer)])
	values = {
		"customer": {"customer": customer},
		"contact": {"contact": contact},
		"person": {"person": user},
		"party": {"party_type": party_doctype, "party": customer},
		"mail": {"mail": user},
	}
	with opened(CONTACTS, field, billed):
		theirs = bill(billed, **values[field])
		foreign = bill(billed, customer=other, party_type=party_doctype, party=other, mail=stranger)
		assert waiting(user) == [theirs]
		assert_nothing_is_open(as_user, waiting, pay, user, foreign, doctype=billed)
		assert_nothing_is_open(as_user, waiting, pay, stranger, theirs, doctype=billed)
		assert pay(user, theirs, doctype=billed)["outcome"] == "paid"


def test_a_contact_that_anybody_could_make_opens_nothing(
	site, as_user, waiting, pay, portal_user, make_user, party_doctype, billed
):
	"""Frappe lets everybody with a login make Contacts, name any user in them and link them to any customer."""
	customer = frappe.get_doc(doctype=party_doctype).insert().name
	thief, friend, clerk = portal_user(), portal_user(), make_user(roles=["Stripe Payer"])
	for maker in (thief, friend, clerk):
		make_contact(thief, [(party_doctype, customer)], made_by=maker)
	with opened(CONTACTS, "customer", billed):
		invoice = bill(billed, customer=customer)
		assert_nothing_is_open(as_user, waiting, pay, thief, invoice, doctype=billed)
		make_contact(thief, [(party_doctype, customer)])
		assert waiting(thief) == [invoice]


def test_other_user_permissions_narrow_it(to_contacts, waiting, portal_user, make_unit, make_invoice):
	user, unit, elsewhere = portal_user(), make_unit(), make_unit()
	ours = make_invoice(unit=unit, bill_to_email=user)
	make_invoice(unit=elsewhere, bill_to_email=user)
	allow_unit(user, unit)
	assert waiting(user) == [ours.name]


def test_what_cannot_be_paid_does_not_wait(to_contacts, waiting, portal_user, make_invoice):
	user = portal_user()
	for state in ("Draft", "Cancelled"):
		make_invoice(bill_to_email=user, state=state)
	assert waiting(user) == []


# Who


def test_it_is_for_the_portals_users_who_may_pay_and_for_nobody_else(
	to_contacts, as_user, waiting, pay, make_user, portal_user, make_invoice
):
	without_right, clerk = portal_user(roles=()), make_user(roles=["Stripe Payer"])
	disabled = portal_user()
	names = {user: make_invoice(bill_to_email=user).name for user in (without_right, clerk, disabled)}
	frappe.db.set_value("User", disabled, "enabled", 0)
	frappe.db.commit()
	assert frappe.db.get_value("User", clerk, "user_type") == "System User"
	assert_nothing_is_open(as_user, waiting, pay, clerk, names[clerk])
	assert_nothing_is_open(as_user, waiting, pay, disabled, names[disabled])
	assert waiting(without_right) == []
	with pytest.raises(frappe.PermissionError):
		pay(without_right, names[without_right])
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		home_api.payer_home()
	assert not may_open(as_user, "Guest", names[clerk])


def test_a_list_and_a_document_say_the_same(
	to_contacts, as_user, waiting, portal_user, make_unit, make_invoice
):
	user, unit = portal_user(), make_unit()
	invoices = [make_invoice(unit=unit, bill_to_email=user, state=state) for state in ("Draft", "To Be Paid")]
	invoices += [make_invoice(unit=unit), make_invoice(unit=unit, bill_to_email=user, total="5.00")]
	with as_user(user):
		payable = [invoice.name for invoice in invoices if why_not_pay(invoice) is None]
	assert sorted(waiting(user)) == sorted(payable)
	assert len(payable) == 2


def test_the_stored_row_decides_and_not_what_a_request_says(to_contacts, as_user, portal_user, make_invoice):
	user = portal_user()
	invoice = make_invoice(bill_to_email="somebody@example.com")
	invoice.bill_to_email = user
	with as_user(user):
		assert why_not_pay(invoice)


# Nothing else


def test_frappe_answers_a_portal_user_about_no_invoice_and_about_own_payments_alone(
	to_units, as_user, pay, portal_user, make_unit, make_invoice
):
	unit = make_unit()
	user, colleague = portal_user(unit=unit), portal_user(unit=unit)
	invoice, other = make_invoice(unit=unit), make_invoice(unit=unit)
	own, theirs = pay(user, invoice.name)["payment"], pay(colleague, other.name)["payment"]
	with as_user(user):
		with pytest.raises(frappe.PermissionError):
			frappe.get_list(INVOICE)
		assert not frappe.has_permission(INVOICE, "read", doc=invoice)
		assert frappe.get_list("Invoice Payment", pluck="name") == [own]
		assert frappe.has_permission("Invoice Payment", "print", doc=frappe.get_doc("Invoice Payment", own))
		assert not frappe.has_permission(
			"Invoice Payment", "read", doc=frappe.get_doc("Invoice Payment", theirs)
		)


def test_an_invoice_is_printed_by_those_to_whom_it_is_open(to_contacts, as_user, portal_user, make_invoice):
	user, stranger = portal_user(), portal_user()
	invoice = make_invoice(bill_to_email=user, title=f"Roof {unique('repair')}")
	with as_user(user):
		assert frappe.has_website_permission(invoice)
		assert not frappe.has_website_permission(invoice, ptype="write")
		validate_print_permission(invoice)
	with as_user(stranger), pytest.raises(frappe.PermissionError):
		validate_print_permission(invoice)


def test_colleagues_are_shown_no_name_of_whoever_is_paying(to_units, as_user, world, portal_user):
	user = portal_user(unit=world.unit)
	world.pay_by_ach(world.add_bank_account(), "40.00")
	with as_user(user):
		form = pay_api.open_form(INVOICE, world.invoice.name)
	[under_way] = form["under_way"]
	assert (under_way["payer"], under_way["amount"]) == (None, "40.00")
	assert frappe.utils.get_fullname(world.payer) not in json.dumps(form, default=str)


# What it costs


def test_the_page_costs_the_same_for_three_and_for_thirty(
	to_contacts, as_user, pay, portal_user, make_unit, make_invoice
):
	user, unit = portal_user(), make_unit()

	def cost() -> int:
		with as_user(user):
			home_api.payer_home()
			fresh_request()
			frappe.db.value_cache.clear()
			with counted_queries() as queries:
				home_api.payer_home()
				home_api.own_payments(0)
		return len(queries)

	for _number in range(3):
		make_invoice(unit=unit, bill_to_email=user)
	pay(user, make_invoice(unit=unit, bill_to_email=user).name)
	few = cost()
	for number in range(27):
		make_invoice(unit=unit, bill_to_email=user, currency="EUR" if number % 2 else "USD")
	for _number in range(3):
		pay(user, make_invoice(unit=unit, bill_to_email=user).name)
	assert cost() == few
	assert few < 35


def test_states_are_told_in_the_readers_language(to_contacts, as_user, pay, portal_user, make_invoice):
	"""The website's scripts have no translations of what is data."""
	user = portal_user()
	pay(user, make_invoice(bill_to_email=user).name, "40.00")
	with as_user(user), in_language("de"):
		answer = home_api.payer_home()
	assert answer["waiting"][0]["status_label"] not in (None, answer["waiting"][0]["status"])
	assert [payment["status_label"] for payment in answer["payments"]] == ["Erfolgreich"]


def test_own_payments_come_by_pages(to_contacts, as_user, pay, portal_user, make_invoice):
	user = portal_user()
	made = [pay(user, make_invoice(bill_to_email=user).name)["payment"] for _number in range(3)]
	with as_user(user):
		first = home_api.own_payments(0, 2)
		rest = home_api.own_payments(2, 2)
	assert (first["more"], rest["more"]) == (True, False)
	assert [row["name"] for row in first["payments"] + rest["payments"]] == made[::-1]


# Set up by clicks


@pytest.mark.parametrize(
	("access", "field", "complaint"),
	[
		(CONTACTS, None, "Portal Party Field"),
		(CONTACTS, "bill_to", "neither a link nor an e-mail address"),
		(CONTACTS, "total", "is of type Currency"),
		(CONTACTS, "no_such_field", "has no field"),
	],
)
def test_what_could_not_say_whose_it_is_is_refused(site_only, access, field, complaint):
	with pytest.raises(frappe.ValidationError, match=complaint):
		set_access(access, field)


def test_units_need_a_field_that_names_them(site_only, billed):
	with pytest.raises(frappe.ValidationError, match="Organisation Unit"):
		set_access(UNITS, None, billed)


def test_only_those_who_administer_roles_open_documents(site_only, as_user, make_user):
	with as_user(make_user(roles=["Stripe Administrator"])):
		row = frappe.get_doc("Payable DocType", INVOICE)
		row.update({"portal_access": CONTACTS, "portal_party_fieldname": "bill_to_email"})
		row.save()
	assert frappe.db.get_value("Payable DocType", INVOICE, "portal_access") in (None, NOTHING)


def test_the_role_has_no_right_but_to_make_and_read_payments(site, portal_user):
	user = portal_user()
	ours = frappe.get_all("DocType", filters={"module": "Stripe Service"}, pluck="name")
	held = {
		doctype: {
			right for right, has in frappe.permissions.get_role_permissions(doctype, user=user).items() if has
		}
		for doctype in ours
	}
	assert {doctype: rights for doctype, rights in held.items() if rights} == {
		"Invoice Payment": {"create", "read", "print"}
	}


def test_the_role_makes_no_desk_user(site, portal_user):
	assert not frappe.db.get_value("Role", "Portal Payer", "desk_access")
	assert frappe.db.get_value("User", portal_user(), "user_type") == "Website User"


@pytest.fixture
def home_page(as_user):
	def ask(user):
		with as_user(user):
			return get_home_page()

	return ask


def test_portal_payers_land_on_their_payments_unless_something_else_is_set(
	site, home_page, portal_user, make_payer
):
	user, other, payer = portal_user(), portal_user(roles=()), make_payer()
	assert home_page(user) == "payments"
	assert "payments" not in [home_page(one) for one in (other, payer, "Administrator")]
	portal = frappe.get_doc("Portal Settings")
	portal.default_portal_home = "me"
	portal.save()
	try:
		assert home_page(user) == "me"
	finally:
		portal.default_portal_home = None
		portal.save()
		frappe.db.commit()


def test_the_portals_menu_leads_there(site, as_user, portal_user, make_payer, make_user):
	def routes(user):
		with as_user(user):
			return [item["route"] for item in get_portal_sidebar_items() if "pay" in item["route"]]

	ours = ["/payments", "/my-payment-methods"]
	assert routes(portal_user()) == routes(make_payer()) == ours
	assert routes(portal_user(roles=())) == routes(make_user(roles=["Stripe Reader"])) == []
	# Frappe does this on every migrate, and takes away what names no DocType.
	frappe.get_doc("Portal Settings").sync_menu()
	frappe.db.commit()
	assert routes(portal_user()) == ours


def test_whoever_holds_both_roles_sees_each_entry_of_the_menu_once(site, http, make_payer):
	both, one = make_payer(roles=("Portal Payer", "Stripe Payer")), make_payer(roles=("Stripe Payer",))

	def entries(user, page):
		"""The menu stands in the page as often as Frappe's theme has it: beside the page and in the bar above."""
		html = http.login(user, PASSWORD).get(f"/{page}").text
		return [len(re.findall(rf'<a href="{route}"', html)) for route in sorted(portal.PAGES)]

	frappes_own = "portal" if frappe_versions.major() >= 16 else "me"
	for page in (frappes_own, "payments", "my-payment-methods"):
		expected = entries(one, page)
		assert min(expected) > 0 and entries(both, page) == expected, page


def test_a_failed_debit_is_told_with_the_way_to_the_portal(site, as_user, portal_user, make_payer):
	from stripe_service.utils import notices

	for doctype, page in (("Invoice Payment", "/payments"), ("Stripe Bank Account", "/my-payment-methods")):
		for user, link in ((portal_user(), page), (make_payer(), None)):
			notices.notify_user(user, doctype, "none", "Your payment failed")
			frappe.db.commit()
			notices.deliver_pending()
			found = frappe.get_last_doc("Notification Log", filters={"for_user": user}).link
			assert (found or "").endswith(link) if link else not found


def test_every_address_for_a_payer_is_one_that_they_can_open(site, portal_user, make_payer, make_invoice):
	name = make_invoice().name
	both = make_payer(roles=("Portal Payer", "Stripe Payer", "Invoice Payers"))
	form, home, methods = f"/app/portal-invoice/{name}", "/app/payments", "/app/my-payment-methods"
	expected = {
		make_payer(): (form, home, methods),
		# One role with a desk makes a user of the desk.
		both: (form, home, methods),
		portal_user(): (
			f"/payments?doctype=Portal+Invoice&name={name}",
			"/payments",
			"/my-payment-methods",
		),
	}
	for user, addresses in expected.items():
		found = (
			portal_page.document_url(user, INVOICE, name),
			portal_page.home_url(user),
			portal_page.methods_url(user),
		)
		# Frappe 16 has its desk at /desk, and sends /app on.
		assert [_path(url) for url in found] == list(addresses), user


def _path(url: str) -> str:
	return url.removeprefix(frappe.utils.get_url()).replace("/desk/", "/app/")


def test_a_bank_sends_a_portal_user_back_to_the_portal(to_contacts, pay, portal_user, make_invoice):
	from stripe_service.payments.charge import return_url

	user = portal_user()
	payment = pay(user, make_invoice(bill_to_email=user).name)["payment"]
	assert "/payments?doctype=Portal+Invoice&name=" in return_url(frappe.get_doc("Invoice Payment", payment))


def test_overdue_comes_first(to_contacts, home_of, portal_user, make_invoice):
	user = portal_user()
	later = make_invoice(bill_to_email=user, due_date=add_days(nowdate(), 9))
	overdue = make_invoice(bill_to_email=user, due_date=add_days(nowdate(), -3))
	rows = home_of(user)["waiting"]
	assert [row["name"] for row in rows] == [overdue.name, later.name]
	assert [row["days_overdue"] for row in rows] == [3, 0]
