"""Forty payers, one invoice, the same instant: over real HTTP, on real gunicorn workers and MariaDB.

PAYER_ROUNDS says how many invoices are fought over (200 for the full run, which takes a while; fewer by default).
While they pay, another connection watches what is claimed: never more than the invoice, at any instant.
"""

import json
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import frappe
import pytest

from tests.support import servers as http_support
from tests.support import site as site_support
from tests.support.paying import confirmation_token
from tests.support.records import PASSWORD, unique

PAYERS = 40
ROUNDS = int(os.environ.get("PAYER_ROUNDS", "10"))
TOTAL_MINOR = 10000
# Of the overlapping selections, each of which fights over OVERLAPPING invoices at once.
ROUNDS_OF_SEVERAL = int(os.environ.get("PAYER_ROUNDS", "2"))
OVERLAPPING = 4


@pytest.fixture(scope="module")
def many_workers(frappe_site, stripe_account):
	with http_support.running_server(
		site_support.bench(), site_support.site_name(), workers=6, threads=8
	) as server:
		yield server


@pytest.fixture(scope="module")
def unit_and_payers(frappe_site, many_workers, faker):
	from tests.support import records

	frappe_site.set_user("Administrator")
	unit = records.make_unit()
	users = [records.make_payer(faker, unit=unit) for _ in range(PAYERS)]
	with ThreadPoolExecutor(8) as pool:
		clients = list(pool.map(lambda user: many_workers.login(user, PASSWORD), users))
	return unit, clients


class Watcher(threading.Thread):
	"""Sums what is claimed of each invoice, over and over, on a connection of its own; `most` is the highest sum of any of them.
	By index, so that it takes no time from those whom it watches."""

	QUERY = """
		select max(claimed) from (
			select sum(reference.reserved_minor + reference.settled_minor) claimed
			from `tabInvoice Payment Reference` reference
			where reference.reference_doctype = 'Portal Invoice' and reference.reference_name in %s
			group by reference.reference_name
		) sums
	"""

	def __init__(self, *invoices: str):
		super().__init__(daemon=True)
		self.invoices, self.most, self.looks, self.done = invoices, 0, 0, threading.Event()

	def run(self):
		import pymysql

		conf = frappe_conf
		connection = pymysql.connect(
			host=conf["db_host"] or "127.0.0.1",
			port=int(conf["db_port"] or 3306),
			user=conf["db_name"],
			password=conf["db_password"],
			database=conf["db_name"],
			autocommit=True,
		)
		with connection, connection.cursor() as cursor:
			while not self.done.wait(0.005):
				cursor.execute(self.QUERY, (self.invoices,))
				self.most = max(self.most, int(cursor.fetchone()[0] or 0))
				self.looks += 1


frappe_conf: dict = {}


def test_forty_payers_never_claim_more_than_is_due_and_each_is_charged_once(
	site, unit_and_payers, make_invoice, emulator_url, drain
):
	frappe_conf.update(
		{key: frappe.conf.get(key) for key in ("db_host", "db_port", "db_name", "db_password")}
	)
	unit, clients = unit_and_payers
	dice = random.Random(20240229)
	for _ in range(ROUNDS):
		invoice = make_invoice(unit=unit, total="100.00").name
		watcher = Watcher(invoice)
		watcher.start()
		orders = [(client, dice.choice([5, 12.5, 20, 33.33, 50, 100])) for client in clients]
		dice.shuffle(orders)
		start = threading.Barrier(PAYERS)
		with ThreadPoolExecutor(PAYERS) as pool:
			answers = list(pool.map(lambda order: _pay(*order, invoice, emulator_url, start), orders))
		watcher.done.set()
		watcher.join()
		_check_round(invoice, answers, watcher)
	drain()


def _pay(client, amount, invoice, url, start) -> tuple[int, dict]:
	token = confirmation_token(url)
	start.wait()
	answer = client.call(
		"stripe_service.api.pay.pay",
		doctype="Portal Invoice",
		name=invoice,
		amount=str(amount),
		method_type="card",
		confirmation_token=token,
		request_id=unique("press"),
	)
	return answer.status_code, answer.json()


def _check_round(invoice: str, answers: list, watcher: Watcher) -> None:
	frappe.db.rollback()
	assert watcher.looks > 5, "the watcher has to have looked"
	assert watcher.most <= TOTAL_MINOR
	codes = {code for code, _ in answers}
	assert codes <= {200, 417}, codes
	paid = [body["message"] for code, body in answers if code == 200]
	assert paid, "somebody must have been able to pay"
	assert {outcome["outcome"] for outcome in paid} == {"paid"}
	at_stripe = _succeeded_at_stripe(invoice)
	assert sorted(i["amount_received"] for i in at_stripe) == sorted(o["amount_minor"] for o in paid)
	assert len({i["metadata"]["payment"] for i in at_stripe}) == len(at_stripe), "one charge for one claim"
	settled = frappe.db.sql(
		"select sum(settled_minor) from `tabInvoice Payment Reference` where reference_name = %s", (invoice,)
	)[0][0]
	assert settled == sum(i["amount_received"] for i in at_stripe) <= TOTAL_MINOR


def _succeeded_at_stripe(invoice: str) -> list[dict]:
	from stripe_service.accounts.stripe_account import gateway_for

	customers = frappe.get_all(
		"Invoice Payment", filters={"reference_name": invoice}, pluck="stripe_customer", distinct=True
	)
	gateway = gateway_for("Emulator")
	found = []
	for customer in filter(None, customers):
		intents = gateway.list_all("payment_intents.list", params={"customer": customer})
		found += [
			i for i in intents if i["metadata"].get("document") == invoice and i["status"] == "succeeded"
		]
	return found


def test_forty_payers_with_overlapping_selections_claim_all_or_nothing(
	site, unit_and_payers, make_invoice, emulator_url, drain
):
	frappe_conf.update(
		{key: frappe.conf.get(key) for key in ("db_host", "db_port", "db_name", "db_password")}
	)
	unit, clients = unit_and_payers
	dice = random.Random(19790609)
	for _ in range(ROUNDS_OF_SEVERAL):
		invoices = [make_invoice(unit=unit, total="100.00").name for _number in range(OVERLAPPING)]
		watcher = Watcher(*invoices)
		watcher.start()
		orders = [(client, _selection(dice, invoices)) for client in clients]
		start = threading.Barrier(PAYERS)
		with ThreadPoolExecutor(PAYERS) as pool:
			answers = list(pool.map(lambda order: _pay_several(*order, emulator_url, start), orders))
		watcher.done.set()
		watcher.join()
		assert watcher.looks > 5 and watcher.most <= TOTAL_MINOR, invoices
		_check_selections(invoices, answers, orders)
	drain()


def _selection(dice, invoices: list[str]) -> dict[str, float]:
	"""Some of the invoices in any order, with an amount each."""
	chosen = dice.sample(invoices, dice.randint(1, OVERLAPPING))
	return {invoice: dice.choice([5, 12.5, 20, 33.33, 50]) for invoice in chosen}


def _pay_several(client, selection, url, start) -> tuple[int, dict]:
	token = confirmation_token(url)
	documents = [
		{"doctype": "Portal Invoice", "name": name, "amount": str(amount)}
		for name, amount in selection.items()
	]
	start.wait()
	answer = client.call(
		"stripe_service.api.pay.pay_several",
		documents=json.dumps(documents),
		method_type="card",
		confirmation_token=token,
		request_id=unique("press"),
	)
	return answer.status_code, answer.json()


def _check_selections(invoices: list[str], answers: list, orders: list) -> None:
	frappe.db.rollback()
	assert {code for code, _ in answers} <= {200, 417}, "no deadlock reaches a payer"
	paid = 0
	for (code, body), (_client, selection) in zip(answers, orders, strict=True):
		if code != 200:
			continue
		paid += 1
		payment = frappe.get_doc("Invoice Payment", body["message"]["payment"])
		wanted = [(name, round(amount * 100)) for name, amount in selection.items()]
		assert [(row.reference_name, row.settled_minor) for row in payment.references] == wanted, "all of it"
		assert payment.received_minor == sum(minor for _name, minor in wanted), "and one charge"
	assert paid, "somebody must have been able to pay"
	rows = frappe.get_all(
		"Invoice Payment Reference", {"reference_name": ("in", invoices)}, ["parent", "reserved_minor"]
	)
	assert len({row.parent for row in rows}) == paid, "or nothing"
	assert not any(row.reserved_minor for row in rows)
