"""What role administrators, designers and administrators configure, done in Frappe's own screens by clicks alone.

What they change is the whole site's (permissions, the Workflow, the script), so each test puts it back however it ends.
"""

import itertools
import re

import pytest
from playwright.sync_api import expect

from stripe_service.access.pay import has_right_to_pay
from tests.browser.support.desk import DeskForm, Dialog, PayDialog, RolePermissions, settle
from tests.support.accounts import RemoteAccount
from tests.support.records import PASSWORD, first_free, make_branch

pytestmark = pytest.mark.usefixtures("payables_end")

DOCTYPE = "Portal Invoice"
SCRIPT = "WF_Update_Invoice_After_Payment"
TALL = {"width": 1280, "height": 1320}


@pytest.fixture
def at_desk(make_user, login):
	"""`at_desk("System Manager", unit=…)`: the desk of a new user who holds exactly these roles."""
	return lambda *roles, **more: login(make_user(roles=roles, password=PASSWORD, **more))


@pytest.fixture
def unit(branch):
	return branch


@pytest.fixture
def invoice(site, unit, make_invoice):
	return make_invoice(unit=unit, total="80.00")


def unnamed(doctype: str, name: str) -> str:
	"""A name as people give them, with a number where the site has it already."""
	return first_free(doctype, itertools.chain([name], (f"{name} {number}" for number in itertools.count(2))))


def open_invoice(page, http, invoice) -> DeskForm:
	return DeskForm.open(page, http.url, invoice.doctype, invoice.name)


def pay_button(page):
	return page.get_by_role("button", name="Pay", exact=True).filter(visible=True)


def row_of(page, http, list_: str, name: str):
	"""The row of a list in which `name` is read, after the list has come."""
	page.goto(f"{http.url}/app/{list_}/view/list", wait_until="domcontentloaded")
	shown = page.locator(".frappe-list .result").filter(visible=True)
	expect(shown.or_(page.locator(".frappe-list .no-result").filter(visible=True)).first).to_be_visible()
	return page.locator(".list-row", has_text=name).filter(visible=True)


def pay_by_card(page, amount: str) -> None:
	form = PayDialog.by_button(page)
	form.pay_by_new_card()
	expect(form.heading).to_have_text(f"You have paid {amount}")
	form.close()


def expect_state(page, doctype: str, state: str, drain) -> DeskForm:
	"""What follows a payment is done by a job; then the form, loaded again, shows it."""
	drain()
	form = DeskForm(page, doctype)
	form.reload()
	try:
		expect(form.indicator(state).first).to_be_visible()
	except AssertionError as fault:
		raise AssertionError(f"What followed the payments: {what_followed(page)}") from fault
	return form


def what_followed(page) -> list:
	import frappe

	frappe.db.rollback()
	name = page.url.rpartition("/")[2]
	payments = frappe.get_all(
		"Invoice Payment Reference", filters={"reference_name": name}, pluck="parent", distinct=True
	)
	return frappe.get_all(
		"Invoice Payment",
		filters={"name": ("in", payments)},
		fields=["name", "status", "after_payment_status", "after_payment_error"],
	)


# The right to pay, and membership of a unit


@pytest.fixture
def permissions_put_back(site):
	from frappe.permissions import reset_perms

	yield
	site.db.rollback()
	for doctype in ("Invoice Payment", "Portal Invoice"):
		reset_perms(doctype)
	site.db.commit()


def test_a_role_administrator_takes_the_right_to_pay_and_gives_it_back(
	http, at_desk, login, make_payer, unit, invoice, permissions_put_back, picture, new_page
):
	payer = login(make_payer(unit=unit))
	open_invoice(payer, http, invoice)
	expect(pay_button(payer)).to_be_visible()

	administrator = at_desk("System Manager")
	administrator.goto(f"{http.url}/app/payment-set-up", wait_until="domcontentloaded")
	expect(
		administrator.get_by_role("link", name="Role Permissions Manager").filter(visible=True)
	).to_be_visible()
	settle(administrator)
	picture(administrator, "payment-set-up", docs=True, height=420)
	permissions = RolePermissions(administrator, http.url, "Invoice Payment")
	expect(permissions.box("Stripe Payer", "Create")).to_be_checked()
	picture(administrator, "permissions", docs=True, height=780)
	permissions.set("Stripe Payer", "Create", False)
	picture(administrator, "clicks-right-to-pay-taken")

	form = open_invoice(payer, http, invoice)
	expect(pay_button(payer)).to_have_count(0)
	expect(form.head.locator(".actions-btn-group")).to_be_hidden()
	expect(payer.get_by_text("You do not have the right to pay").first).to_be_visible()
	picture(payer, "clicks-no-right-to-pay")

	permissions = RolePermissions(administrator, http.url, "Invoice Payment")
	expect(permissions.box("Stripe Payer", "Create")).not_to_be_checked()
	permissions.restore()
	expect(permissions.box("Stripe Payer", "Create")).to_be_checked()

	open_invoice(payer, http, invoice)
	pay_by_card(payer, "$ 80.00")
	assert new_page.errors == []


def test_the_right_given_to_a_role_of_the_administrators_own(
	http, at_desk, make_user, login, unit, invoice, permissions_put_back, site
):
	"""Whoever holds Invoice Payers alone sees the invoice; one box makes payers of them, on Frappe 16 two."""
	member = at_desk("Invoice Payers", unit=unit)
	open_invoice(member, http, invoice)
	expect(pay_button(member)).to_have_count(0)

	administrator = at_desk("System Manager")
	permissions = RolePermissions(administrator, http.url, "Invoice Payment")
	permissions.add_rule("Invoice Payers")
	permissions.set("Invoice Payers", "Create", True)
	if has_right_to_pay(DOCTYPE):
		RolePermissions(administrator, http.url, DOCTYPE).set("Invoice Payers", "Pay", True)

	open_invoice(member, http, invoice)
	pay_by_card(member, "$ 80.00")


def test_a_user_permission_gives_the_unit_and_its_removal_takes_it(
	http, at_desk, make_payer, login, unit, invoice, picture
):
	user = make_payer()
	payer = login(user)
	expect(row_of(payer, http, "portal-invoice", invoice.title)).to_have_count(0)
	expect(row_of(payer, http, "workflow-action", invoice.name)).to_have_count(0)

	administrator = at_desk("System Manager")
	membership = DeskForm.new(administrator, http.url, "User Permission")
	membership.fill_in({"User": user, "Allow": "Organisation Unit", "For Value": unit})
	picture(administrator, "user-permission", docs=True, height=500)
	membership.save()

	expect(row_of(payer, http, "portal-invoice", invoice.title)).to_have_count(1)
	expect(row_of(payer, http, "workflow-action", invoice.name)).to_have_count(1)
	open_invoice(payer, http, invoice)
	expect(pay_button(payer)).to_be_visible()

	membership.delete()
	expect(row_of(payer, http, "portal-invoice", invoice.title)).to_have_count(0)
	expect(row_of(payer, http, "workflow-action", invoice.name)).to_have_count(0)
	payer.goto(f"{http.url}/app/portal-invoice/{invoice.name}", wait_until="domcontentloaded")
	expect(
		payer.get_by_text(re.compile("Not permitted|not have enough permissions|not have access")).first
	).to_be_visible()
	expect(pay_button(payer)).to_have_count(0)
	picture(payer, "clicks-unit-taken")


# The Workflow


@pytest.fixture
def workflow_put_back(site):
	"""The shipped Workflow, whatever a test made of it."""
	before = site.get_doc("Workflow", "Invoice Payment").as_dict(no_nulls=True)
	yield
	site.db.rollback()
	workflow = site.get_doc("Workflow", "Invoice Payment")
	for table in ("states", "transitions"):
		kept = [
			{k: v for k, v in row.items() if k not in ("name", "modified", "creation")}
			for row in before[table]
		]
		workflow.set(table, kept)
	workflow.is_active = 1
	workflow.save()
	# An invoice left in a state that is no more would have Frappe ask before each saving of the Workflow.
	states = [row.state for row in workflow.states]
	site.db.set_value(DOCTYPE, {"workflow_state": ("not in", states)}, "workflow_state", "Cancelled")
	site.db.commit()


def test_a_designer_inserts_an_approval_before_payment(
	http, at_desk, make_payer, login, unit, make_invoice, workflow_put_back, drain, picture, new_page
):
	invoice = make_invoice(unit=unit, total="70.00", state="Draft")
	approval, approve = (
		unnamed("Workflow State", "To Be Approved"),
		unnamed("Workflow Action Master", "Approve"),
	)

	designer = at_desk("System Manager")
	state = DeskForm.new(designer, http.url, "Workflow State")
	state.fill_in({"State": approval, "Style": "Info"})
	state.save()
	action = DeskForm.new(designer, http.url, "Workflow Action Master")
	action.set("Workflow Action Name", approve)
	action.save()

	workflow = DeskForm.open(designer, http.url, "Workflow", "Invoice Payment")
	workflow.add_row(
		"Document States",
		{"State": approval, "Only Allow Edit For": "Stripe Administrator", "Is Optional State": True},
	)
	workflow.add_row(
		"Transitions",
		{"State": approval, "Action": approve, "Next State": "To Be Paid", "Allowed": "Stripe Administrator"},
	)
	# Saved in between: until then Frappe 15 does not take changes of rows that were there when the page was loaded,
	# because the DocType's meta, loaded after the form, brings the Workflow once more.
	workflow.save()
	workflow.change_row("Transitions", ["Draft", "Send for Payment"], {"Next State": approval})
	workflow.change_row("Document States", ["To Be Paid"], {"Is Optional State": False})
	workflow.save()
	picture(workflow.field("Transitions"), "workflow", docs=True)

	clerk = at_desk("Stripe Administrator", unit=unit)
	form = open_invoice(clerk, http, invoice)
	form.workflow_action("Send for Payment")
	expect(form.indicator(approval).first).to_be_visible()
	expect(form.root.locator(".has-error").filter(visible=True)).to_have_count(0)

	payer = login(make_payer(unit=unit))
	open_invoice(payer, http, invoice)
	expect(pay_button(payer)).to_have_count(0)
	expect(row_of(payer, http, "workflow-action", invoice.name)).to_have_count(0)

	approver = at_desk("Stripe Administrator", unit=unit)
	expect(row_of(approver, http, "workflow-action", invoice.name)).to_have_count(1)
	form = open_invoice(approver, http, invoice)
	form.workflow_action(approve)
	expect(form.indicator("To Be Paid").first).to_be_visible()
	picture(approver, "clicks-approved")

	expect(row_of(payer, http, "workflow-action", invoice.name)).to_have_count(1)
	open_invoice(payer, http, invoice)
	pay_by_card(payer, "$ 70.00")
	expect_state(payer, DOCTYPE, "Paid", drain)
	assert new_page.errors == []


# Any DocType


def make_doctype(page, http, name: str, role: str) -> None:
	"""A DocType with a party, a currency and a fee, as a designer makes it, which this role may read."""
	page.goto(f"{http.url}/app/doctype", wait_until="domcontentloaded")
	page.get_by_role("button", name="Add DocType").filter(visible=True).first.click()
	dialog = Dialog(page)
	newer, older = dialog.field("Name"), dialog.field("DocType Name")
	newer.or_(older).first.wait_for()
	called = "Name" if newer.count() else "DocType Name"
	dialog.fill_in({called: name, "Module": "Custom"})
	dialog.press("Create & Continue")
	page.wait_for_url(re.compile("/(app|desk)/doctype/.+"))
	form = DeskForm(page, "DocType")
	form.show_table("Fields", tab="Settings")
	for label, kind, options in (
		("Member", "Data", None),
		("Currency", "Link", "Currency"),
		("Yearly Fee", "Currency", "currency"),
		("Still Owed", "Currency", "currency"),
		("State", "Select", "Open\nPart Paid\nSettled"),
	):
		form.add_row("Fields", {"Label": label, "Type": kind, **({"Options": options} if options else {})})
	form.show_table("Permissions", tab="Settings")
	form.add_row("Permissions", {"Role": role, "Write": False, "Create": False, "Delete": False})
	form.save()


def test_a_doctype_made_in_the_desk_is_made_payable_and_paid(
	http, at_desk, make_payer, login, site, drain, picture, new_page, faker
):
	name = unnamed("DocType", "Membership")
	designer = at_desk("System Manager")
	make_doctype(designer, http, name, "Stripe Payer")
	picture(designer, "clicks-doctype", full_page=True)

	payable = DeskForm.new(designer, http.url, "Payable DocType")
	payable.set("Document Type", name)
	payable.fill_in(
		{
			"Party Field": "member",
			"Currency Field": "currency",
			"Total Field": "yearly_fee",
			"Outstanding Field": "still_owed",
			"Status Field": "state",
			"Payable in These States": "Open\nPart Paid",
			"State When Partly Paid": "Part Paid",
			"State When Paid": "Settled",
			"State When Due Again": "Open",
		}
	)
	payable.save()
	expect(designer.locator(".desk-alert")).to_have_count(0)  # Saved
	designer.set_viewport_size(TALL)
	picture(designer, "payable-doctype", docs=True)

	document = DeskForm.new(designer, http.url, name)
	document.fill_in({"Member": faker.name(), "Currency": "USD", "Yearly Fee": "45.50", "State": "Open"})
	document.save()
	made = site_document(site, name)
	expect(document.field("Still Owed").locator("input")).to_have_value("45.50")

	payer = login(make_payer())
	open_invoice(payer, http, made)
	pay_by_card(payer, "$ 45.50")
	drain()
	form = open_invoice(payer, http, made)
	expect(form.value("State")).to_have_text("Settled")
	expect(form.value("Still Owed")).to_contain_text("0.00")
	expect(pay_button(payer)).to_have_count(0)
	picture(payer, "clicks-own-doctype-paid")
	assert new_page.errors == []


def site_document(site, doctype: str):
	site.db.rollback()
	return site.get_doc(doctype, site.get_all(doctype, pluck="name")[0])


# What happens after a payment


@pytest.fixture
def after_payment_put_back(site):
	from stripe_service.setup.after_payment_script import NAME, make_after_payment_script

	yield
	site.db.rollback()
	site.db.set_single_value("Stripe Service Settings", "built_in_after_payment", 1)
	site.delete_doc("Server Script", NAME, force=True)
	make_after_payment_script()
	site.db.commit()


def test_an_administrator_changes_what_happens_after_a_payment(
	http, at_desk, make_payer, login, unit, invoice, after_payment_put_back, drain, picture, new_page
):
	administrator = at_desk("Stripe Administrator", "Script Manager")
	script = DeskForm.open(administrator, http.url, "Server Script", SCRIPT)
	script.set("Disabled", False)
	script.write_code(
		"Script", 'doc.db_set("remarks", f"Thank you for {payment.settled} by {payment.method_label}")'
	)
	picture(administrator, "after-payment-script", docs=True, height=740)
	script.save()
	settings = DeskForm.open(administrator, http.url, "Stripe Service Settings")
	settings.set("Set the status of the paid document (built in)", False)
	settings.save()
	picture(administrator, "clicks-built-in-off", full_page=True)

	payer = login(make_payer(unit=unit))
	open_invoice(payer, http, invoice)
	pay_by_card(payer, "$ 80.00")
	form = expect_state(payer, DOCTYPE, "Paid", drain)
	expect(form.value("Remarks")).to_contain_text("Thank you for 80.0 by")
	picture(payer, "clicks-script-ran")

	settings = DeskForm.open(administrator, http.url, "Stripe Service Settings")
	settings.set("Set the status of the paid document (built in)", True)
	settings.save()
	script = DeskForm.open(administrator, http.url, "Server Script", SCRIPT)
	script.set("Disabled", True)
	script.save()
	assert new_page.errors == []


# The Stripe account, its customers, a refund


@pytest.fixture
def world(make_world, branch):
	world = make_world(unit=branch)
	assert world.invoice
	return world


@pytest.fixture
def account(site, emulator, emulator_url):
	"""An account at Stripe which the site does not know yet; the default stays what it was."""
	before = site.db.get_single_value("Stripe Service Settings", "default_account")
	yield RemoteAccount(emulator, emulator_url, business_name="Faber & Sons", country="US")
	site.db.rollback()
	site.db.set_single_value("Stripe Service Settings", "default_account", before)
	site.db.commit()


def test_keys_are_typed_in_refused_taken_removed_and_typed_in_anew(http, login, account, picture, new_page):
	# The addresses of the emulator are Administrator's to enter.
	page = login("Administrator", "admin")
	form = DeskForm.new(page, http.url, "Stripe Account")
	form.expand("Development")
	form.fill_in(
		{
			"Account Name": account.name,
			"Publishable Key": account.keys["publishable_key"],
			"Secret Key": account.keys["secret_key"] + "_wrong",
			"Stripe API Address": account.url,
			"Stripe.js Address": f"{account.url}/stripe.js",
		}
	)
	form.press_save()
	expect(form.dialog.root).to_contain_text(re.compile("key", re.I))
	picture(page, "clicks-wrong-key")
	form.dialog.close()

	form.set("Secret Key", account.keys["secret_key"])
	form.save()
	expect(form.value("Business Name")).to_have_text("Faber & Sons")
	expect(form.value("Status")).to_have_text("Connected")
	expect(form.value("Mode")).to_have_text("Test")
	expect(form.value("Webhook Status")).to_have_text("Registered")
	picture(page, "clicks-connected", full_page=True)

	form.act("Remove")
	expect(form.dialog.root).to_contain_text("60 days")
	form.dialog.press("Remove")
	expect(form.dialog.root).to_contain_text("The keys are forgotten")
	form.dialog.close()
	expect(form.value("Status")).to_have_text("Removed")
	assert account.endpoints() == []

	form.fill_in(
		{"Publishable Key": account.keys["publishable_key"], "Secret Key": account.keys["secret_key"]}
	)
	form.save()
	expect(form.value("Status")).to_have_text("Connected")
	expect(form.value("Webhook Status")).to_have_text("Registered")
	picture(page, "clicks-connected-anew")
	assert len(account.endpoints()) == 1
	assert new_page.errors == []


def test_a_payment_is_refunded_and_its_customer_deleted(http, at_desk, world, site, picture, new_page):
	paid = world.pay()
	assert paid["outcome"] == "paid"
	payment = site.db.get_value("Invoice Payment", {"reference_name": world.invoice.name})
	customer = site.db.get_value("Stripe Customer", {"user": world.payer, "status": "Active"})

	page = at_desk("Stripe Administrator", unit=world.unit)
	form = DeskForm.open(page, http.url, "Invoice Payment", payment)
	form.act("Refund")
	expect(form.dialog.root).to_contain_text("Up to $ 100.00")
	form.dialog.fill_in({"Amount in USD": "30.00", "Reason": "Paid twice"})
	picture(page, "refund", docs=True, height=560)
	form.dialog.press("Refund $ 30.00")
	expect(page.locator(".desk-alert", has_text="$ 30.00 is being refunded to VISA")).to_be_visible()
	expect(form.value("Status")).to_have_text("Partly Refunded")
	expect(form.value("Refunded Amount")).to_contain_text("30.00")
	picture(page, "clicks-refunded", full_page=True)

	form = DeskForm.open(page, http.url, "Stripe Customer", customer)
	form.button("Delete").click()
	expect(form.dialog.root).to_contain_text("The payments stay listed")
	form.dialog.press("Delete")
	expect(form.value("Status")).to_have_text("Deleted")
	expect(form.value("Deleted By")).to_have_text("You")
	picture(page, "clicks-customer-deleted")
	form = DeskForm.open(page, http.url, "Invoice Payment", payment)
	expect(form.root.locator(f"a[href$='/stripe-customer/{customer}']").filter(visible=True)).to_have_count(1)
	assert new_page.errors == []


# Who gets the work item


@pytest.fixture
def rules_put_back(site):
	yield
	site.db.rollback()
	for name in site.get_all("Work Item Rule", pluck="name"):
		site.delete_doc("Work Item Rule", name, force=True)
	site.db.commit()


def test_a_work_item_rule_directs_the_item_to_one_unit(
	http, at_desk, make_payer, login, make_unit, make_invoice, rules_put_back, picture, new_page
):
	department = make_branch()
	branch = make_unit(f"{department}/Workshop")
	invoice = make_invoice(unit=branch, total="60.00")
	above, below = login(make_payer(unit=department)), login(make_payer(unit=branch))
	for page in (above, below):
		expect(row_of(page, http, "workflow-action", invoice.name)).to_have_count(1)

	designer = at_desk("System Manager")
	rule = DeskForm.new(designer, http.url, "Work Item Rule")
	rule.set("Workflow", "Invoice Payment")
	rule.set("State", "To Be Paid")
	rule.fill_in({"Role": "Invoice Payers", "Unit Source": "Fixed unit"})
	rule.fill_in({"Organisation Unit": department, "Also for Members of Parent Units": False})
	rule.save()
	picture(designer, "work-item-rule", docs=True, height=420)

	expect(row_of(above, http, "workflow-action", invoice.name)).to_have_count(1)
	expect(row_of(below, http, "workflow-action", invoice.name)).to_have_count(0)
	expect(row_of(below, http, "portal-invoice", invoice.title)).to_have_count(1)
	form = open_invoice(below, http, invoice)
	expect(pay_button(below)).to_have_count(0)
	expect(form.head.locator(".actions-btn-group")).to_be_hidden()
	expect(below.get_by_text("assigned to others").first).to_be_visible()

	open_invoice(above, http, invoice)
	pay_by_card(above, "$ 60.00")
	assert new_page.errors == []
