"""What becomes of an event once it is stored: the object is read from Stripe, and the site follows."""

import json
import subprocess
import sys

import frappe
import pytest
from frappe.utils import add_to_date, now_datetime

from stripe_service.gateway.events import EVENT_TYPES
from stripe_service.utils.notices import deliver_pending
from stripe_service.webhooks import process, receive
from stripe_service.webhooks.handlers import HANDLERS
from tests.faults.killed_worker import REACHED_THE_END
from tests.support.accounts import ACCOUNT
from tests.support.jobs import is_locked
from tests.support.paying import confirmation_token
from tests.support.records import unique
from tests.support.servers import REPO
from tests.support.webhooks import event, listening, new_id, payment_intent


def test_every_type_that_the_endpoint_is_registered_for_has_a_handler():
	assert set(EVENT_TYPES) == set(HANDLERS)
	for handler in HANDLERS.values():
		assert callable(frappe.get_attr(handler)), handler


def test_stripe_delivers_to_this_site_and_the_payment_follows(silent_world, http):
	"""The whole way: the emulator signs and posts, gunicorn stores, the drain reads from Stripe."""
	silent_world.emulator.clear_webhook_rules()
	with listening(ACCOUNT, http, silent_world.gateway):
		payment = silent_world.new_payment(card="3ds_required")
		assert silent_world.payment(payment).status == "Action Required"
		silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
		assert silent_world.emulator.flush_webhooks() == 0
	silent_world.drain()
	assert silent_world.payment(payment).status == "Succeeded"
	(told,) = silent_world.events_of(payment, "payment_intent.succeeded")
	row = silent_world.stored_event(told)
	assert (row.status, row.attempts, row.source) == ("Done", 1, "Webhook")
	assert row.outcome == f"{payment}: Succeeded"
	assert frappe.db.get_value("Stripe Account", ACCOUNT, "last_event_at")


def test_the_fee_is_booked_when_stripe_has_booked_it(silent_world):
	payment = silent_world.new_payment()
	assert not silent_world.payment(payment).balance_transaction_id
	silent_world.emulator.advance(hours=1)
	(told,) = silent_world.events_of(payment, "charge.updated")
	silent_world.arrive(told)
	silent_world.drain()
	booked = silent_world.payment(payment)
	assert booked.balance_transaction_id.startswith("txn_")
	assert float(booked.stripe_fee) + float(booked.net_amount) == pytest.approx(100)


def test_an_old_event_does_not_undo_a_newer_state(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	intent = silent_world.payment(payment).payment_intent_id
	silent_world.emulator.complete_3ds(intent)
	events = silent_world.events_of(payment, "payment_intent.succeeded", "payment_intent.requires_action")
	assert len(events) == 2
	silent_world.arrive(*reversed(events))
	silent_world.drain()
	assert silent_world.payment(payment).status == "Succeeded"
	assert {silent_world.stored_event(told).status for told in events} == {"Done"}


def test_a_refund_on_stripes_dashboard_reaches_the_payment(silent_world):
	payment = silent_world.new_payment()
	silent_world.gateway.call(
		"refunds.create",
		params={"payment_intent": silent_world.payment(payment).payment_intent_id, "amount": 2500},
	)
	silent_world.arrive(*silent_world.events_of(payment, "charge.refunded", "refund.updated"))
	silent_world.drain()
	assert silent_world.payment(payment).status == "Partly Refunded"
	assert silent_world.payment(payment).refunded_minor == 2500


def test_a_dispute_and_its_end_reach_the_payment(silent_world):
	payment = silent_world.new_payment()
	dispute = silent_world.emulator.dispute(silent_world.payment(payment).payment_intent_id)
	silent_world.arrive(*silent_world.events_of(payment, "charge.dispute.created"))
	silent_world.drain()
	disputed = silent_world.payment(payment)
	assert (disputed.status, disputed.settled_minor) == ("Disputed", 0)

	silent_world.emulator.close_dispute(dispute["dispute"], "won")
	silent_world.arrive(*silent_world.events_of(payment, "charge.dispute.closed"))
	silent_world.drain()
	won = silent_world.payment(payment)
	assert (won.status, won.settled_minor) == ("Succeeded", 10000)


def test_a_payout_says_which_payments_it_paid(silent_world):
	payment = silent_world.new_payment()
	silent_world.emulator.advance(days=3)
	payout = silent_world.emulator.payout()
	silent_world.emulator.advance(days=3)
	done = [told for told in silent_world.emulator.events("payout.reconciliation_completed")]
	assert done, f"the emulator did not reconcile {payout}"
	silent_world.arrive(*done)
	silent_world.drain()
	assert silent_world.payment(payment).payout_id == payout["payout"]
	assert {silent_world.stored_event(told).status for told in done} == {"Done"}


def test_a_customer_deleted_at_stripe_is_marked(silent_world):
	payment = silent_world.new_payment()
	customer = silent_world.payment(payment).stripe_customer
	silent_world.gateway.call("customers.delete", customer)
	(told,) = (
		told
		for told in silent_world.emulator.events("customer.deleted")
		if told["data"]["object"]["id"] == customer
	)
	silent_world.arrive(told)
	silent_world.drain()
	assert frappe.db.get_value("Stripe Customer", customer, "status") == "Deleted"


@pytest.mark.parametrize(
	"type, told",
	[
		("payment_intent.succeeded", {"object": "payment_intent", "metadata": {}}),
		(
			"payment_intent.succeeded",
			{
				"object": "payment_intent",
				"metadata": {"site": "elsewhere.example.com", "payment": "PAY-2026-00001"},
			},
		),
		("charge.updated", {"object": "charge", "payment_intent": None, "metadata": {}}),
		("charge.refunded", {"object": "charge", "payment_intent": "pi_nobodys", "metadata": {}}),
		("refund.updated", {"object": "refund", "payment_intent": "pi_nobodys", "metadata": {}}),
		("charge.dispute.created", {"object": "dispute", "payment_intent": "pi_nobodys"}),
		("setup_intent.succeeded", {"object": "setup_intent"}),
		("payment_method.detached", {"object": "payment_method", "customer": None}),
		("mandate.updated", {"object": "mandate", "payment_method": "pm_nobodys"}),
		("customer.deleted", {"object": "customer"}),
	],
)
def test_what_is_none_of_ours_is_ignored_with_a_reason(silent_world, type, told):
	foreign = event(type, {"id": new_id("obj"), **told})
	silent_world.arrive(foreign)
	silent_world.drain()
	row = silent_world.stored_event(foreign)
	assert (row.status, row.traceback) == ("Ignored", None), (row.outcome, row.traceback)
	assert row.outcome and row.processed_at and not row.next_attempt_at


def test_micro_deposits_that_were_verified_elsewhere_make_the_bank_account_usable(silent_world, world):
	name = world.add_bank_account(linked=False)
	setup_intent = frappe.db.get_value("Stripe Bank Account", name, "setup_intent_id")
	assert frappe.db.get_value("Stripe Bank Account", name, "status") == "Verification Pending"
	silent_world.gateway.call(
		"setup_intents.verify_microdeposits", setup_intent, params={"descriptor_code": "SM11AA"}
	)
	silent_world.arrive(*_about(silent_world, "setup_intent.succeeded", setup_intent))
	silent_world.drain()
	assert _bank_account_status(name) == "Verified"


def test_a_bank_account_that_stripe_blocks_can_not_pay(silent_world, world):
	name = world.add_bank_account()
	method = frappe.db.get_value("Stripe Bank Account", name, "payment_method_id")
	silent_world.emulator.block_bank_account(method)
	silent_world.arrive(*_about(silent_world, "payment_method.automatically_updated", method))
	silent_world.drain()
	assert _bank_account_status(name) == "Blocked"


def test_a_mandate_that_ended_is_noticed(silent_world, world):
	name = world.add_bank_account()
	mandate = frappe.db.get_value("Stripe Bank Account", name, "mandate_id")
	assert mandate
	silent_world.emulator.end_mandate(mandate)
	told = _about(silent_world, "mandate.updated", mandate)
	silent_world.arrive(*told)
	silent_world.drain()
	assert {silent_world.stored_event(one).status for one in told} == {"Done"}
	assert _bank_account_status(name) != "Verified", "a debit without a mandate is refused by Stripe"


def test_a_renewed_card_and_a_removed_one_are_noticed(silent_world, world):
	world.pay("50.00", save=1)
	world.drain()
	card = frappe.get_last_doc("Saved Card", {"user": world.payer})
	silent_world.emulator.update_card(card.name, 7, 2041, "1881")
	silent_world.arrive(*_about(silent_world, "payment_method.automatically_updated", card.name))
	silent_world.drain()
	card.reload()
	assert (card.exp_month, card.exp_year, card.last4) == (7, 2041, "1881")

	silent_world.gateway.call("payment_methods.detach", card.name)
	silent_world.arrive(*_about(silent_world, "payment_method.detached", card.name))
	silent_world.drain()
	card.reload()
	assert card.status == "Removed"


def _about(silent_world, type: str, object_id: str) -> list[dict]:
	told = [one for one in silent_world.emulator.events(type) if one["data"]["object"]["id"] == object_id]
	assert told, f"Stripe sent no {type} about {object_id}"
	return told


def _bank_account_status(name: str) -> str:
	frappe.db.rollback()
	return frappe.db.get_value("Stripe Bank Account", name, "status")


def test_several_workers_share_the_events_and_each_is_worked_on_once(silent_world):
	told = []
	for _ in range(6):
		payment = silent_world.new_payment(card="3ds_required")
		silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
		told += silent_world.events_of(payment, "payment_intent.succeeded")
	silent_world.arrive(*told)
	silent_world.emulator.clear_requests()
	task = json.dumps({"do": "drain"})
	workers = [
		subprocess.Popen([sys.executable, "-m", "tests.faults.killed_worker", task], cwd=REPO)
		for _ in range(3)
	]
	assert [worker.wait(120) for worker in workers] == [REACHED_THE_END] * 3
	rows = [silent_world.stored_event(one) for one in told]
	assert {(row.status, row.attempts) for row in rows} == {("Done", 1)}
	for row in rows:
		path = f"/v1/payment_intents/{row.object_id}"
		assert silent_world.emulator.count_requests(path=path, method="GET") == 1


def test_an_event_is_taken_behind_its_rows_lock(silent_world, monkeypatch):
	"""Between reading that nobody works on it and writing that somebody does."""
	held, write = [], process._write

	def look(event, **values):
		if values["status"] == "Working":
			held.append(is_locked("Stripe Event", event.name))
		return write(event, **values)

	monkeypatch.setattr(process, "_write", look)
	told = event("payment_intent.succeeded", payment_intent(metadata={"site": "elsewhere.example.com"}))
	silent_world.arrive(told)
	process.process_events()
	assert held and all(held)


def test_half_of_a_character_for_an_id_is_nobodys_fault(silent_world):
	half = {"id": "\ud800", "payment_intent": "\ud800", "customer": "\ud800"}
	told = [event(name, half) for name in HANDLERS]
	silent_world.arrive(*told)
	silent_world.drain()
	rows = [silent_world.stored_event(one) for one in told]
	assert "Ignored" in {row.status for row in rows}
	# Of a payout Stripe says that there is no such one.
	assert [row.outcome for row in rows if row.status == "Failed" and "NotFound" not in row.outcome] == []


def test_what_another_site_charged_says_so(silent_world):
	metadata = {"site": "elsewhere.example.com", "payment": "PAY-2026-00001"}
	foreign = event("payment_intent.succeeded", payment_intent(metadata=metadata))
	silent_world.arrive(foreign)
	silent_world.drain()
	assert "elsewhere.example.com" in silent_world.stored_event(foreign).outcome


def test_several_waiting_events_of_one_payment_are_answered_by_one_reading(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	intent = silent_world.payment(payment).payment_intent_id
	silent_world.emulator.complete_3ds(intent)
	events = silent_world.events_of(payment, "payment_intent.succeeded", "payment_intent.requires_action")
	copies = [{**told, "id": new_id("evt")} for told in events for _ in range(10)]
	silent_world.arrive(*copies)
	silent_world.emulator.clear_requests()
	silent_world.drain()
	assert {silent_world.stored_event(told).status for told in copies} == {"Done"}
	assert silent_world.emulator.count_requests(path=f"/v1/payment_intents/{intent}") == 1


def test_while_stripe_is_down_events_wait_without_being_counted(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	(told,) = silent_world.events_of(payment, "payment_intent.succeeded")
	silent_world.arrive(told)
	silent_world.emulator.fault("error_before", count=100)
	try:
		process.process_events()
	finally:
		silent_world.emulator.clear_faults()
	row = silent_world.stored_event(told)
	assert (row.status, row.attempts) == ("Received", 0)
	assert row.outcome.startswith("Waits") and row.next_attempt_at > now_datetime()

	frappe.db.set_value("Stripe Event", row.name, "next_attempt_at", now_datetime())
	frappe.db.commit()
	process.process_events()
	assert silent_world.stored_event(told).status == "Done"
	assert silent_world.payment(payment).status == "Succeeded"


def test_an_account_without_stripe_does_not_hold_up_another(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	(told,) = silent_world.events_of(payment, "payment_intent.succeeded")
	without_keys = frappe._dict(name=_account_without_keys(), mode="Test")
	waiting = event("refund.updated", {"object": "refund", "id": new_id("re"), "payment_intent": "pi_x"})
	receive.store(without_keys, waiting)
	frappe.db.commit()
	silent_world.arrive(told)
	process.process_events()
	assert silent_world.stored_event(told).status == "Done"
	assert silent_world.stored_event(waiting).status == "Received"
	assert "API keys" in silent_world.stored_event(waiting).outcome


def _account_without_keys() -> str:
	name = unique("Without Keys")
	frappe.get_doc(doctype="Stripe Account", name=name, account_name=name, mode="Test").db_insert()
	frappe.db.commit()
	return name


class Broken(Exception):
	pass


@pytest.fixture
def broken_handler(monkeypatch):
	"""A handler that fails as a fault of ours would."""

	def fail(_event):
		raise Broken("half-way with sk_test_emulator_us in hand")

	monkeypatch.setattr("stripe_service.webhooks.handlers.charge_changed", fail)


def test_a_fault_is_kept_retried_later_and_at_last_told_to_administrators(
	silent_world, broken_handler, make_user
):
	administrator = make_user(roles=["Stripe Administrator"])
	told = event("charge.updated", {"object": "charge", "id": new_id("ch")})
	silent_world.arrive(told)
	for attempt in range(1, process.MAX_ATTEMPTS + 1):
		process.process_events()
		row = silent_world.stored_event(told)
		assert (row.status, row.attempts) == ("Failed", attempt)
		assert "Broken" in row.outcome and "half-way" in row.traceback
		assert "sk_test_emulator_us" not in row.traceback + row.outcome
		if attempt < process.MAX_ATTEMPTS:
			assert row.next_attempt_at == pytest.approx(
				now_datetime() + process.WAITS[attempt - 1],
				abs=frappe.utils.datetime.timedelta(minutes=1),
			)
			assert not _notices(administrator, told)
			frappe.db.set_value("Stripe Event", row.name, "next_attempt_at", now_datetime())
			frappe.db.commit()
	assert row.next_attempt_at is None
	assert len(_notices(administrator, told)) == 1
	process.process_events()
	assert silent_world.stored_event(told).attempts == process.MAX_ATTEMPTS
	assert len(_notices(administrator, told)) == 1


def _notices(user: str, told: dict) -> list[str]:
	deliver_pending()
	filters = {"for_user": user, "document_type": "Stripe Event", "document_name": told["id"]}
	return frappe.get_all("Notification Log", filters, pluck="name")


def test_an_administrator_retries_a_failed_event_and_nobody_else(
	silent_world, broken_handler, make_user, as_user, monkeypatch
):
	from stripe_service.api import webhook

	told = event("charge.updated", {"object": "charge", "id": new_id("ch"), "payment_intent": None})
	silent_world.arrive(told)
	process.process_events()
	frappe.db.set_value("Stripe Event", told["id"], {"attempts": 8, "next_attempt_at": None})
	frappe.db.commit()
	monkeypatch.undo()

	with as_user(make_user(roles=["Stripe Reader", "Stripe Payer"])), pytest.raises(frappe.PermissionError):
		webhook.retry(told["id"])
	with as_user(make_user(roles=["Stripe Administrator"])):
		webhook.retry(told["id"])
	assert (silent_world.stored_event(told).status, silent_world.stored_event(told).attempts) == (
		"Received",
		0,
	)
	process.process_events()
	assert silent_world.stored_event(told).status == "Ignored"


def test_what_is_done_is_not_retried(silent_world, make_user, as_user):
	from stripe_service.api import webhook

	payment = silent_world.new_payment()
	(told,) = silent_world.events_of(payment, "payment_intent.succeeded")
	silent_world.arrive(told)
	process.process_events()
	assert silent_world.stored_event(told).status == "Done"
	with pytest.raises(frappe.ValidationError, match="Only failed and ignored"):
		webhook.retry(told["id"])


def test_an_event_whose_worker_was_killed_is_taken_up_when_its_lease_ends(silent_world):
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	(told,) = silent_world.events_of(payment, "payment_intent.succeeded")
	silent_world.arrive(told)
	# What a worker that claimed it and was killed leaves behind.
	lease = {"status": "Working", "attempts": 1, "next_attempt_at": add_to_date(now_datetime(), minutes=10)}
	frappe.db.set_value("Stripe Event", told["id"], lease)
	frappe.db.commit()
	process.process_events()
	assert silent_world.stored_event(told).status == "Working", "its worker may be alive"
	frappe.db.set_value(
		"Stripe Event", told["id"], "next_attempt_at", add_to_date(now_datetime(), seconds=-1)
	)
	frappe.db.commit()
	process.process_events()
	assert (silent_world.stored_event(told).status, silent_world.stored_event(told).attempts) == ("Done", 2)
	assert silent_world.payment(payment).status == "Succeeded"


def test_nobody_writes_or_renames_an_event(silent_world, make_user, as_user):
	told = event("charge.updated", {"object": "charge", "id": new_id("ch"), "metadata": {}})
	silent_world.arrive(told)
	with as_user(make_user(roles=["Stripe Administrator", "System Manager"])):
		row = frappe.get_doc("Stripe Event", told["id"])
		row.status = "Done"
		with pytest.raises(frappe.PermissionError):
			row.save()
		with pytest.raises(frappe.PermissionError):
			frappe.get_doc(doctype="Stripe Event", name="evt_forged", event_type="charge.updated").insert()


def test_payers_and_readers_do_not_see_events(silent_world, make_user):
	for roles in (["Stripe Payer"], ["Stripe Reader"], ["Stripe Viewer"], ["Invoice Payers"]):
		user = make_user(roles=roles)
		assert not frappe.has_permission("Stripe Event", "read", user=user), roles


def test_log_settings_prune_what_is_over_and_keep_what_waits(silent_world):
	from frappe.core.doctype.log_settings.log_settings import LogType

	from stripe_service.stripe_service.doctype.stripe_event.stripe_event import StripeEvent

	assert issubclass(StripeEvent, LogType)
	old = add_to_date(now_datetime(), days=-100)
	rows = {}
	for status, due in (
		("Done", None),
		("Ignored", None),
		("Failed", None),
		("Failed", old),
		("Received", old),
	):
		told = event("charge.updated", {"object": "charge", "id": new_id("ch"), "metadata": {}})
		silent_world.arrive(told)
		values = {"status": status, "next_attempt_at": due, "creation": old}
		frappe.db.set_value("Stripe Event", told["id"], values)
		rows[told["id"]] = due is not None
	fresh = event("charge.updated", {"object": "charge", "id": new_id("ch"), "metadata": {}})
	silent_world.arrive(fresh)
	frappe.db.set_value("Stripe Event", fresh["id"], {"status": "Done", "next_attempt_at": None})
	StripeEvent.clear_old_logs(days=90)
	frappe.db.commit()
	kept = {name: bool(frappe.db.exists("Stripe Event", name)) for name in rows}
	assert kept == rows
	assert frappe.db.exists("Stripe Event", fresh["id"])
	frappe.db.delete("Stripe Event", {"name": ["in", list(rows)]})
	frappe.db.commit()


def test_events_that_never_arrived_are_fetched_once(silent_world):
	silent_world.fetch_events()
	payment = silent_world.new_payment(card="3ds_required")
	silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	silent_world.emulator.advance(minutes=1)  # the fee is booked: no event is to come any more
	wanted = [told for told in silent_world.events_of(payment) if told["type"] in HANDLERS]
	arrived = wanted[0]
	silent_world.arrive(arrived)
	assert silent_world.fetch_events() >= len(wanted) - 1
	assert silent_world.fetch_events() == 0
	assert silent_world.stored_event(arrived).source == "Webhook"
	assert {silent_world.stored_event(told).source for told in wanted[1:]} == {"Fetched"}
	silent_world.drain()
	assert silent_world.payment(payment).status == "Succeeded"


def test_a_gap_before_the_last_event_is_found(silent_world):
	"""That a later event arrived says nothing about those before it."""
	silent_world.fetch_events()
	first, second = (
		silent_world.new_payment(card="3ds_required"),
		silent_world.new_payment(card="3ds_required"),
	)
	for payment in (first, second):
		silent_world.emulator.complete_3ds(silent_world.payment(payment).payment_intent_id)
	silent_world.arrive(*silent_world.events_of(second, "payment_intent.succeeded"))
	silent_world.drain()
	assert silent_world.payment(first).status == "Action Required"
	silent_world.fetch_events()
	silent_world.drain()
	assert silent_world.payment(first).status == "Succeeded"


def test_a_refund_begun_here_and_told_by_stripe_is_one_refund(silent_world):
	from stripe_service.payments.refund import refund

	payment = silent_world.new_payment()
	refund(payment, 4000)
	silent_world.arrive(*silent_world.events_of(payment, "charge.refunded", "refund.updated"))
	silent_world.drain()
	assert silent_world.payment(payment).refunded_minor == 4000


def test_an_intent_that_was_made_but_never_stored_is_left_to_the_reconciler_when_young(silent_world):
	payment = silent_world.claim()
	told = event("payment_intent.canceled", silent_world.create_unstored(payment))
	silent_world.arrive(told)
	silent_world.drain()
	assert silent_world.stored_event(told).status == "Done"
	assert not silent_world.payment(payment).payment_intent_id


def test_a_token_is_never_in_an_event(silent_world):
	token = confirmation_token(silent_world.url)
	payment = silent_world.new_payment()
	for told in silent_world.events_of(payment):
		silent_world.arrive(told)
		assert token not in (silent_world.stored_event(told).payload or "")
		assert "_secret_" not in (silent_world.stored_event(told).payload or "")
