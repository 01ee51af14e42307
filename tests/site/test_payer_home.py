"""The payer's home: what waits, the sums, one's own payments; the same rules as the form's, in a flat number of queries."""

import frappe
import pytest
from frappe.utils import add_days, nowdate

from stripe_service.access.pay import why_not_pay
from stripe_service.api import home as home_api
from stripe_service.payables import outstanding
from stripe_service.payments import home
from tests.support.records import PASSWORD, unique
from tests.support.site import counted_queries, fresh_request

INVOICE = "Portal Invoice"


@pytest.fixture
def unit(make_unit):
	return make_unit()


@pytest.fixture
def payer(site, unit, make_payer):
	return make_payer(unit=unit)


@pytest.fixture
def home_of(as_user):
	def look(user, **page):
		with as_user(user):
			return home_api.payer_home(**page)

	return look


def waiting(answer) -> list[str]:
	return [row["name"] for row in answer["waiting"]]


def sums(answer, currency="USD") -> dict:
	return next((row for row in answer["sums"] if row["currency"] == currency), {})


# What waits


def test_what_waits_is_told_as_a_payer_needs_it(home_of, payer, unit, make_invoice):
	invoice = make_invoice(unit=unit, total="112.50", title="Roof repair", bill_to="Faber & Sons")
	[row] = home_of(payer)["waiting"]
	assert (row["doctype"], row["name"], row["title"]) == (INVOICE, invoice.name, "Roof repair")
	assert (row["party"], row["unit"]) == ("Faber & Sons", unit)
	assert (row["outstanding"], row["currency"], row["under_way"]) == ("112.50", "USD", "0.00")
	assert row["due_date"] == frappe.utils.getdate(invoice.due_date)
	assert row["may_pay"] and row["why_not"] is None


def test_what_is_overdue_comes_first_and_what_has_no_date_last(home_of, payer, unit, make_invoice):
	days = {"later": 9, "overdue": -3, "today": 0, "yesterday": -1, "never": None}
	names = {
		when: make_invoice(unit=unit, due_date=None if day is None else add_days(nowdate(), day)).name
		for when, day in days.items()
	}
	answer = home_of(payer)
	order = [next(when for when in names if names[when] == name) for name in waiting(answer)]
	assert order == ["overdue", "yesterday", "today", "later", "never"]
	overdue = [row["days_overdue"] for row in answer["waiting"]]
	assert overdue == [3, 1, 0, 0, 0]
	assert [row["due_today"] for row in answer["waiting"]] == [False, False, True, False, False]


def test_nothing_of_another_unit_is_in_it(home_of, payer, make_unit, make_invoice, make_payer):
	elsewhere = make_unit()
	theirs = make_invoice(unit=elsewhere, total="77.77", due_date=add_days(nowdate(), -5))
	answer = home_of(payer)
	assert (answer["waiting"], answer["sums"], answer["more"]) == ([], [], False)
	assert waiting(home_of(make_payer(unit=elsewhere))) == [theirs.name]


def test_a_unit_above_sees_what_is_below(home_of, make_unit, make_payer, make_invoice):
	above = make_unit()
	below = make_invoice(unit=make_unit(f"{above}/Team"))
	assert waiting(home_of(make_payer(unit=above))) == [below.name]


@pytest.mark.parametrize("state", ["Draft", "Cancelled"])
def test_what_is_not_sent_or_is_closed_does_not_wait(home_of, payer, unit, make_invoice, state):
	make_invoice(unit=unit, state=state)
	answer = home_of(payer)
	assert (answer["waiting"], answer["sums"]) == ([], [])


def test_it_waits_for_those_whom_a_work_item_rule_names(
	home_of, unit, make_unit, make_payer, make_invoice, work_item_rule
):
	team = make_unit(f"{unit}/Team")
	invoice = make_invoice(unit=team)
	above, below = make_payer(unit=unit), make_payer(unit=team)
	assert waiting(home_of(above)) == waiting(home_of(below)) == [invoice.name]
	work_item_rule(role="Invoice Payers", unit=team)
	assert waiting(home_of(below)) == [invoice.name]
	assert waiting(home_of(above)) == []


@pytest.fixture
def work_item_rule(site):
	made = []

	def make(role: str, unit: str):
		rule = frappe.get_doc(
			doctype="Work Item Rule",
			workflow="Invoice Payment",
			workflow_state="To Be Paid",
			role=role,
			unit_source="Fixed unit",
			organisation_unit=unit,
			include_parent_units=0,
			enabled=1,
		).insert()
		made.append(rule)
		frappe.db.commit()

	yield make
	frappe.set_user("Administrator")
	for rule in made:
		rule.delete()
	frappe.db.commit()


def test_what_waits_is_exactly_what_could_be_opened_and_paid(
	site, home_of, as_user, world, make_unit, make_invoice, make_payer, make_user
):
	"""Every state, amount and currency against the function that the form asks."""
	elsewhere = make_unit()
	made = [
		world.invoice,
		world.make_invoice(state="Draft"),
		world.make_invoice(state="Cancelled"),
		world.make_invoice(total="45000", currency="JPY"),
		world.make_invoice(total="10.120", currency="KWD"),
		world.make_invoice(total="0.30"),
		world.make_invoice(total="1.00"),
		make_invoice(unit=elsewhere),
	]
	partly, paid = world.make_invoice(total="50.00"), world.make_invoice(total="60.00")
	world.pay("20.00", invoice=partly)
	world.pay("60.00", invoice=paid)
	world.drain()
	made += [partly, paid]
	users = [
		world.payer,
		make_payer(unit=elsewhere),
		make_payer(unit=None),
		make_user(roles=["Invoice Payers"], unit=world.unit),
		make_user(roles=["Stripe Payer"], unit=world.unit),
		make_user(roles=["Stripe Administrator"], unit=world.unit),
	]
	for user in users:
		with as_user(user):
			frappe.local.document_cache = {}
			expected = {
				doc.name
				for doc in (frappe.get_doc(INVOICE, invoice.name) for invoice in made)
				if why_not_pay(doc, user) is None
			}
		assert set(waiting(home_of(user))) & {invoice.name for invoice in made} == expected, user
	rows = {row["name"]: row for row in home_of(world.payer)["waiting"]}
	assert rows[partly.name]["outstanding"] == "30.00"
	assert not rows[made[5].name]["may_pay"] and "smallest amount" in rows[made[5].name]["why_not"]


def test_the_figures_are_those_of_the_form(home_of, world):
	world.pay("33.33")
	world.pay_by_ach(world.add_bank_account(), "20.00")
	form = world.form()["invoice"]
	[row] = home_of(world.payer)["waiting"]
	assert (
		(row["outstanding"], row["under_way"])
		== (form["outstanding"], form["reserved"])
		== ("66.67", "20.00")
	)


def test_what_is_all_under_way_is_shown_last_and_without_pay(home_of, world):
	other = world.make_invoice(due_date=add_days(nowdate(), 90))
	world.pay_by_ach(world.add_bank_account(), "100.00")
	colleague = world.make_payer()
	first, last = home_of(colleague)["waiting"]
	assert (first["name"], first["may_pay"]) == (other.name, True)
	assert (last["name"], last["may_pay"]) == (world.invoice.name, False)
	assert "being paid already" in last["why_not"]


def test_a_payment_made_otherwise_and_a_write_off_count(home_of, world, as_user):
	from stripe_service.api import payables

	with as_user("Administrator"):
		payables.record_payment(INVOICE, world.invoice.name, "30.00", "Cheque")
	assert home_of(world.payer)["waiting"][0]["outstanding"] == "70.00"
	with as_user("Administrator"):
		payables.write_off(INVOICE, world.invoice.name, "Agreed")
	assert home_of(world.payer)["waiting"] == []


def test_it_comes_by_the_page(home_of, payer, unit, make_invoice):
	names = [make_invoice(unit=unit, due_date=add_days(nowdate(), day)).name for day in range(5)]
	first, second, third = (home_of(payer, start=start, limit=2) for start in (0, 2, 4))
	assert waiting(first) + waiting(second) + waiting(third) == names
	assert (first["more"], second["more"], third["more"]) == (True, True, False)
	assert first["sums"] == third["sums"]
	assert sums(third)["documents"] == 5


@pytest.mark.parametrize("limit", [0, -1, 10**9])
def test_a_page_has_at_least_one_row_and_at_most_a_hundred(home_of, payer, unit, make_invoice, limit):
	make_invoice(unit=unit)
	assert 1 <= len(home_of(payer, start=-5, limit=limit)["waiting"]) <= home.PAGE


def test_documents_of_several_doctypes_stand_in_one_order(
	home_of, payer, unit, make_invoice, payable_doctype
):
	first = make_invoice(unit=unit, due_date=add_days(nowdate(), -2))
	between = payable_doctype(unit, add_days(nowdate(), -1))
	last = make_invoice(unit=unit, due_date=nowdate())
	found = [(row["doctype"], row["name"]) for row in home_of(payer)["waiting"]]
	assert found == [(INVOICE, first.name), (between.doctype, between.name), (INVOICE, last.name)]


@pytest.fixture
def payable_doctype(site):
	"""A DocType made payable in the UI, with a due date and a unit; gone from the registry afterwards."""
	name = unique("Fee").replace("-", " ")

	def field(fieldname, fieldtype, **more):
		return {"fieldname": fieldname, "fieldtype": fieldtype, "label": fieldname, **more}

	frappe.get_doc(
		doctype="DocType",
		name=name,
		module="Custom",
		custom=1,
		fields=[
			field("subject", "Data"),
			field("unit", "Link", options="Organisation Unit"),
			field("due", "Date"),
			field("currency", "Link", options="Currency"),
			field("total", "Currency", options="currency"),
		],
		permissions=[
			{"role": "Invoice Payers", "read": 1},
			{"role": "System Manager", "read": 1, "write": 1},
		],
	).insert()
	row = frappe.get_doc(
		doctype="Payable DocType",
		document_type=name,
		enabled=1,
		unit_control=1,
		unit_fieldname="unit",
		title_fieldname="subject",
		due_date_fieldname="due",
		currency_fieldname="currency",
		total_fieldname="total",
	).insert()
	frappe.db.commit()

	def make(unit, due):
		doc = frappe.get_doc(
			doctype=name, subject="Fee", unit=unit, due=due, currency="USD", total=5
		).insert()
		frappe.db.commit()
		return doc

	yield make
	frappe.set_user("Administrator")
	row.reload()
	row.delete()
	frappe.db.commit()


# Sums


def test_the_sums_are_of_each_currency_by_itself(home_of, world):
	world.make_invoice(total="50.00", due_date=add_days(nowdate(), -1))
	world.make_invoice(total="45000", currency="JPY")
	world.make_invoice(total="75.250", currency="KWD", due_date=nowdate())
	world.pay("40.00")
	world.pay_by_ach(world.add_bank_account(), "10.00")
	answer = home_of(world.payer)
	assert sums(answer) == {
		"currency": "USD",
		"documents": 2,
		"to_pay": "100.00",
		"overdue": "50.00",
		"under_way": "10.00",
		"paid_this_month": "40.00",
	}
	assert (sums(answer, "JPY")["to_pay"], sums(answer, "JPY")["overdue"]) == ("45000", "0")
	assert (sums(answer, "KWD")["to_pay"], sums(answer, "KWD")["overdue"]) == ("75.250", "0.000")


def test_what_was_refunded_or_paid_before_this_month_is_not_paid_this_month(home_of, world):
	from stripe_service.api.refund import refund_payment

	world.pay("30.00")
	old = world.pay("20.00")["payment"]
	frappe.db.set_value(
		"Invoice Payment", old, "settled_at", add_days(frappe.utils.get_first_day(nowdate()), -1)
	)
	first = frappe.db.get_value("Invoice Payment", {"user": world.payer, "name": ("!=", old)})
	with world.as_user("Administrator"):
		refund_payment(first, "5.00")
	frappe.db.commit()
	assert sums(home_of(world.payer))["paid_this_month"] == "25.00"


def test_what_a_colleague_paid_is_not_paid_by_me(home_of, world):
	world.pay("100.00", user=world.make_payer())
	answer = home_of(world.payer)
	assert (answer["payments"], answer["sums"]) == ([], [])


# One's own payments


def test_ones_own_payments_come_with_their_receipts(home_of, world):
	world.pay("60.00")
	world.pay_by_ach(world.add_bank_account(), "10.00")
	debit, card = home_of(world.payer)["payments"]
	assert (card["amount"], card["currency"], card["status"]) == ("60.00", "USD", "Succeeded")
	assert card["receipt_url"].startswith("http") and "4242" in card["method_label"]
	assert card["reference_title"] == world.invoice.title
	assert (debit["amount"], debit["status"]) == ("10.00", "Processing")
	assert debit["expected_by"]


# Why nothing is there


@pytest.mark.parametrize(
	("roles", "in_unit", "reason", "words"),
	[
		(["Invoice Payers"], True, "no_right", "Stripe Payer"),
		(["Stripe Payer"], True, "no_role", "Invoice Payers"),
		(["Invoice Payers", "Stripe Payer"], False, "no_unit", "User Permission"),
	],
)
def test_an_empty_home_says_what_is_missing_and_whom_to_ask(
	home_of, unit, make_user, make_invoice, roles, in_unit, reason, words
):
	make_user(roles=["System Manager"])
	make_invoice(unit=unit)
	answer = home_of(make_user(roles=roles, unit=unit if in_unit else None))
	assert (answer["waiting"], answer["sums"]) == ([], [])
	assert answer["why_empty"]["reason"] == reason
	assert words in answer["why_empty"]["ask"]
	managers = {
		frappe.utils.get_fullname(user)
		for user in frappe.get_all("Has Role", filters={"role": "System Manager"}, pluck="parent")
	}
	assert any(name in answer["why_empty"]["ask"] for name in managers)


def test_all_paid_is_said_as_the_good_news_it_is(home_of, world):
	assert home_of(world.make_payer())["why_empty"] is None
	world.pay("100.00")
	assert home_of(world.payer)["why_empty"]["reason"] == "all_paid"
	assert home_of(world.make_payer())["why_empty"]["reason"] == "nothing_yet"


def test_nothing_set_up_is_said(home_of, payer):
	frappe.db.set_value("Payable DocType", INVOICE, "enabled", 0)
	others = frappe.get_all("Payable DocType", filters={"enabled": 1}, pluck="name")
	for name in others:
		frappe.db.set_value("Payable DocType", name, "enabled", 0)
	from stripe_service.payables import registry

	registry.clear_cache()
	try:
		assert home_of(payer)["why_empty"]["reason"] == "not_set_up"
	finally:
		for name in [INVOICE, *others]:
			frappe.db.set_value("Payable DocType", name, "enabled", 1)
		registry.clear_cache()
		frappe.db.commit()


def test_a_guest_is_told_nothing(site, as_user):
	with as_user("Guest"):
		for call in (home_api.payer_home, lambda: home_api.work_item_facts(["x"])):
			with pytest.raises(frappe.PermissionError):
				call()


# Work items


def items_of(invoice) -> list[str]:
	return frappe.get_all("Workflow Action", filters={"reference_name": invoice.name}, pluck="name")


def test_work_items_are_told_about_as_their_documents_are_now(world, as_user):
	world.pay("40.00")
	world.drain()
	names = items_of(world.invoice)
	with as_user(world.payer):
		facts = home_api.work_item_facts(names)
	open_items = frappe.get_all(
		"Workflow Action", filters={"name": ("in", names), "status": "Open"}, pluck="name"
	)
	assert open_items and set(open_items) <= set(facts)
	row = facts[open_items[0]]
	assert (row["title"], row["party"], row["outstanding"]) == (
		world.invoice.title,
		world.invoice.bill_to,
		"60.00",
	)


def test_another_units_work_item_is_not_told_about(world, as_user, make_unit, make_payer):
	outsider = make_payer(unit=make_unit())
	with as_user(outsider):
		assert home_api.work_item_facts(items_of(world.invoice)) == {}


@pytest.mark.parametrize("names", ['{"a": 1}', "[1]", '"x"'])
def test_what_is_no_list_of_names_is_refused(site, as_user, payer, names):
	with as_user(payer), pytest.raises(frappe.ValidationError):
		home_api.work_item_facts(names)


# Cost


def queries_of_home(as_user, user) -> int:
	with as_user(user):
		home_api.payer_home()
		fresh_request()
		with counted_queries() as queries:
			home_api.payer_home()
	return len(queries)


def test_the_home_costs_the_same_for_three_and_for_thirty_invoices(as_user, payer, unit, make_invoice, world):
	for _number in range(3):
		make_invoice(unit=unit)
	few = queries_of_home(as_user, payer)
	for number in range(27):
		make_invoice(unit=unit, currency="EUR" if number % 2 else "USD")
	assert queries_of_home(as_user, payer) == few
	assert few < 30


def test_the_home_costs_the_same_however_many_payments_there_are(as_user, world):
	"""The payer's own and a colleague's, of what still waits and of what is paid."""
	colleague = world.make_payer()
	other = world.make_invoice()
	world.pay("1.00")
	few = queries_of_home(as_user, world.payer)
	for amount in ("2.00", "3.00", "4.00"):
		world.pay(amount)
		world.pay(amount, user=colleague)
		world.pay_new_invoice(amount)
	world.pay_by_ach(world.add_bank_account(), "5.00", invoice=other)
	assert queries_of_home(as_user, world.payer) == few


def test_what_a_document_owes_is_summed_over_its_payments_only_where_its_fields_may_be_wrong(home_of, world):
	quiet = [world.make_invoice(total="7.00") for _number in range(5)]
	partly = world.make_invoice(total="50.00")
	world.pay("20.00", invoice=partly)
	world.drain()
	world.pay_by_ach(world.add_bank_account(), "30.00")
	with counted_queries() as queries:
		answer = home_of(world.payer)
	[summed] = [
		query for query in queries if "as outstanding_minor" in query and "tabPortal Invoice" in query
	]
	assert world.invoice.name in summed
	assert not [invoice.name for invoice in (*quiet, partly) if invoice.name in summed]
	assert (sums(answer)["to_pay"], sums(answer)["under_way"]) == ("135.00", "30.00")


def test_documents_whose_fields_nobody_has_written_are_summed_all_the_same(home_of, world, monkeypatch):
	"""Those of a DocType that was made payable later."""
	monkeypatch.setattr(outstanding, "MOST_DOUBTFUL", 2)
	for _number in range(3):
		world.make_invoice(total="7.00")
	world.invoice
	of_unit = {"organisation_unit": world.unit}
	frappe.db.set_value(INVOICE, of_unit, {"outstanding_amount": 0, "paid_amount": 0})
	frappe.db.commit()
	answer = home_of(world.payer)
	assert (sums(answer)["documents"], sums(answer)["to_pay"]) == (4, "121.00")
	assert len(waiting(answer)) == 4


@pytest.mark.parametrize(
	"fault", ["not shown", "reserved too long", "total changed past it", "shown wrongly"]
)
def test_a_document_whose_fields_are_wrong_is_told_as_its_payments_say(home_of, world, fault):
	"""The document was locked when the money came, or somebody wrote into the database."""
	payment = world.pay("30.00")["payment"]
	world.drain()
	wrong = {
		"not shown": {"paid_amount": 0, "outstanding_amount": 100},
		"reserved too long": {"reserved_amount": 30},
		"total changed past it": {"total": 150},
		"shown wrongly": {"outstanding_amount": 0},
	}[fault]
	frappe.db.set_value(INVOICE, world.invoice.name, wrong)
	if fault == "not shown":  # then what follows the payment is still to be done
		frappe.db.set_value("Invoice Payment", payment, "after_payment_status", "Pending")
	frappe.db.commit()
	owed = {"total changed past it": "120.00"}.get(fault, "70.00")
	answer = home_of(world.payer)
	assert (answer["waiting"][0]["outstanding"], sums(answer)["to_pay"]) == (owed, owed)


def test_the_work_items_cost_the_same_for_three_and_for_thirty(as_user, payer, unit, make_invoice):
	def cost(items) -> int:
		with as_user(payer):
			home_api.work_item_facts(items)
			fresh_request()
			with counted_queries() as queries:
				assert len(home_api.work_item_facts(items)) == len(items)
		return len(queries)

	items = [name for _number in range(30) for name in items_of(make_invoice(unit=unit))]
	assert cost(items[:3]) == cost(items)


# Where payers land


def default_workspace(user) -> str | None:
	return frappe.db.get_value("User", user, "default_workspace")


@pytest.mark.parametrize(
	("roles", "lands"),
	[
		(["Stripe Payer"], True),
		(["Invoice Payers"], True),
		(["Invoice Payers", "Stripe Payer", "Stripe Reader"], True),
		(["Stripe Payer", "Stripe Administrator"], False),
		(["Stripe Payer", "System Manager"], False),
		(["Stripe Viewer", "Stripe Payer"], False),
		(["Website Manager"], False),
	],
)
def test_payers_land_on_payments_and_others_keep_their_home(site, make_user, roles, lands):
	assert default_workspace(make_user(roles=roles)) == ("Payments" if lands else None)


def test_it_follows_the_roles_and_leaves_a_choice_alone(site, make_user):
	user = frappe.get_doc("User", make_user(roles=["Website Manager"]))
	user.add_roles("Stripe Payer")
	assert default_workspace(user.name) == "Payments"
	user.add_roles("Stripe Administrator")
	assert default_workspace(user.name) is None
	user.remove_roles("Stripe Administrator")
	assert default_workspace(user.name) == "Payments"
	user.reload()
	user.default_workspace = "Users"
	user.save()
	user.add_roles("Invoice Payers")
	user.add_roles("Stripe Administrator")
	assert default_workspace(user.name) == "Users"


def test_one_who_was_sent_elsewhere_is_not_sent_back(site, make_user):
	user = frappe.get_doc("User", make_user(roles=["Stripe Payer"]))
	user.default_workspace = None
	user.save()
	user.add_roles("Invoice Payers")
	assert default_workspace(user.name) is None


def test_payers_of_before_are_moved_once_and_leave_with_the_app(site, make_user):
	from stripe_service.access import landing
	from stripe_service.patches import land_payers_on_payments

	payer, administrator = make_user(roles=["Stripe Payer"]), make_user(roles=["Stripe Administrator"])
	chosen = make_user(roles=["Invoice Payers"])
	frappe.db.set_value("User", payer, "default_workspace", None)
	frappe.db.set_value("User", chosen, "default_workspace", "Users")
	land_payers_on_payments.execute()
	assert [default_workspace(user) for user in (payer, administrator, chosen)] == ["Payments", None, "Users"]
	landing.forget()
	assert [default_workspace(user) for user in (payer, chosen)] == [None, "Users"]
	frappe.db.rollback()


@pytest.mark.parametrize("roles", [["Stripe Payer"], ["Invoice Payers"], ["Stripe Administrator"]])
def test_who_pays_has_the_workspace_with_its_block(site, as_user, make_user, roles):
	import json

	from frappe.desk.desktop import get_desktop_page, get_workspace_sidebar_items

	page = json.dumps({"name": "Payments", "title": "Payments", "public": 1})
	with as_user(make_user(roles=roles)):
		assert "Payments" in [page["name"] for page in get_workspace_sidebar_items()["pages"]]
		assert {item.get("label") for item in get_desktop_page(page)["custom_blocks"]["items"]} == {
			"Payer Home"
		}


def test_the_login_leads_there(http, make_payer):
	user = make_payer(unit=None)
	answer = http.guest().post("/api/method/login", usr=user, pwd=PASSWORD)
	assert answer.json()["home_page"].rsplit("/", 1)[-1] == "payments"
