"""Payers pay while administrators make, send, edit, cancel and delete invoices: over real HTTP, on real gunicorn workers and MariaDB.

Nobody meets a fault of the server. Whoever comes at the very moment when somebody else writes the same document is told so
(409), and nothing of theirs is half-written. WORK_ROUNDS says how many invoices each administrator makes.
"""

import json
import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import frappe
import pytest

from tests.support import records
from tests.support import servers as http_support
from tests.support import site as site_support
from tests.support.paying import confirmation_token
from tests.support.records import PASSWORD, unique

PAYERS, ADMINISTRATORS = 12, 6
ROUNDS = int(os.environ.get("WORK_ROUNDS", "8"))
SHARED = 4


@pytest.fixture(scope="module")
def people(frappe_site, stripe_account, faker):
	"""(unit, payers' sessions, administrators' sessions) on a server with several workers."""
	frappe_site.set_user("Administrator")
	unit = records.make_unit()
	payers = [records.make_payer(faker, unit=unit) for _ in range(PAYERS)]
	clerks = [
		records.make_user(faker, roles=["Stripe Administrator"], unit=unit, password=PASSWORD)
		for _ in range(ADMINISTRATORS)
	]
	with http_support.running_server(
		site_support.bench(), site_support.site_name(), workers=6, threads=8
	) as server:
		with ThreadPoolExecutor(8) as pool:
			sessions = list(pool.map(lambda user: server.login(user, PASSWORD), payers + clerks))
		yield unit, sessions[:PAYERS], sessions[PAYERS:]


class Log:
	"""What everybody was answered."""

	def __init__(self):
		self.answers, self.lock = [], threading.Lock()

	def add(self, what: str, answer):
		with self.lock:
			self.answers.append((what, answer.status_code, answer.text))
		return answer

	def codes(self) -> Counter:
		return Counter((what, code) for what, code, _text in self.answers)

	def check(self):
		faults = [(what, code, text[-1500:]) for what, code, text in self.answers if code >= 500]
		assert not faults, (self.codes(), faults[:2])
		told = [
			(what, text[-500:])
			for what, _code, text in self.answers
			if "QueryDeadlock" in text or "QueryTimeout" in text
		]
		assert not told, told[:2]


def in_turn(work: list) -> None:
	"""Run all at once, each in a thread of its own."""
	start = threading.Barrier(len(work))

	def run(one):
		start.wait()
		one()

	with ThreadPoolExecutor(len(work)) as pool:
		list(pool.map(run, work))


class Clerk:
	"""An administrator who makes and sends invoices of their own, and changes those that payers are paying."""

	def __init__(self, client, unit: str, shared: list[str], log: Log, seed: int):
		self.client, self.unit, self.shared, self.log, self.dice = (
			client,
			unit,
			shared,
			log,
			random.Random(seed),
		)
		self.sent = []

	def make_and_send(self):
		for _ in range(ROUNDS):
			values = {
				"title": unique("Parallel"),
				"bill_to": "Somebody",
				"organisation_unit": self.unit,
				"currency": "USD",
				"items": [{"description": "Something", "quantity": 1, "rate": 100}],
			}
			made = self._rest("make", "post", "", values)
			if made.status_code == 200:
				doc = made.json()["data"]
				if self._apply("send", doc, "Send for Payment").status_code == 200:
					self.sent.append(doc["name"])

	def change_shared(self):
		for _ in range(ROUNDS):
			name = self.dice.choice(self.shared)
			read = self.log.add("read", self.client.session.get(self._url(name), timeout=60))
			if read.status_code != 200:
				continue
			doc = read.json()["data"]
			doc["items"][0]["rate"] = self.dice.choice([9_000, 10_000, 11_000])
			self._rest("edit", "put", name, {"items": doc["items"]})

	def delete_shared(self):
		for _ in range(ROUNDS):
			name = self.dice.choice(self.shared)
			self.log.add(
				"delete", self.client.call("frappe.client.delete", doctype="Portal Invoice", name=name)
			)

	def _url(self, name: str = "") -> str:
		return f"{self.client.server.address}/api/resource/Portal Invoice/{name}".rstrip("/")

	def _rest(self, what: str, verb: str, name: str, values: dict):
		return self.log.add(
			what, getattr(self.client.session, verb)(self._url(name), json=values, timeout=60)
		)

	def _apply(self, what: str, doc: dict, action: str):
		call = self.client.call("frappe.model.workflow.apply_workflow", doc=json.dumps(doc), action=action)
		return self.log.add(what, call)


def pay(client, invoice: str, url: str, log: Log):
	return log.add(
		"pay",
		client.call(
			"stripe_service.api.pay.pay",
			doctype="Portal Invoice",
			name=invoice,
			amount="5",
			method_type="card",
			confirmation_token=confirmation_token(url),
			request_id=unique("press"),
		),
	)


def test_nobody_meets_a_fault_of_the_server(site, people, make_invoice, emulator_url, drain):
	unit, payers, clients = people
	shared = [make_invoice(unit=unit, total="10000").name for _ in range(SHARED)]
	for name in shared:
		assert (
			pay(payers[0], name, emulator_url, Log()).status_code == 200
		)  # from here on nobody may delete it
	log = Log()
	clerks = [Clerk(client, unit, shared, log, seed) for seed, client in enumerate(clients)]
	paying = [
		lambda client=client, n=n: [
			pay(client, shared[(n + i) % SHARED], emulator_url, log) for i in range(ROUNDS // 2)
		]
		for n, client in enumerate(payers)
	]
	in_turn(
		[
			*paying,
			clerks[0].change_shared,
			clerks[1].delete_shared,
			*(clerk.make_and_send for clerk in clerks[2:]),
		]
	)
	log.check()
	codes = log.codes()
	for what in ("make", "send", "read", "pay"):
		assert set(code for kind, code in codes if kind == what) == {200}, codes
	assert set(code for kind, code in codes if kind == "edit") <= {200, 409, 417}, codes
	assert set(code for kind, code in codes if kind == "delete") <= {409, 417}, codes

	drain()
	frappe.db.rollback()
	for name in shared:
		invoice = frappe.get_doc("Portal Invoice", name)
		settled = frappe.db.sql(
			"select sum(settled_minor) from `tabInvoice Payment` where reference_name = %s", name
		)[0][0]
		assert invoice.paid_amount * 100 == settled
		assert invoice.reserved_amount == 0
		assert invoice.outstanding_amount == invoice.total - invoice.paid_amount
		assert invoice.workflow_state == "Partly Paid"
	sent = [name for clerk in clerks for name in clerk.sent]
	for name in sent:
		assert frappe.db.get_value("Portal Invoice", name, "workflow_state") == "To Be Paid"
		assert frappe.db.count("Workflow Action", {"reference_name": name, "status": "Open"}) == 1
