"""The same history told by its events in any order, with duplicates: the same final state each time.

EVENT_ORDERS says in how many random orders a finished history is told (1000 for the full run), and EVENT_HISTORIES in
how many the telling is mixed with the history itself (each a new one). The seed is fixed; a failure names the order.
"""

import json
import os
import random

import frappe

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.payments import after_payment
from stripe_service.webhooks import process as webhook_process
from stripe_service.webhooks import receive
from stripe_service.webhooks.handlers import HANDLERS
from tests.support.accounts import ACCOUNT
from tests.support.webhooks import new_id

ORDERS = int(os.environ.get("EVENT_ORDERS", "50"))
HISTORIES = int(os.environ.get("EVENT_HISTORIES", "4"))
SEED = 20240229

MONEY = (
	"status",
	"stripe_status",
	"received_minor",
	"refunded_minor",
	"disputed_minor",
	"settled_minor",
	"unallocated_minor",
	"after_payment_status",
	"failure_code",
	"dispute_reason",
	"balance_transaction_id",
	"stripe_fee",
)
DOCUMENT = ("workflow_state", "paid_amount", "reserved_amount", "outstanding_amount")


class History:
	"""One invoice, seven payments, and what then happens to each at Stripe while the site is not told."""

	def __init__(self, world):
		self.world, self.emulator = world, world.emulator
		self.began = self.emulator.now()
		self.invoice = world.make_invoice(total="1000.00")
		bank_account = world.add_bank_account()
		self.payments = {
			"authenticated": self._pay("100.00", "3ds_required"),
			"declined in the end": self._pay("40.00", "3ds_required"),
			"partly refunded": self._pay("110.00"),
			"dispute lost": self._pay("120.00"),
			"dispute won": self._pay("130.00"),
			"debit returned late": self._debit("140.00", bank_account),
			"debit failed": self._debit("150.00", bank_account),
		}
		self.intents = {
			kind: frappe.db.get_value("Invoice Payment", name, "payment_intent_id")
			for kind, name in self.payments.items()
		}
		self.gateway = gateway_for(ACCOUNT)

	def _pay(self, amount, card="visa") -> str:
		return self.world.pay(amount, card, invoice=self.invoice)["payment"]

	def _debit(self, amount, bank_account) -> str:
		return self.world.pay_by_ach(bank_account, amount, invoice=self.invoice)["payment"]

	def steps(self):
		"""What happens at Stripe; each step may only follow those before it of the same payment."""
		at = self.intents
		dispute: dict[str, str] = {}

		def open_dispute(kind):
			dispute[kind] = self.emulator.dispute(at[kind])["dispute"]

		return [
			lambda: self.emulator.complete_3ds(at["authenticated"]),
			lambda: self.emulator.fail_3ds(at["declined in the end"]),
			lambda: self._refund(at["partly refunded"], 2500),
			lambda: open_dispute("dispute lost"),
			lambda: open_dispute("dispute won"),
			lambda: self.emulator.settle(at["debit returned late"]),
			lambda: self.emulator.fail_debit(at["debit failed"]),
			lambda: self._refund(at["partly refunded"], 500),
			lambda: self.emulator.close_dispute(dispute["dispute lost"], "lost"),
			lambda: self.emulator.late_return(at["debit returned late"]),
			lambda: self.emulator.close_dispute(dispute["dispute won"], "won"),
			lambda: self.emulator.advance(hours=2),
		]

	def _refund(self, intent: str, amount: int) -> None:
		self.gateway.call("refunds.create", params={"payment_intent": intent, "amount": amount})

	def events(self) -> list[dict]:
		"""What Stripe has to tell of it so far, oldest first."""
		since = {"created": {"gte": self.began}}
		told = self.gateway.list_all("events.list", params=since, limit=10_000)[::-1]
		intents = set(self.intents.values())
		return [event for event in told if event["type"] in HANDLERS and _is_about(event, intents)]

	def state(self) -> dict:
		frappe.db.rollback()
		state = {
			kind: frappe.db.get_value("Invoice Payment", name, MONEY) for kind, name in self.payments.items()
		}
		amounts = ["received_minor", "refunded_minor", "settled_minor", "unallocated_minor"]
		for name in self.payments.values():
			row = frappe.db.get_value(
				"Invoice Payment Reference", {"parent": name}, [*amounts, "booked_minor"]
			)
			assert row[:4] == frappe.db.get_value("Invoice Payment", name, amounts), "the row is the payment"
			assert row[4] == row[2], "and what follows has been done for all of it"
		state["invoice"] = frappe.db.get_value("Portal Invoice", self.invoice.name, DOCUMENT)
		return state


def _is_about(event: dict, intents: set[str]) -> bool:
	text = json.dumps(event["data"]["object"])
	return any(intent in text for intent in intents)


def tell(event: dict) -> None:
	"""One delivery, and the drain right behind it: nothing is merged."""
	receive.store(frappe._dict(name=ACCOUNT, mode="Test"), event)
	frappe.db.commit()
	assert webhook_process.process_due()


def finish(world) -> None:
	"""What follows the money, until nothing is left of it."""
	world.drain()
	after_payment.run_pending()
	world.drain()


def check_agrees_with_stripe(history: History, state: dict) -> None:
	for kind, intent_id in history.intents.items():
		intent = history.gateway.call(
			"payment_intents.retrieve", intent_id, params={"expand": ["latest_charge"]}
		)
		received = intent["amount_received"] if intent["status"] == "succeeded" else 0
		row = dict(zip(MONEY, state[kind], strict=True))
		assert (row["stripe_status"], row["received_minor"]) == (intent["status"], received), kind
		charge = intent["latest_charge"] or {}
		assert row["refunded_minor"] == charge.get("amount_refunded", 0), kind


def check_is_the_expected_end(state: dict) -> None:
	ends = {kind: row[0] for kind, row in state.items() if kind != "invoice"}
	assert ends == {
		"authenticated": "Succeeded",
		"declined in the end": "Failed",
		"partly refunded": "Partly Refunded",
		"dispute lost": "Dispute Lost",
		"dispute won": "Succeeded",
		"debit returned late": "Dispute Lost",
		"debit failed": "Failed",
	}
	settled = sum(row[MONEY.index("settled_minor")] for kind, row in state.items() if kind != "invoice")
	assert settled == 10000 + (11000 - 3000) + 13000
	workflow_state, paid, reserved, outstanding = state["invoice"]
	assert workflow_state == "Partly Paid"
	assert (paid, outstanding) == (310, 690)
	assert paid + outstanding == 1000 and reserved <= outstanding


def test_a_finished_history_in_any_order(world):
	history = History(world)
	before = Snapshot(history.invoice.name)
	for step in history.steps():
		step()
	events = history.events()
	assert len(events) > 20, [event["type"] for event in events]
	first = None
	for number in range(ORDERS):
		dice = random.Random(SEED + number)
		before.restore(events)
		# The first order is the true one; all others are shuffled and have second copies, same id and new id.
		order = list(events) if number == 0 else _shuffled(events, dice)
		for event in order:
			tell(event)
			if dice.random() < 0.05:
				after_payment.run_pending()
		finish(world)
		state = history.state()
		if first is None:
			first = state
			check_is_the_expected_end(state)
			check_agrees_with_stripe(history, state)
		assert state == first, f"order {number} of seed {SEED} ended differently"


def test_a_history_that_goes_on_while_it_is_told(world):
	for number in range(HISTORIES):
		dice = random.Random(SEED * 7 + number)
		history = History(world)
		told: set[str] = set()
		for step in history.steps():
			step()
			waiting = [event for event in history.events() if event["id"] not in told]
			for event in dice.sample(waiting, dice.randint(0, len(waiting))):
				tell(event)
				told.add(event["id"])
		rest = [event for event in history.events() if event["id"] not in told]
		for event in _shuffled(rest, dice):
			tell(event)
		finish(world)
		state = history.state()
		check_is_the_expected_end(state)
		check_agrees_with_stripe(history, state)


def _shuffled(events: list[dict], dice: random.Random) -> list[dict]:
	copies = [{**event, "id": new_id("evt")} for event in dice.sample(events, len(events) // 3)]
	again = dice.sample(events, len(events) // 3)
	order = [*events, *copies, *again]
	dice.shuffle(order)
	return order


class Snapshot:
	"""The site's rows about an invoice, to be put back before each telling."""

	TABLES = (
		("Invoice Payment", "reference_name"),
		("Invoice Payment Reference", "reference_name"),
		("Portal Invoice", "name"),
		("Workflow Action", "reference_name"),
	)

	def __init__(self, invoice: str):
		frappe.db.rollback()
		self.invoice = invoice
		self.rows = {
			doctype: frappe.db.sql(
				f"select * from `tab{doctype}` where `{key}` = %s", (invoice,), as_dict=True
			)
			for doctype, key in self.TABLES
		}
		assert self.rows["Invoice Payment"] and self.rows["Portal Invoice"]

	def restore(self, events: list[dict]) -> None:
		for doctype, key in self.TABLES:
			frappe.db.delete(doctype, {key: self.invoice})
			for row in self.rows[doctype]:
				columns = ", ".join(f"`{column}`" for column in row)
				places = ", ".join(["%s"] * len(row))
				frappe.db.sql(f"insert into `tab{doctype}` ({columns}) values ({places})", list(row.values()))
				frappe.clear_document_cache(doctype, row.name)
		frappe.db.delete("Stripe Event", {"name": ["in", [event["id"] for event in events]]})
		frappe.db.commit()
