"""The administrator's figures: each currency for itself, net of what went back, and the same as what the rows say one by one."""

import json
import os
import re
import secrets
from collections import Counter
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import frappe
import pytest
from frappe.permissions import add_user_permission
from frappe.utils import add_days, add_months, add_to_date, get_first_day, getdate, now_datetime, today

from stripe_service.accounts import cards, charts, figures
from stripe_service.api import account as account_api
from stripe_service.gateway import money
from stripe_service.gateway.payment_states import RECEIVED, RESERVING
from stripe_service.stripe_service.report.stripe_received import stripe_received as report
from tests.support.records import make_faker, make_invoice
from tests.support.several import pay_several
from tests.support.site import counted_queries
from tests.support.webhooks import Endpoint

ROW = "Invoice Payment Reference"
FIELDS = ["name", "currency", "status", "settled_at", "organisation_unit", "method_type", "brand"]
PARTS = ["received_minor", "refunded_minor", "disputed_minor", "settled_minor"]
AMOUNTS = ["amount_minor", *PARTS]


def rows() -> list:
	"""Every payment that the user may list, summed here by hand."""
	frappe.db.rollback()
	return frappe.get_list(figures.PAYMENT, fields=[*FIELDS, *AMOUNTS], limit=0)


def by_hand(key=lambda row: None, since=None) -> dict:
	"""{(currency, key): (count, received, refunded, disputed, net)} of what was received up to today. (Other tests moved the
	emulator's clock forward: the figures end today.)"""
	since = getdate(since or get_first_day(today()))
	sums: dict = {}
	for row in rows():
		if row.status in RECEIVED and row.settled_at and since <= getdate(row.settled_at) <= getdate(today()):
			net = max(row.received_minor - row.refunded_minor - row.disputed_minor, 0)
			one = (1, row.received_minor, row.refunded_minor, row.disputed_minor, net)
			before = sums.get((row.currency, key(row)), (0,) * 5)
			sums[row.currency, key(row)] = tuple(map(sum, zip(before, one, strict=True)))
	return sums


def by_hand_of_units(since=None) -> dict:
	"""The same by unit: of a payment of documents of several units, each has the part that its documents have."""
	since = getdate(since or get_first_day(today()))
	sums, counted = {}, set()
	for row in rows():
		if row.status not in RECEIVED or not row.settled_at:
			continue
		if not since <= getdate(row.settled_at) <= getdate(today()):
			continue
		for part in frappe.get_all(ROW, {"parent": row.name}, ["organisation_unit", *PARTS]):
			key = (row.currency, part.organisation_unit or None)
			one = ((row.name, key) not in counted, *(part[name] for name in PARTS))
			counted.add((row.name, key))
			sums[key] = tuple(map(sum, zip(sums.get(key, (0,) * 5), one, strict=True)))
	return sums


def as_told(found) -> dict:
	return {
		(figure.currency, figure.group): (
			figure.count,
			figure.received_minor,
			figure.refunded_minor,
			figure.disputed_minor,
			figure.net_minor,
		)
		for figure in found
	}


def under_way_by_hand() -> dict:
	sums: Counter = Counter()
	counts: Counter = Counter()
	for row in rows():
		if row.status in RESERVING:
			sums[row.currency] += row.amount_minor
			counts[row.currency] += 1
	return {currency: (counts[currency], sums[currency]) for currency in counts}


@pytest.fixture
def trade(world, make_unit, make_payer):
	"""In two units and two currencies: payments, a part given back, a dispute lost, a debit under way, one not finished."""
	world.pay("100.00")
	euros = world.make_invoice(total="70.00", currency="EUR")
	world.pay("70.00", invoice=euros, card="mastercard")

	refunded = world.make_invoice(total="50.00")
	part = payment_of(world.pay("50.00", invoice=refunded))
	refund(part, "12.50")

	lost = world.make_invoice(total="40.00")
	disputed = payment_of(world.pay("40.00", invoice=lost))
	dispute = world.emulator.dispute(disputed.payment_intent_id)["dispute"]
	world.emulator.move_dispute(dispute, "lost")
	settle(disputed)
	assert frappe.db.get_value(figures.PAYMENT, disputed.name, "status") == "Dispute Lost"

	debit = world.make_invoice(total="30.00")
	world.pay_by_ach(world.add_bank_account(), "30.00", invoice=debit)
	unfinished = world.make_invoice(total="20.00", currency="EUR")
	world.pay("20.00", invoice=unfinished, card="3ds_required")

	elsewhere = make_unit()
	neighbour = make_payer(unit=elsewhere)
	both = world.make_payer()
	add_user_permission("Organisation Unit", elsewhere, both, ignore_permissions=True)
	for amounts in (("3.00", "4.00"), ("0.60", "0.70")):
		ours, theirs = world.make_invoice(), make_invoice(make_faker(8), unit=elsewhere)
		pay_several(world, *zip((ours, theirs), amounts, strict=True), user=both)
	foreign = make_invoice(make_faker(7), unit=elsewhere, total="11.00")
	world.pay("11.00", invoice=foreign, user=neighbour)
	# Other tests may have moved the emulator's clock into the days to come, which no figure sums yet.
	own = {"organisation_unit": ("in", [world.unit, elsewhere]), "received_minor": (">", 0)}
	frappe.db.set_value(figures.PAYMENT, own, "settled_at", now_datetime())
	frappe.db.commit()
	world.elsewhere, world.neighbour = elsewhere, neighbour
	return world


def payment_of(answer: dict):
	assert answer["outcome"] == "paid", answer
	return frappe.get_doc(figures.PAYMENT, answer["payment"])


def refund(payment, amount: str) -> None:
	from stripe_service.api import refund as refund_api

	refund_api.refund_payment(payment.name, amount)
	frappe.db.commit()
	settle(payment)


def settle(payment) -> None:
	from stripe_service.payments import settle as settling

	settling.settle_intent(payment.stripe_account, payment.payment_intent_id)
	frappe.db.commit()


def test_each_currency_is_summed_net_of_what_went_back(trade):
	found = figures.received(get_first_day(today()))
	assert as_told(found) == by_hand()
	assert {"USD", "EUR"} <= {figure.currency for figure in found}
	assert found[0].currency == figures.account_currency()
	[dollars] = [figure for figure in found if figure.currency == "USD"]
	assert dollars.refunded_minor >= 1250 and dollars.disputed_minor >= 4000
	assert dollars.net_minor == dollars.received_minor - dollars.refunded_minor - dollars.disputed_minor


def test_by_unit_and_by_method(trade):
	since = get_first_day(today())
	by_unit = figures.received(since, by=figures.UNIT)
	assert as_told(by_unit) == by_hand_of_units()
	assert as_told(figures.received(since, by=figures.METHOD)) == by_hand(
		lambda row: (row.method_type, row.brand)
	)
	# 100 + 50 - 12.50 + 40 - 40, and 11 in the other unit; of two payments for both, each has its part
	nets = {(figure.currency, figure.group): figure.net_minor for figure in by_unit}
	assert nets["USD", trade.unit] == 13750 + 360
	assert nets["EUR", trade.unit] == 7000
	assert nets["USD", trade.elsewhere] == 1100 + 470


def test_what_is_under_way_is_told_apart_from_what_came(trade):
	told = {
		figure.currency: (figure.under_way_count, figure.under_way_minor) for figure in figures.under_way()
	}
	assert told == under_way_by_hand()
	units = {
		(figure.currency, figure.group): figure.under_way_minor
		for figure in figures.under_way(by=figures.UNIT)
	}
	assert units["USD", trade.unit] == 3000 and units["EUR", trade.unit] == 2000


def test_a_payment_counts_on_the_day_on_which_it_was_settled(trade):
	payment = frappe.get_last_doc(figures.PAYMENT, {"organisation_unit": trade.elsewhere})
	last_month = add_months(get_first_day(today()), -1)
	frappe.db.set_value(
		figures.PAYMENT,
		payment.name,
		"settled_at",
		datetime(last_month.year, last_month.month, 3, 23, 59, 59),
	)
	frappe.db.commit()
	assert as_told(figures.received(get_first_day(today()))) == by_hand()
	day = last_month.replace(day=3)
	[found] = [
		figure for figure in figures.received(day, day, by=figures.UNIT) if figure.group == trade.elsewhere
	]
	assert (found.count, found.net_minor) == (1, 1100)
	later = figures.received(add_days(day, 1), None, by=figures.UNIT)
	# the two payments for both units
	assert [(one.count, one.net_minor) for one in later if one.group == trade.elsewhere] == [(2, 470)]


def test_everybody_sums_what_they_may_list(trade):
	with trade.as_user(trade.neighbour):
		assert as_told(figures.received(get_first_day(today()))) == by_hand()
		nets = {figure.group: figure.net_minor for figure in figures.received(today(), by=figures.UNIT)}
		assert nets[trade.elsewhere] == 1100 and trade.unit not in nets
		told = {
			figure.currency: (figure.under_way_count, figure.under_way_minor)
			for figure in figures.under_way()
		}
		assert told == under_way_by_hand()
		# The brand is of a level that payers don't hold.
		brands = {figure.group[1] for figure in figures.received(today(), by=figures.METHOD)}
		assert brands == {None}


def settle_on(payment, when: str, modified=None) -> None:
	values = {"settled_at": f"{when} 12:00:00", "modified": modified or add_to_date(now_datetime(), hours=-1)}
	frappe.db.set_value(figures.PAYMENT, payment, values, update_modified=False)
	frappe.db.commit()


def figures_of(day: str) -> list[tuple]:
	frappe.db.rollback()
	found = figures.received(day, day)
	return [(figure.currency, figure.count, figure.net_minor) for figure in found]


def test_sums_of_past_days_are_kept_until_a_payment_of_theirs_changes(world):
	day = f"2019-{os.getpid() % 12 + 1:02d}-{secrets.randbelow(28) + 1:02d}"
	frappe.db.set_value(figures.PAYMENT, {"settled_at": ("between", [day, day])}, "settled_at", None)
	first, second = world.pay("10.00")["payment"], world.pay("20.00")["payment"]
	frappe.cache.delete_keys(figures.KEPT)
	settle_on(first, day)
	assert figures_of(day) == [("USD", 1, 1000)]
	with counted_queries() as queries:
		assert figures_of(day) == [("USD", 1, 1000)]
	assert not [query for query in queries if "SUM(" in query], "kept, and only asked whether it is still so"

	frappe.db.set_value(figures.PAYMENT, first, {"refunded_minor": 600, "settled_minor": 400})
	frappe.db.commit()
	assert figures_of(day) == [("USD", 1, 400)]

	settle_on(first, day)
	assert figures_of(day) == [("USD", 1, 400)]
	settle_on(second, day, modified=now_datetime())
	assert figures_of(day) == [("USD", 2, 2400)]


def test_what_is_kept_is_for_those_who_see_every_payment(trade):
	day = "2018-05-06"
	own = frappe.get_last_doc(figures.PAYMENT, {"organisation_unit": trade.elsewhere}).name
	foreign = frappe.get_last_doc(
		figures.PAYMENT, {"organisation_unit": trade.unit, "status": "Succeeded"}
	).name
	for payment in (own, foreign):
		settle_on(payment, day)
	everything = figures.received(day, day)
	with trade.as_user(trade.neighbour):
		assert as_told(figures.received(day, day)) != as_told(everything)
		assert as_told(figures.received("2018-01-01")) == by_hand(since="2018-01-01")
	assert as_told(figures.received("2018-01-01")) == by_hand(since="2018-01-01")


# the cards


def shown(html: str) -> list[tuple[str, dict]]:
	"""The amounts of a card, each with the filters of the list to which it leads."""
	found = []
	for href, text in re.findall(r'<a href="([^"]+)">([^<]+)</a>', html):
		query = parse_qs(urlsplit(href.replace("&amp;", "&")).query)
		found.append((text, {name: _value(values[0]) for name, values in query.items()}))
	return found


def _value(text: str):
	return json.loads(text) if text.startswith("[") else text


def listed(doctype: str, filters: dict) -> list:
	"""What the desk's list shows for a card's link."""
	amounts = {
		"Invoice Payment": ["settled_minor", "amount_minor", "currency"],
		"Portal Invoice": ["outstanding_amount"],
	}
	return frappe.get_list(
		doctype,
		filters=as_the_desk_asks(doctype, filters),
		fields=[f"`tab{doctype}`.`{name}`" for name in ("name", *amounts[doctype])],
		group_by=f"`tab{doctype}`.`name`",
		limit=0,
	)


def as_the_desk_asks(doctype: str, filters: dict) -> list:
	"""A field of a table is named with its DocType in the address; each row of the list is then a payment, not a row of it."""
	found = []
	for name, value in filters.items():
		table, _dot, fieldname = name.rpartition(".")
		operator, wanted = value if isinstance(value, list) else ("=", value)
		found.append([table or doctype, fieldname, operator, wanted])
	return found


def test_the_cards_name_each_currency_and_lead_to_its_list(trade):
	lines = shown(account_api.received_this_month())
	assert lines[0][0].startswith("$")
	assert any(text.startswith("€") for text, _filters in lines)
	for text, filters in lines:
		found = listed("Invoice Payment", filters)
		total = sum(row.settled_minor for row in found)
		assert text == cards.money_in_words(total, filters["currency"])

	for text, filters in shown(account_api.under_way()):
		total = sum(row.amount_minor for row in listed("Invoice Payment", filters))
		assert text == cards.money_in_words(total, filters["currency"])


def test_overdue_and_not_yet_due_are_two_things(site, make_invoice, make_unit, make_user, as_user):
	unit = make_unit()
	reader = make_user(roles=["Invoice Payers"], unit=unit)
	late = make_invoice(unit=unit, total="10.00", due_date=add_days(today(), -1))
	make_invoice(unit=unit, total="10.01", due_date=add_days(today(), -40), currency="EUR")
	make_invoice(unit=unit, total="20.00", due_date=today())
	make_invoice(unit=unit, total="30.00", due_date=add_days(today(), 9))
	undated = make_invoice(unit=unit, total="5.00", due_date=None)
	make_invoice(unit=unit, total="99.00", due_date=add_days(today(), -1), state="Draft")
	with as_user(reader):
		overdue, later = shown(account_api.overdue()), shown(account_api.not_yet_due())
		for _text, filters in overdue + later:
			assert listed("Portal Invoice", filters)
		names = [row.name for _text, filters in overdue for row in listed("Portal Invoice", filters)]
	assert [text for text, _filters in overdue] == ["$ 10.00", "€ 10.01"]
	assert [text for text, _filters in later] == ["$ 50.00", "$ 5.00"]
	assert late.name in names and undated.name not in names


def test_a_card_without_anything_says_nothing_of_the_accounts_own_currency(
	site, make_user, as_user, make_unit
):
	payer = make_user(roles=["Invoice Payers", "Stripe Payer"], unit=make_unit())
	# Other tests pay documents that belong to no unit, which this payer may list.
	add_user_permission("Stripe Account", Endpoint().account, payer, ignore_permissions=True)
	with as_user(payer):
		assert account_api.received_this_month() == account_api.under_way() == "$ 0.00"
		assert account_api.overdue() == account_api.not_yet_due() == "$ 0.00"


def test_what_needs_attention_is_counted_beyond_what_is_listed(trade, monkeypatch):
	monkeypatch.setattr(figures, "MOST_LISTED", 2)
	paid = frappe.get_all(
		figures.PAYMENT, {"organisation_unit": trade.unit, "status": "Succeeded"}, pluck="name"
	)
	others = [row.name for row in rows() if row.organisation_unit == trade.unit and row.name not in paid][:2]
	with trade.as_user(trade.payer):
		before, _names = figures.needing_attention()
	frappe.db.set_value(figures.PAYMENT, paid[0], "after_payment_status", "Failed")
	frappe.db.set_value(figures.PAYMENT, others[0], "unallocated_minor", 5)
	frappe.db.set_value(
		figures.PAYMENT, others[1], {"unallocated_minor": 5, "after_payment_status": "Failed"}
	)
	frappe.db.commit()
	with trade.as_user(trade.payer):
		count, names = figures.needing_attention()
	assert count == before + 3
	assert len(names) == 2


# charts and report


def test_the_charts_have_a_row_of_bars_for_each_currency(trade):
	expected = by_hand(since=add_days(today(), -30))
	for chart in (charts.by_period(), charts.by_method(), charts.by_unit()):
		sums = {dataset["name"]: sum(dataset["values"]) for dataset in chart["datasets"]}
		for (currency, _key), (*_rest, net) in expected.items():
			assert sums[currency] == pytest.approx(float(money.from_minor(net, currency))), currency
		assert all(len(dataset["values"]) == len(chart["labels"]) for dataset in chart["datasets"])


def test_a_charts_filter_shows_one_currency_alone(trade):
	from stripe_service.stripe_service.dashboard_chart_source.stripe_received import stripe_received as source

	for filters in ('{"currency": "eur"}', {"currency": "EUR"}):
		assert [dataset["name"] for dataset in source.get(filters=filters)["datasets"]] == ["EUR"]
	for nothing in (None, "{}", "[]", '{"currency": ""}'):
		assert len(source.get(filters=nothing)["datasets"]) > 1


@pytest.mark.parametrize(
	"interval, labels",
	[("Daily", 59), ("Weekly", range(9, 11)), ("Monthly", 2), ("Quarterly", range(1, 3)), ("Yearly", 1)],
)
def test_a_chart_has_the_days_that_were_asked_for(trade, interval, labels):
	payment = frappe.get_last_doc(figures.PAYMENT, {"organisation_unit": trade.elsewhere})
	frappe.db.set_value(figures.PAYMENT, payment.name, "settled_at", "2025-02-28 23:30:00")
	frappe.db.commit()
	chart = charts.by_period("Select Date Range", interval, "2025-01-01", "2025-02-28")
	assert len(chart["labels"]) in (labels if isinstance(labels, range) else (labels,))
	[dollars] = [dataset for dataset in chart["datasets"] if dataset["name"] == "USD"]
	assert dollars["values"][-1] >= 11


@pytest.mark.parametrize("first, last", [("0002-01-01", "9999-12-31"), ("2010-01-01", "2026-01-01")])
def test_more_days_than_anybody_looks_at_are_refused(site, first, last):
	with pytest.raises(frappe.ValidationError, match="at most 3660 days"):
		charts.by_period(None, "Daily", first, last)
	with pytest.raises(frappe.ValidationError, match="at most 3660 days"):
		report.execute({"from_date": first, "to_date": last})


def test_days_to_come_are_empty(site):
	assert figures.received("9999-12-01", "9999-12-31") == []
	assert charts.by_period(None, "Daily", "9999-12-01", "9999-12-31")["labels"] == []


@pytest.mark.parametrize("by", ["currency", "unit", "method", "day"])
def test_the_report_adds_up_and_its_numbers_lead_to_their_lists(trade, by):
	columns, lines = report.execute({"by": by})
	fields = {column["fieldname"] for column in columns}
	assert {"currency", "payments", "received", "refunded", "disputed", "net"} <= fields
	for currency in ("USD", "EUR"):
		net = sum(line["net"] for line in lines if line["currency"] == currency)
		*_rest, expected = by_hand()[currency, None]
		assert net == pytest.approx(float(money.from_minor(expected, currency)))
	for line in lines:
		for field in ("payments", "payments_under_way"):
			for count, filters in shown(line[field]):
				assert len(listed("Invoice Payment", filters)) == int(count), (by, line)
	if by == "unit":
		told = {(line["key"], line["currency"]): line for line in lines}
		for unit, net in ((trade.unit, 141.10), (trade.elsewhere, 15.70)):
			assert told[unit, "USD"]["net"] == pytest.approx(net)


def test_the_report_is_for_those_who_read_the_account(site, make_user, as_user):
	from frappe.desk.query_report import run

	with as_user(make_user(roles=["Stripe Reader"])):
		assert run("Stripe Received", {"by": "unit"})["columns"]
	with as_user(make_user(roles=["Stripe Payer"])), pytest.raises(frappe.PermissionError):
		run("Stripe Received", {"by": "unit"})


# cost


CALLS = {
	"received_this_month": account_api.received_this_month,
	"under_way": account_api.under_way,
	"needing_attention": account_api.needing_attention,
	"overdue": account_api.overdue,
	"not_yet_due": account_api.not_yet_due,
	"by_period": charts.by_period,
	"by_method": charts.by_method,
	"by_unit": charts.by_unit,
	"report": lambda: report.execute({"by": "unit"}),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_figure_costs_as_many_queries_however_many_payments_there_are(world, name):
	world.pay("10.00")
	before = queries_of(CALLS[name])
	for _ in range(3):
		world.pay("10.00")
	# Fewer where sums of past days have come to be kept meanwhile.
	assert len(queries_of(CALLS[name])) <= len(before)


def queries_of(call) -> list[str]:
	call()
	with counted_queries() as queries:
		call()
	return queries


@pytest.mark.parametrize(
	"index, question",
	[
		("received_by_currency", lambda: figures.received(today(), by=figures.METHOD)),
		("received_by_currency", lambda: figures.received(today(), by=figures.UNIT)),
		("under_way_by_status", lambda: figures.under_way(by=figures.UNIT)),
		("owed_by_due_date", lambda: figures.unpaid(figures.OVERDUE)),
		("owed_by_due_date", lambda: figures.unpaid(figures.NOT_YET_DUE)),
	],
)
def test_no_row_is_read_for_a_sum(world, monkeypatch, index, question):
	"""The index holds all that is summed. Which one a database takes goes by how many rows there are, so here it is told."""
	table = "Portal Invoice" if index == "owed_by_due_date" else "Invoice Payment"
	asked, real = [], frappe.db.sql

	def sql(*arguments, **named):
		answer = real(*arguments, **named)
		asked.append(frappe.db.last_query)
		return answer

	with monkeypatch.context() as changed:
		changed.setattr(frappe.db, "sql", sql)
		question()
	sums = [query for query in asked if "SUM(" in query and f"FROM `tab{table}`" in query]
	assert sums
	for query in sums:
		by_index = query.replace(f"FROM `tab{table}`", f"FROM `tab{table}` FORCE INDEX (`{index}`)")
		plans = frappe.db.sql("explain " + by_index.replace("%", "%%"), as_dict=True)
		# Payments of several documents, which are few, are summed over their rows.
		[plan] = [plan for plan in plans if plan.table == f"tab{table}"]
		assert plan.key == index and "Using index" in plan.Extra, plan
		assert "index condition" not in plan.Extra, plan


def test_an_installed_site_gets_the_indexes_by_its_migration(site):
	from stripe_service.patches import add_indexes, sum_what_is_owed_by_index

	patches = open(frappe.get_app_path("stripe_service", "patches.txt")).read()
	assert {add_indexes.__name__, sum_what_is_owed_by_index.__name__} <= set(patches.split())
	frappe.db.sql_ddl("alter table `tabInvoice Payment` drop index `unallocated_by_status`")
	frappe.db.sql_ddl("alter table `tabPortal Invoice` drop index `owed_by_due_date`")
	frappe.db.sql_ddl(
		"alter table `tabPortal Invoice` add index `unpaid_by_due_date` (workflow_state, due_date)"
	)
	for _time in range(2):
		add_indexes.execute()
		sum_what_is_owed_by_index.execute()
	assert frappe.db.has_index("tabInvoice Payment", "unallocated_by_status")
	assert frappe.db.has_index("tabPortal Invoice", "owed_by_due_date")
	assert not frappe.db.has_index("tabPortal Invoice", "unpaid_by_due_date")


def test_a_documents_ledger_is_summed_once_when_it_is_opened(world):
	from frappe.desk.form.load import run_onload

	with world.as_user(world.payer):
		doc = frappe.get_doc("Portal Invoice", world.invoice.name)
		run_onload(doc)
		with counted_queries() as queries:
			run_onload(doc)
	sums = [query for query in queries if "sum(" in query.lower() and "tabInvoice Payment" in query]
	assert len(sums) == 1
