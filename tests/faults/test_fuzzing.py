"""The fuzzer: every whitelisted method of this app, and the webhook, called with what no form sends.

Whatever comes, the answer is one that was meant (below 500), comes soon, and leaves nothing half-written: every payment
that began can be finished or freed, and each document's fields agree with its ledger.

`FUZZ_CALLS` says how many calls (default 1,500), `FUZZ_SEED` from which seed the values are drawn, so that a fault can be
met again.
"""

import inspect
import json
import os
import random
import time
import traceback
from collections import Counter

import frappe
import pytest
from frappe.utils import cint

from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import open_payable
from stripe_service.utils.stripe_errors import StripeUnavailable
from tests.support import records
from tests.support.accounts import ACCOUNT
from tests.support.webhooks import RECEIVE, Endpoint, sign
from tests.sweep import calls

CALLS = int(os.environ.get("FUZZ_CALLS", 1500))
SEED = int(os.environ.get("FUZZ_SEED", 20240229))
# Seconds of this process's own work, which a busy machine does not make more; how long the calls took is printed.
SLOW = 1
NOT_CALLED = {
	# Asks Stripe about everything of the last days: what it does is tried elsewhere, and 100,000 times would last for weeks.
	"stripe_service.api.reconcile.run",
	"stripe_service.api.webhook.receive",  # events are delivered to it
}
ROLES = ("payer", "administrator", "website user", "guest")

# What a text field, a name, an amount or a number may be sent as by somebody who tries.
ODD = (
	None, "", " ", "0", "-1", "1", "00", "1e999997", "1E+2", "NaN", "Infinity", "-0", "0x10", "١٢", "1,5", "1.999",
	"1_000", "9" * 400, "9" * 20, "0." + "0" * 300 + "1", True, False, 0, -1, 1, 2**31, 2**63, 2**70, 1.5, 1e308,
	float("nan"), float("inf"), [], {}, [[]], {"a": {"b": []}}, [None], {"name": None}, ["in", ["a"]], ["like", "%"],
	"[]", "{}", "[[1]]", "null", "true", "[" * 40 + "]" * 40, "[" * 100_000, '{"a":' * 5000, "\0", "a\0b", "\ud800",
	"\u202e\u200b", "😀" * 200, "<script>alert(1)</script>", "{{ frappe }}", "{0}", "%s%n", "' or 1=1 -- ", "`name`", "../../x",
	"/private/files/x", "a" * 141, "b" * 70_000, "0001-01-01", "9999-12-31", "2026-02-30", "Administrator", "Guest", "DocType", "User", "Portal Invoice",
	"Invoice Payment", "Stripe Account", "Singles", "Sales Invoice", "card", "us_bank_account", "ctoken_x", "pi_x", "seti_x",
)  # fmt: skip


@pytest.fixture
def about(frappe_site, faker, make_payer, make_invoice, emulator_url):
	"""Names and values that are right, so that the wrong ones beside them are looked at."""
	unit = records.make_unit("/" + records.unique("Fuzz"))
	invoices = [make_invoice(unit=unit, total=total) for total in ("100.00", "0.60", "12345.67")]
	foreign = make_invoice(unit=records.make_unit("/" + records.unique("Other")), total="50.00")
	users = {
		"payer": make_payer(unit=unit),
		"administrator": records.make_user(faker, roles=["Stripe Administrator"], unit=unit),
		"website user": records.make_user(faker, roles=[]),
		"guest": "Guest",
	}
	frappe.db.commit()
	return frappe._dict(
		unit=unit, invoices=invoices, foreign=foreign, users=users, endpoint=Endpoint(), url=emulator_url
	)


class Fuzzer:
	def __init__(self, about):
		self.about = about
		self.random = random.Random(SEED)
		self.run = os.urandom(4).hex()  # the same seed again brings new events
		self.faults: list[str] = []
		self.statuses: Counter = Counter()
		self.seconds: list[tuple[float, str]] = []
		self.methods = [name for name in calls.all_methods(("stripe_service",)) if name not in NOT_CALLED]

	def right_value(self, name: str):
		"""What a parameter of this name is meant to hold, as far as it can be had without Stripe's form."""
		about, pick = self.about, self.random.choice
		payments = frappe.get_all("Invoice Payment", limit=20, pluck="name", order_by="creation desc") or [
			"x"
		]
		values = {
			"doctype": ["Portal Invoice"],
			"name": [invoice.name for invoice in [*about.invoices, about.foreign]],
			"payment": payments,
			"amount": ["1.00", "0.5", 1, "100.00", "12.345"],
			"method": ["card", "us_bank_account"],
			"request_id": [records.unique("press"), "same"],
			"account": [ACCOUNT] if name == "account" and not self.is_administrator else [None],
			"parent": [about.unit],
			"reason": ["requested_by_customer", "x"],
			"confirmation_token": ["ctoken_unknown"],
			"days": [1],
		}
		return pick(values.get(name, [None]))

	def arguments(self, method: str) -> dict:
		parameters = inspect.signature(inspect.unwrap(frappe.get_attr(method))).parameters
		given = {}
		for name, parameter in parameters.items():
			if parameter.kind == parameter.VAR_KEYWORD:
				continue
			luck = self.random.random()
			if luck < 0.45:
				value = self.right_value(name)
			elif luck < 0.95:
				value = self.random.choice(ODD)
			else:
				continue
			given[name] = value
		if self.random.random() < 0.1:
			given[
				self.random.choice(["cmd_", "doctype", "ignore_permissions", "user", "self"])
			] = self.random.choice(ODD)
		return {name: value for name, value in given.items() if value is not None}

	def call(self) -> None:
		method, role = self.random.choice(self.methods), self.random.choice(ROLES)
		self.is_administrator = role == "administrator"
		arguments = self.arguments(method)
		label = f"{role}: {method}({json.dumps(arguments, default=str)[:300]})"
		self.look(label, self.about.users[role], f"/api/method/{method}", arguments)

	def deliver(self) -> None:
		"""A delivery whose signature is right as a rule, so that what it holds is looked at."""
		body = json.dumps(self.event(), default=str).encode(errors="surrogatepass")
		if self.random.random() < 0.2:
			body = body[: self.random.randrange(len(body))]
		headers = {"Stripe-Signature": sign(body, self.about.endpoint.secret)}
		if self.random.random() < 0.2:
			headers["Stripe-Signature"] = self.random.choice(
				["", "t=", "t=1,v1=x", "v1=", "t=١,v1=é".encode().decode("latin-1"), "t=9" * 500]
			)
		token = self.random.choice([self.about.endpoint.token] * 5 + ["", "x", "y" * 1000])
		label = f"webhook({body[:300]!r})"
		self.look(label, "Guest", RECEIVE, {}, raw=body, query={"account": token}, headers=headers)

	def event(self):
		"""An event in which now and then something is wrong, or something else altogether."""
		types = ["payment_intent.succeeded", "charge.refunded", "charge.dispute.created", "customer.deleted",
			"setup_intent.succeeded", "payout.paid", "account.updated", "charge.updated"]  # fmt: skip
		subject = {"id": self.mostly("ch_unknown"), "object": self.mostly("charge")}
		event = {
			"id": self.mostly(f"evt_{self.run}{self.random.randrange(10**9)}"),
			"object": self.mostly("event"),
			"type": self.mostly(self.random.choice(types)),
			"created": self.mostly(1_700_000_000),
			"livemode": self.mostly(False),
			"api_version": self.mostly("2024-06-20"),
			"data": self.mostly({"object": self.mostly(subject)}),
		}
		for name in list(event):
			if self.random.random() < 0.03:
				del event[name]
		return self.mostly(event)

	def mostly(self, value):
		return value if self.random.random() < 0.9 else self.random.choice(ODD)

	def look(self, label: str, *asked, **more) -> None:
		began = time.process_time()
		answer = calls.request(*asked, **more)
		worked = time.process_time() - began
		self.statuses[answer.status] += 1
		self.seconds.append((answer.seconds, label))
		# Where Stripe can't be reached, that is said as 503.
		if answer.status >= 500 and not isinstance(answer.problem, StripeUnavailable):
			told = "".join(traceback.format_exception(answer.problem)[-3:])
			self.faults.append(f"{label}\n{told}")
		if worked > SLOW:
			self.faults.append(f"{label} took {worked:.1f} s of work")


def test_nothing_that_is_sent_breaks_a_method_or_leaves_half_of_something(about, drain, capsys):
	fuzzer = Fuzzer(about)
	for number in range(CALLS):
		if number % 5:
			fuzzer.call()
		else:
			fuzzer.deliver()
	frappe.set_user("Administrator")
	drain()
	slowest = sorted(fuzzer.seconds, key=lambda row: row[0])
	with capsys.disabled():
		print(
			f"\n{CALLS} calls of {len(fuzzer.methods)} methods and the webhook: {dict(fuzzer.statuses)};"
			f" median {slowest[len(slowest) // 2][0] * 1000:.1f} ms, of a thousand the slowest"
			f" {slowest[-1 - len(slowest) // 1000][0] * 1000:.0f} ms, at most {slowest[-1][0] * 1000:.0f} ms"
			f" ({slowest[-1][1][:80]})"
		)
	assert not fuzzer.faults, f"{len(fuzzer.faults)} faults:\n" + "\n".join(sorted(set(fuzzer.faults))[:40])
	assert fuzzer.statuses[200] > CALLS // 50, "hardly a call was taken: nothing was tried"
	assert frappe.db.count("Stripe Event", {"stripe_account": about.endpoint.account}), "no event was taken"
	_check_nothing_is_half_written(about)


def _check_nothing_is_half_written(about) -> None:
	frappe.db.rollback()
	for invoice in [*about.invoices, about.foreign]:
		doc = frappe.get_doc("Portal Invoice", invoice.name)
		payable = open_payable(doc)
		balance = balance_of(payable, lock=False)
		shown = {name: cint(round(doc.get(name) * 100)) for name in ("outstanding_amount", "reserved_amount")}
		assert shown == {
			"outstanding_amount": balance.outstanding_minor,
			"reserved_amount": balance.reserved_minor,
		}, doc.name
		assert balance.reserved_minor + balance.settled_minor <= balance.total_minor, doc.name
	endpoint = about.endpoint.account
	assert not frappe.get_all("Stripe Event", filters={"stripe_account": endpoint, "status": "Failed"})
