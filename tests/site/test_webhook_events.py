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
from tests.support.cards import confirmation_token
from tests.support.emulator import REPO
from tests.support.records import unique
from tests.support.shop import ACCOUNT
from tests.support.stripe_objects import event, new_id, payment_intent
from tests.support.webhooks import listening


def test_every_type_that_the_endpoint_is_registered_for_has_a_handler():
	assert set(EVENT_TYPES) == set(HANDLERS)
	for handler in HANDLERS.values():
		assert callable(frappe.get_attr(handler)), handler


def test_stripe_delivers_to_this_site_and_the_payment_follows(shop, http):
	"""The whole way: the emulator signs and posts, gunicorn stores, the drain reads from Stripe."""
	shop.emulator.clear_webhook_rules()
	with listening(ACCOUNT, http, shop.gateway):
		payment = shop.pay(card="3ds_required")
		assert shop.payment(payment).status == "Action Required"
		shop.emulator.complete_3ds(shop.payment(payment).payment_intent_id)
		assert shop.emulator.flush_webhooks() == 0
	shop.drain()
	assert shop.payment(payment).status == "Succeeded"
	(told,) = shop.events_of(payment, "payment_intent.succeeded")
	row = shop.row(told)
	assert (row.status, row.attempts, row.source) == ("Done", 1, "Webhook")
	assert row.outcome == f"{payment}: Succeeded"
	assert frappe.db.get_value("Stripe Account", ACCOUNT, "last_event_at")


def test_the_fee_is_booked_when_stripe_has_booked_it(shop):
	payment = shop.pay()
	assert not shop.payment(payment).balance_transaction_id
	shop.emulator.advance(hours=1)
	(told,) = shop.events_of(payment, "charge.updated")
	shop.arrive(told)
	shop.drain()
	booked = shop.payment(payment)
	assert booked.balance_transaction_id.startswith("txn_")
	assert float(booked.stripe_fee) + float(booked.net_amount) == pytest.approx(100)


def test_an_old_event_does_not_undo_a_newer_state(shop):
	payment = shop.pay(card="3ds_required")
	intent = shop.payment(payment).payment_intent_id
	shop.emulator.complete_3ds(intent)
	events = shop.events_of(payment, "payment_intent.succeeded", "payment_intent.requires_action")
	assert len(events) == 2
	shop.arrive(*reversed(events))
	shop.drain()
	assert shop.payment(payment).status == "Succeeded"
	assert {shop.row(told).status for told in events} == {"Done"}


def test_a_refund_on_stripes_dashboard_reaches_the_payment(shop):
	payment = shop.pay()
	shop.gateway.call(
		"refunds.create", params={"payment_intent": shop.payment(payment).payment_intent_id, "amount": 2500}
	)
	shop.arrive(*shop.events_of(payment, "charge.refunded", "refund.updated"))
	shop.drain()
	assert shop.payment(payment).status == "Partly Refunded"
	assert shop.payment(payment).refunded_minor == 2500


def test_a_dispute_and_its_end_reach_the_payment(shop):
	payment = shop.pay()
	dispute = shop.emulator.dispute(shop.payment(payment).payment_intent_id)
	shop.arrive(*shop.events_of(payment, "charge.dispute.created"))
	shop.drain()
	disputed = shop.payment(payment)
	assert (disputed.status, disputed.settled_minor) == ("Disputed", 0)

	shop.emulator.close_dispute(dispute["dispute"], "won")
	shop.arrive(*shop.events_of(payment, "charge.dispute.closed"))
	shop.drain()
	won = shop.payment(payment)
	assert (won.status, won.settled_minor) == ("Succeeded", 10000)


def test_a_payout_says_which_payments_it_paid(shop):
	payment = shop.pay()
	shop.emulator.advance(days=3)
	payout = shop.emulator.payout()
	shop.emulator.advance(days=3)
	done = [told for told in shop.emulator.events("payout.reconciliation_completed")]
	assert done, f"the emulator did not reconcile {payout}"
	shop.arrive(*done)
	shop.drain()
	assert shop.payment(payment).payout_id == payout["payout"]
	assert {shop.row(told).status for told in done} == {"Done"}


def test_a_customer_deleted_at_stripe_is_marked(shop):
	payment = shop.pay()
	customer = shop.payment(payment).stripe_customer
	shop.gateway.call("customers.delete", customer)
	(told,) = (
		told for told in shop.emulator.events("customer.deleted") if told["data"]["object"]["id"] == customer
	)
	shop.arrive(told)
	shop.drain()
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
def test_what_is_none_of_ours_is_ignored_with_a_reason(shop, type, told):
	foreign = event(type, {"id": new_id("obj"), **told})
	shop.arrive(foreign)
	shop.drain()
	row = shop.row(foreign)
	assert (row.status, row.traceback) == ("Ignored", None), (row.outcome, row.traceback)
	assert row.outcome and row.processed_at and not row.next_attempt_at


def test_micro_deposits_that_were_verified_elsewhere_make_the_bank_account_usable(shop, scene):
	name = scene.add_bank_account(linked=False)
	setup_intent = frappe.db.get_value("Stripe Bank Account", name, "setup_intent_id")
	assert frappe.db.get_value("Stripe Bank Account", name, "status") == "Verification Pending"
	shop.gateway.call(
		"setup_intents.verify_microdeposits", setup_intent, params={"descriptor_code": "SM11AA"}
	)
	shop.arrive(*_about(shop, "setup_intent.succeeded", setup_intent))
	shop.drain()
	assert _bank_account_status(name) == "Verified"


def test_a_bank_account_that_stripe_blocks_can_not_pay(shop, scene):
	name = scene.add_bank_account()
	method = frappe.db.get_value("Stripe Bank Account", name, "payment_method_id")
	shop.emulator.block_bank_account(method)
	shop.arrive(*_about(shop, "payment_method.automatically_updated", method))
	shop.drain()
	assert _bank_account_status(name) == "Blocked"


def test_a_mandate_that_ended_is_noticed(shop, scene):
	name = scene.add_bank_account()
	mandate = frappe.db.get_value("Stripe Bank Account", name, "mandate_id")
	assert mandate
	shop.emulator.end_mandate(mandate)
	told = _about(shop, "mandate.updated", mandate)
	shop.arrive(*told)
	shop.drain()
	assert {shop.row(one).status for one in told} == {"Done"}
	assert _bank_account_status(name) != "Verified", "a debit without a mandate is refused by Stripe"


def test_a_renewed_card_and_a_removed_one_are_noticed(shop, scene):
	scene.pay("50.00", save=1)
	scene.drain()
	card = frappe.get_last_doc("Saved Card", {"user": scene.payer})
	shop.emulator.update_card(card.name, 7, 2041, "1881")
	shop.arrive(*_about(shop, "payment_method.automatically_updated", card.name))
	shop.drain()
	card.reload()
	assert (card.exp_month, card.exp_year, card.last4) == (7, 2041, "1881")

	shop.gateway.call("payment_methods.detach", card.name)
	shop.arrive(*_about(shop, "payment_method.detached", card.name))
	shop.drain()
	card.reload()
	assert card.status == "Removed"


def _about(shop, type: str, object_id: str) -> list[dict]:
	told = [one for one in shop.emulator.events(type) if one["data"]["object"]["id"] == object_id]
	assert told, f"Stripe sent no {type} about {object_id}"
	return told


def _bank_account_status(name: str) -> str:
	frappe.db.rollback()
	return frappe.db.get_value("Stripe Bank Account", name, "status")


def test_several_workers_share_the_events_and_each_is_worked_on_once(shop):
	told = []
	for _ in range(6):
		payment = shop.pay(card="3ds_required")
		shop.emulator.complete_3ds(shop.payment(payment).payment_intent_id)
		told += shop.events_of(payment, "payment_intent.succeeded")
	shop.arrive(*told)
	shop.emulator.clear_requests()
	task = json.dumps({"do": "drain"})
	workers = [
		subprocess.Popen([sys.executable, "-m", "tests.faults.killed_worker", task], cwd=REPO)
		for _ in range(3)
	]
	assert [worker.wait(120) for worker in workers] == [REACHED_THE_END] * 3
	rows = [shop.row(one) for one in told]
	assert {(row.status, row.attempts) for row in rows} == {("Done", 1)}
	for row in rows:
		path = f"/v1/payment_intents/{row.object_id}"
		assert shop.emulator.count_requests(path=path, method="GET") == 1


def test_what_another_site_charged_says_so(shop):
	metadata = {"site": "elsewhere.example.com", "payment": "PAY-2026-00001"}
	foreign = event("payment_intent.succeeded", payment_intent(metadata=metadata))
	shop.arrive(foreign)
	shop.drain()
	assert "elsewhere.example.com" in shop.row(foreign).outcome


def test_several_waiting_events_of_one_payment_are_answered_by_one_reading(shop):
	payment = shop.pay(card="3ds_required")
	intent = shop.payment(payment).payment_intent_id
	shop.emulator.complete_3ds(intent)
	events = shop.events_of(payment, "payment_intent.succeeded", "payment_intent.requires_action")
	copies = [{**told, "id": new_id("evt")} for told in events for _ in range(10)]
	shop.arrive(*copies)
	shop.emulator.clear_requests()
	shop.drain()
	assert {shop.row(told).status for told in copies} == {"Done"}
	assert shop.emulator.count_requests(path=f"/v1/payment_intents/{intent}") == 1


def test_while_stripe_is_down_events_wait_without_being_counted(shop):
	payment = shop.pay(card="3ds_required")
	shop.emulator.complete_3ds(shop.payment(payment).payment_intent_id)
	(told,) = shop.events_of(payment, "payment_intent.succeeded")
	shop.arrive(told)
	shop.emulator.fault("error_before", count=100)
	try:
		process.process_events()
	finally:
		shop.emulator.clear_faults()
	row = shop.row(told)
	assert (row.status, row.attempts) == ("Received", 0)
	assert row.outcome.startswith("Waits") and row.next_attempt_at > now_datetime()

	frappe.db.set_value("Stripe Event", row.name, "next_attempt_at", now_datetime())
	frappe.db.commit()
	process.process_events()
	assert shop.row(told).status == "Done"
	assert shop.payment(payment).status == "Succeeded"


def test_an_account_without_stripe_does_not_hold_up_another(shop):
	payment = shop.pay(card="3ds_required")
	shop.emulator.complete_3ds(shop.payment(payment).payment_intent_id)
	(told,) = shop.events_of(payment, "payment_intent.succeeded")
	without_keys = frappe._dict(name=_account_without_keys(), mode="Test")
	waiting = event("refund.updated", {"object": "refund", "id": new_id("re"), "payment_intent": "pi_x"})
	receive.store(without_keys, waiting)
	frappe.db.commit()
	shop.arrive(told)
	process.process_events()
	assert shop.row(told).status == "Done"
	assert shop.row(waiting).status == "Received"
	assert "API keys" in shop.row(waiting).outcome


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


def test_a_fault_is_kept_retried_later_and_at_last_told_to_administrators(shop, broken_handler, make_user):
	administrator = make_user(roles=["Stripe Administrator"])
	told = event("charge.updated", {"object": "charge", "id": new_id("ch")})
	shop.arrive(told)
	for attempt in range(1, process.MAX_ATTEMPTS + 1):
		process.process_events()
		row = shop.row(told)
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
	assert shop.row(told).attempts == process.MAX_ATTEMPTS
	assert len(_notices(administrator, told)) == 1


def _notices(user: str, told: dict) -> list[str]:
	deliver_pending()
	filters = {"for_user": user, "document_type": "Stripe Event", "document_name": told["id"]}
	return frappe.get_all("Notification Log", filters, pluck="name")


def test_an_administrator_retries_a_failed_event_and_nobody_else(
	shop, broken_handler, make_user, as_user, monkeypatch
):
	from stripe_service.api import webhook

	told = event("charge.updated", {"object": "charge", "id": new_id("ch"), "payment_intent": None})
	shop.arrive(told)
	process.process_events()
	frappe.db.set_value("Stripe Event", told["id"], {"attempts": 8, "next_attempt_at": None})
	frappe.db.commit()
	monkeypatch.undo()

	with as_user(make_user(roles=["Stripe Reader", "Stripe Payer"])), pytest.raises(frappe.PermissionError):
		webhook.retry(told["id"])
	with as_user(make_user(roles=["Stripe Administrator"])):
		webhook.retry(told["id"])
	assert (shop.row(told).status, shop.row(told).attempts) == ("Received", 0)
	process.process_events()
	assert shop.row(told).status == "Ignored"


def test_what_is_done_is_not_retried(shop, make_user, as_user):
	from stripe_service.api import webhook

	payment = shop.pay()
	(told,) = shop.events_of(payment, "payment_intent.succeeded")
	shop.arrive(told)
	process.process_events()
	assert shop.row(told).status == "Done"
	with pytest.raises(frappe.ValidationError, match="Only failed and ignored"):
		webhook.retry(told["id"])


def test_an_event_whose_worker_was_killed_is_taken_up_when_its_lease_ends(shop):
	payment = shop.pay(card="3ds_required")
	shop.emulator.complete_3ds(shop.payment(payment).payment_intent_id)
	(told,) = shop.events_of(payment, "payment_intent.succeeded")
	shop.arrive(told)
	# What a worker that claimed it and was killed leaves behind.
	lease = {"status": "Working", "attempts": 1, "next_attempt_at": add_to_date(now_datetime(), minutes=10)}
	frappe.db.set_value("Stripe Event", told["id"], lease)
	frappe.db.commit()
	process.process_events()
	assert shop.row(told).status == "Working", "its worker may be alive"
	frappe.db.set_value(
		"Stripe Event", told["id"], "next_attempt_at", add_to_date(now_datetime(), seconds=-1)
	)
	frappe.db.commit()
	process.process_events()
	assert (shop.row(told).status, shop.row(told).attempts) == ("Done", 2)
	assert shop.payment(payment).status == "Succeeded"


def test_nobody_writes_or_renames_an_event(shop, make_user, as_user):
	told = event("charge.updated", {"object": "charge", "id": new_id("ch"), "metadata": {}})
	shop.arrive(told)
	with as_user(make_user(roles=["Stripe Administrator", "System Manager"])):
		row = frappe.get_doc("Stripe Event", told["id"])
		row.status = "Done"
		with pytest.raises(frappe.PermissionError):
			row.save()
		with pytest.raises(frappe.PermissionError):
			frappe.get_doc(doctype="Stripe Event", name="evt_forged", event_type="charge.updated").insert()


def test_payers_and_readers_do_not_see_events(shop, make_user):
	for roles in (["Stripe Payer"], ["Stripe Reader"], ["Stripe Viewer"], ["Invoice Payers"]):
		user = make_user(roles=roles)
		assert not frappe.has_permission("Stripe Event", "read", user=user), roles


def test_log_settings_prune_what_is_over_and_keep_what_waits(shop):
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
		shop.arrive(told)
		values = {"status": status, "next_attempt_at": due, "creation": old}
		frappe.db.set_value("Stripe Event", told["id"], values)
		rows[told["id"]] = due is not None
	fresh = event("charge.updated", {"object": "charge", "id": new_id("ch"), "metadata": {}})
	shop.arrive(fresh)
	frappe.db.set_value("Stripe Event", fresh["id"], {"status": "Done", "next_attempt_at": None})
	StripeEvent.clear_old_logs(days=90)
	frappe.db.commit()
	kept = {name: bool(frappe.db.exists("Stripe Event", name)) for name in rows}
	assert kept == rows
	assert frappe.db.exists("Stripe Event", fresh["id"])
	frappe.db.delete("Stripe Event", {"name": ["in", list(rows)]})
	frappe.db.commit()


def test_events_that_never_arrived_are_fetched_once(shop):
	shop.fetch()
	payment = shop.pay(card="3ds_required")
	shop.emulator.complete_3ds(shop.payment(payment).payment_intent_id)
	shop.emulator.advance(minutes=1)  # the fee is booked: no event is to come any more
	wanted = [told for told in shop.events_of(payment) if told["type"] in HANDLERS]
	arrived = wanted[0]
	shop.arrive(arrived)
	assert shop.fetch() >= len(wanted) - 1
	assert shop.fetch() == 0
	assert shop.row(arrived).source == "Webhook"
	assert {shop.row(told).source for told in wanted[1:]} == {"Fetched"}
	shop.drain()
	assert shop.payment(payment).status == "Succeeded"


def test_a_gap_before_the_last_event_is_found(shop):
	"""That a later event arrived says nothing about those before it."""
	shop.fetch()
	first, second = shop.pay(card="3ds_required"), shop.pay(card="3ds_required")
	for payment in (first, second):
		shop.emulator.complete_3ds(shop.payment(payment).payment_intent_id)
	shop.arrive(*shop.events_of(second, "payment_intent.succeeded"))
	shop.drain()
	assert shop.payment(first).status == "Action Required"
	shop.fetch()
	shop.drain()
	assert shop.payment(first).status == "Succeeded"


def test_a_refund_begun_here_and_told_by_stripe_is_one_refund(shop):
	from stripe_service.payments.refund import refund

	payment = shop.pay()
	refund(payment, 4000)
	shop.arrive(*shop.events_of(payment, "charge.refunded", "refund.updated"))
	shop.drain()
	assert shop.payment(payment).refunded_minor == 4000


def test_an_intent_that_was_made_but_never_stored_is_left_to_the_reconciler_when_young(shop):
	payment = shop.claim()
	told = event("payment_intent.canceled", shop.create_unstored(payment))
	shop.arrive(told)
	shop.drain()
	assert shop.row(told).status == "Done"
	assert not shop.payment(payment).payment_intent_id


def test_a_token_is_never_in_an_event(shop):
	token = confirmation_token(shop.url)
	payment = shop.pay()
	for told in shop.events_of(payment):
		shop.arrive(told)
		assert token not in (shop.row(told).payload or "")
		assert "_secret_" not in (shop.row(told).payload or "")
