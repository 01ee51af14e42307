"""A payer's day: the home after the login, Pay in the row, the lists; light, dark, narrow, by keyboard."""

import re

import pytest
from frappe.utils import add_days, getdate, nowdate
from playwright.sync_api import expect

from stripe_service.utils import frappe_versions
from tests.browser.support.axe import serious
from tests.browser.support.desk import PayDialog
from tests.support.records import PASSWORD

WIDE = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
HOME = ".stripe-home"


@pytest.fixture
def at_home(new_page, http, worker, stripe_account):
	"""The page on which a user is after the login page, which nobody leads anywhere."""

	def open_(user, **options):
		page = new_page(**options)
		page.goto(f"{http.url}/login")
		page.locator("#login_email").fill(user)
		page.locator("#login_password").fill(PASSWORD)
		page.locator(".form-login .btn-login").click()
		page.locator(HOME).wait_for(timeout=90_000)
		page.locator(f"{HOME} .stripe-home-rows, {HOME} .stripe-home-empty").first.wait_for()
		return page

	return open_


def row_of(page, title):
	return page.get_by_role("list", name="To pay").get_by_role("listitem").filter(has_text=title)


def figure(page, name):
	return page.locator(f"{HOME} [data-sum={name}] dd")


def test_a_payer_lands_there_pays_in_the_row_and_the_row_is_gone(at_home, make_world, branch, picture):
	world = make_world(unit=branch)
	title = world.invoice.title
	world.make_invoice(total="1860.50", title="Roof repair", due_date=add_days(nowdate(), -3))
	world.make_invoice(total="45.00", currency="EUR", title="Printer paper", due_date=add_days(nowdate(), 12))
	world.pay("59.90", "mastercard", invoice=world.make_invoice(total="59.90", title="Telephone in November"))
	page = at_home(world.payer, viewport=WIDE)
	due = getdate(world.invoice.due_date)
	expect(row_of(page, title)).to_contain_text(f"Due {due:%b}\u00a0{due.day},\u00a0{due.year}")
	assert page.url.rsplit("/", 1)[-1] == "payments"

	overdue = row_of(page, "Roof repair")
	expect(page.get_by_role("list", name="To pay").get_by_role("listitem").first).to_contain_text(
		"Roof repair"
	)
	expect(overdue).to_contain_text("Overdue by 3 days")
	expect(overdue).to_contain_text("$ 1,860.50")
	expect(row_of(page, title)).to_contain_text(world.invoice.bill_to)
	expect(figure(page, "overdue")).to_have_text("$ 1,860.50")
	expect(figure(page, "paid_this_month")).to_have_text("$ 59.90")
	picture(page, "payer-home", docs=True)
	if frappe_versions.major() >= 16:  # the desk begins with icons
		page.goto(page.url.replace("/payments", ""))
		icon = page.locator(".desktop-icon").get_by_text("Payments", exact=True)
		expect(icon).to_be_visible()
		picture(page, "desk", docs=True)
		icon.click()
		page.wait_for_url("**/desk/payments")

	page.get_by_role("button", name=f"Pay {title}").click()
	form = PayDialog(page)
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $ 100.00")
	form.close()
	expect(row_of(page, title)).to_have_count(0)
	expect(page.locator(":focus")).to_have_text("To pay")
	expect(figure(page, "paid_this_month")).to_have_text("$ 159.90")
	paid = page.get_by_role("list", name="My payments").get_by_role("listitem").filter(has_text=title)
	expect(paid).to_contain_text("Succeeded")
	expect(paid.get_by_role("link", name=f"Receipt for {title}")).to_have_attribute(
		"href", re.compile("^https?://")
	)


def test_an_amount_whose_sign_runs_from_right_to_left_stays_in_one_piece(at_home, world, picture):
	world.make_invoice(total="75.250", currency="KWD", title="From Kuwait")
	page = at_home(world.payer)
	expect(row_of(page, "From Kuwait")).to_contain_text("\u2066د.ك 75.250\u2069")
	picture(page, "payer-home-kuwait")


def test_a_part_that_was_paid_leaves_the_row_with_the_rest_and_the_focus_on_its_button(at_home, world):
	title = world.invoice.title
	page = at_home(world.payer)
	page.get_by_role("button", name=f"Pay {title}").click()
	form = PayDialog(page)
	form.amount.fill("40")
	form.pay_by_new_card()
	expect(form.heading).to_have_text("You have paid $ 40.00")
	form.close()
	expect(row_of(page, title)).to_contain_text("$ 60.00")
	expect(page.get_by_role("button", name=f"Pay {title}")).to_be_focused()


def test_a_payment_made_elsewhere_is_seen_when_the_page_is_come_back_to(at_home, world):
	page = at_home(world.payer)
	expect(row_of(page, world.invoice.title)).to_be_visible()
	page.get_by_role("button", name="My cards and bank accounts").click()
	page.locator(".stripe-methods").wait_for()
	world.pay("100.00")
	page.go_back()
	expect(page.locator(f"{HOME} .stripe-home-empty").first).to_contain_text("All paid")
	expect(row_of(page, world.invoice.title)).to_have_count(0)


def test_a_colleagues_payment_under_way_leaves_the_row_without_pay(at_home, world):
	world.pay_by_ach(world.add_bank_account(), "100.00")
	page = at_home(world.make_payer())
	row = row_of(page, world.invoice.title)
	expect(row).to_contain_text("All that is due is being paid already")
	expect(row.get_by_role("button")).to_have_count(0)
	expect(figure(page, "under_way")).to_have_text("$ 100.00")


@pytest.mark.parametrize(
	("roles", "in_unit", "words"),
	[
		(("Invoice Payers", "Stripe Payer"), False, "You do not belong to an organisation unit yet"),
		(("Invoice Payers",), True, "You do not have the right to pay yet"),
	],
)
def test_an_empty_home_says_why(at_home, world, make_payer, make_user, picture, roles, in_unit, words):
	make_user(roles=["System Manager"])
	page = at_home(make_payer(unit=world.unit if in_unit else None, roles=roles))
	empty = page.locator(f"{HOME} .stripe-home-empty").first
	expect(empty).to_contain_text(words)
	expect(empty).to_contain_text("Ask ")
	picture(page, f"payer-home-empty-{'no-right' if in_unit else 'no-unit'}")


def test_a_long_list_comes_by_the_hundred(at_home, world):
	made = [world.make_invoice(total="5.00") for _number in range(101)]
	page = at_home(world.payer)
	rows = page.get_by_role("list", name="To pay").get_by_role("listitem")
	expect(rows).to_have_count(100)
	page.get_by_role("button", name="Show more").click()
	expect(rows).to_have_count(len(made) + 1)
	expect(page.get_by_role("button", name="Show more")).to_be_hidden()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_and_used_in_every_theme_and_size(at_home, world, picture, size, theme):
	world.make_invoice(total="1234567.89", title="Roof repair " * 11, due_date=add_days(nowdate(), -3))
	world.make_invoice(total="45000", currency="JPY", due_date=nowdate())
	world.pay("40.00")
	world.pay_by_ach(world.add_bank_account(), "10.00")
	page = at_home(world.payer, viewport=size)
	page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
	expect(figure(page, "to_pay").first).to_be_visible()
	picture(page, f"payer-home-{theme}-{size['width']}", full_page=True)
	assert serious(page, HOME) == []
	assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
	pay = page.get_by_role("button", name="Pay Roof repair").first
	box = pay.bounding_box()
	assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
	if size is PHONE:
		row = page.locator(".stripe-home-row").first.bounding_box()
		assert box["width"] > 0.85 * row["width"], "on a phone Pay takes the whole width"


def test_it_is_used_by_keyboard_alone(at_home, world):
	page = at_home(world.payer)
	pay = page.get_by_role("button", name=f"Pay {world.invoice.title}")
	for _press in range(60):
		page.keyboard.press("Tab")
		if pay.evaluate("node => node.getRootNode().activeElement === node"):
			break
	page.keyboard.press("Enter")
	form = PayDialog(page)
	expect(form.root).to_be_visible()
	page.keyboard.press("Escape")
	expect(pay).to_be_focused()

	# Read again, as it is whenever somebody pays: the place in the list stays.
	pay.evaluate("node => { node.is_old = true; }")
	page.evaluate("window.dispatchEvent(new Event('focus'))")
	for _moment in range(200):
		if not pay.evaluate("node => Boolean(node.is_old)"):
			break
		page.wait_for_timeout(50)
	else:
		raise AssertionError("the list was not drawn anew")
	expect(pay).to_be_focused()


def test_an_administrator_keeps_the_home_they_had(login, make_user, world):
	page = login(
		make_user(roles=("Stripe Administrator", "Stripe Payer"), unit=world.unit, password=PASSWORD)
	)
	assert "payments" not in page.url.rsplit("/", 1)[-1]


# The lists


# Cut by itself or by something round it, or covered.
CUT = """node => {
	const clips = (part) => getComputedStyle(part).overflowX !== "visible";
	if ([node, ...node.querySelectorAll("*")].some(
		(part) => clips(part) && part.scrollWidth > part.clientWidth + 1
	)) return true;
	const box = node.getBoundingClientRect();
	const seen = document.elementFromPoint(box.right - 2, (box.top + box.bottom) / 2);
	if (!node.contains(seen) && !seen?.contains(node)) return true;
	for (let round = node.parentElement; !round.matches(".list-row-container"); round = round.parentElement) {
		const outer = round.getBoundingClientRect();
		if (clips(round) && (box.right > outer.right + 1 || box.left < outer.left - 1)) return true;
	}
	return false;
}"""


def first_row(page):
	"""On Frappe 16 the head of the list stands in a container like those of the rows."""
	return page.locator(".list-row-container:has(.list-row)").first


def shown_whole(row, text, width):
	place = row.get_by_text(text, exact=True).filter(visible=True).first
	expect(place).to_be_visible()
	assert not place.evaluate(CUT), text
	box = place.bounding_box()
	assert box["x"] >= 0 and box["x"] + box["width"] <= width, text


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "phone"])
def test_the_work_items_say_what_they_are_about(at_list, world, picture, size):
	invoice = world.make_invoice(
		total="1234567.89", title="Roof repair", bill_to="Faber & Sons", due_date=add_days(nowdate(), -3)
	)
	page = at_list(world.payer, "workflow-action", viewport=size)
	row = page.locator(".list-row-container", has_text="Roof repair")
	for text in ("Roof repair", "$ 1,234,567.89"):
		shown_whole(row, text, size["width"])
	picture(page, f"work-items-{size['width']}")
	overdue = row.get_by_text("(overdue)").filter(visible=True)
	expect(overdue).to_be_visible()
	assert not overdue.evaluate(CUT)
	if size is WIDE:
		for text in ("Faber & Sons", invoice.name):
			shown_whole(row, text, size["width"])
	row.get_by_role("link", name="Roof repair").first.click()
	page.wait_for_url(f"**/portal-invoice/{invoice.name}")


def test_the_work_item_of_money_under_way_says_so(at_list, world):
	world.pay_by_ach(world.add_bank_account(), "100.00")
	page = at_list(world.payer, "workflow-action", viewport=PHONE)
	expect(page.locator(".list-row-container", has_text=world.invoice.title)).to_contain_text(
		"(Payment Under Way)"
	)


def test_work_items_of_other_documents_stay_as_frappe_shows_them(site, at_list, make_user):
	"""A list without any of our documents."""
	user = make_user(roles=("System Manager",), password=PASSWORD)
	site.get_doc(
		doctype="Workflow Action",
		status="Open",
		reference_doctype="User",
		reference_name=user,
		user=user,
		permitted_roles=[{"role": "System Manager"}],
	).insert(ignore_permissions=True)
	site.db.commit()
	page = at_list(user, f"workflow-action?reference_name={user}", viewport=WIDE)
	expect(page.locator(".list-row-head")).not_to_contain_text("Outstanding")
	expect(page.locator(".list-row-container", has_text=user)).to_have_count(1)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "phone"])
def test_the_list_of_payments_says_what_for_and_how_much(at_list, world, picture, size):
	invoice = world.make_invoice(total="1234.56", title="Roof repair of the north wing")
	world.pay("1234.56", invoice=invoice)
	page = at_list(world.payer, "invoice-payment", viewport=size)
	picture(page, f"payments-{size['width']}")
	row = first_row(page)
	for text in ("$ 1,234.56", invoice.title, "Succeeded")[: 3 if size is WIDE else 2]:
		shown_whole(row, text, size["width"])


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "phone"])
def test_the_list_of_invoices_has_title_amount_due_and_state(at_list, world, picture, size):
	title = "Repair of the roof and the gutters of the north wing"
	invoice = world.make_invoice(total="1234567.89", title=title, bill_to="Richardson, Mendoza and Sons")
	page = at_list(world.payer, "portal-invoice", viewport=size)
	picture(page, f"invoices-{size['width']}")
	row = page.locator(".list-row-container", has_text=title)
	due = page.evaluate("day => frappe.datetime.str_to_user(day)", str(invoice.due_date))
	for text in (title, "$ 1,234,567.89", due):
		shown_whole(row, text, size["width"])
	if size is WIDE:
		for text in ("To Be Paid", invoice.bill_to):
			shown_whole(row, text, size["width"])
