"""What a document owes changes by more than payments: each change moves state, work item and surplus, and ends what waits at Stripe."""

import frappe
import pytest
from frappe.model.workflow import apply_workflow

from stripe_service.api import pay as pay_api
from stripe_service.api import refund as refund_api
from stripe_service.payables.guards import NotToBeSent
from stripe_service.payments import after_payment
from stripe_service.utils.notices import deliver_pending, stripe_administrators
from tests.site.support.payables import make_doctype, make_payable
from tests.support.jobs import queue_away
from tests.support.records import PASSWORD, enable_currency


def edit_total(world, total, invoice=None):
	invoice = world.reread(invoice)
	invoice.items[0].rate = total
	invoice.save()
	frappe.db.commit()


def act(world, action):
	apply_workflow(world.reread(), action)
	frappe.db.commit()


def facts(world, invoice=None) -> tuple:
	"""State, outstanding amount and the states of the open work items."""
	doc = world.reread(invoice)
	filters = {"reference_name": doc.name, "status": "Open"}
	return (
		doc.workflow_state,
		doc.outstanding_amount,
		frappe.get_all("Workflow Action", filters, pluck="workflow_state"),
	)


def surplus(*payments) -> list[int]:
	frappe.db.rollback()
	return [frappe.db.get_value("Invoice Payment", name, "unallocated_minor") for name in payments]


def notices(payment: str) -> list[str]:
	frappe.db.rollback()
	deliver_pending()
	return frappe.get_all("Notification Log", {"document_name": payment}, pluck="subject")


def test_a_total_cut_to_what_is_paid_is_paid_and_nobody_has_to_do_anything(world):
	world.pay("60.00")
	world.drain()
	assert facts(world) == ("Partly Paid", 40, ["Partly Paid"])

	edit_total(world, 60)
	world.drain()
	assert facts(world) == ("Paid", 0, [])


def test_a_total_cut_below_what_is_paid_leaves_a_surplus_that_is_marked_and_told(world):
	payment = world.pay("100.00")["payment"]
	world.drain()
	edit_total(world, 70)
	world.drain()

	row = frappe.get_doc("Invoice Payment", payment)
	assert (row.unallocated_minor, row.unallocated_amount) == (3000, 30)
	assert "30.00" in row.attention
	assert len(notices(payment)) == len(stripe_administrators())
	assert facts(world) == ("Paid", 0, [])

	after_payment.run(payment)
	assert len(notices(payment)) == len(stripe_administrators()), "told once"

	edit_total(world, 100)
	world.drain()
	row.reload()
	assert (row.unallocated_minor, row.unallocated_amount, row.attention) == (0, 0, None)


def test_a_surplus_that_is_refunded_is_one_no_more(world):
	payment = world.pay("100.00")["payment"]
	edit_total(world, 70)
	world.drain()
	assert surplus(payment) == [3000]
	refund_api.refund_payment(payment, "30.00")
	world.drain()
	assert surplus(payment) == [0]
	assert facts(world) == ("Paid", 0, [])


def test_the_surplus_of_two_payments_is_marked_once_on_the_newest_first(world):
	first = world.pay("60.00")["payment"]
	second = world.pay("40.00")["payment"]
	world.drain()
	edit_total(world, 80)
	world.drain()
	assert surplus(first, second) == [0, 2000]

	edit_total(world, 50)
	world.drain()
	assert surplus(first, second) == [1000, 4000]

	edit_total(world, 75)
	world.drain()
	assert surplus(first, second) == [0, 2500]


def test_two_payments_that_arrive_for_an_invoice_that_shrank_share_one_surplus(world):
	"""Each settles by itself, while the other's mark is there already."""
	first = world.pay("60.00", card="3ds_required")["payment"]
	second = world.pay("40.00", card="3ds_required")["payment"]
	edit_total(world, 80)
	for intent in world.intents():
		world.emulator.authenticate(intent["id"])
	with world.as_user(world.payer):
		for payment in (second, first):
			pay_api.finish(payment)
	assert sum(surplus(first, second)) == 2000
	world.drain()
	assert sum(surplus(first, second)) == 2000


def test_money_that_was_there_before_but_is_learnt_later_marks_the_newer_payment_and_tells(world):
	newer, older = (world.pay("50.00", card="3ds_required")["payment"] for _ in range(2))
	edit_total(world, 50)
	for payment in (older, newer):
		world.emulator.authenticate(frappe.db.get_value("Invoice Payment", payment, "payment_intent_id"))
		world.emulator.set_clock(world.emulator.now() + 60)
	with world.as_user(world.payer):
		for payment in (newer, older):
			pay_api.finish(payment)
	assert surplus(newer, older) == [5000, 0]
	assert len(notices(newer)) == len(stripe_administrators())
	world.drain()
	assert len(notices(newer)) == len(stripe_administrators()), "told once"


def test_a_total_raised_after_paid_is_due_again_with_a_work_item(world):
	world.pay("100.00")
	world.drain()
	assert facts(world) == ("Paid", 0, [])
	edit_total(world, 130)
	world.drain()
	assert facts(world) == ("Partly Paid", 30, ["Partly Paid"])
	world.pay("30.00")
	world.drain()
	assert facts(world) == ("Paid", 0, [])


def test_cancel_and_reopen_of_a_partly_paid_invoice_is_partly_paid(world):
	payment = world.pay("60.00")["payment"]
	world.drain()
	act(world, "Cancel")
	world.drain()
	assert surplus(payment) == [6000]
	assert facts(world)[0] == "Cancelled"

	act(world, "Reopen")
	act(world, "Send for Payment")
	world.drain()
	assert facts(world) == ("Partly Paid", 40, ["Partly Paid"])
	assert surplus(payment) == [0]


def test_cancelling_cancels_what_waits_for_3d_secure(world):
	payment = world.pay(card="3ds_required")["payment"]
	act(world, "Cancel")
	world.drain()
	assert frappe.db.get_value("Invoice Payment", payment, "status") == "Cancelled"
	assert [intent["status"] for intent in world.intents()] == ["canceled"]
	assert world.reread().reserved_amount == 0


def test_money_that_comes_all_the_same_is_a_surplus_and_the_payer_reads_the_truth(world):
	payment = world.pay(card="3ds_required")["payment"]
	act(world, "Cancel")
	world.emulator.authenticate(world.intents()[0]["id"])  # faster than the cancellation
	with world.as_user(world.payer):
		outcome = pay_api.finish(payment)
	assert outcome["outcome"] == "paid"
	assert "no longer owed" in outcome["message"] and "Thank you" not in outcome["message"]
	world.drain()
	assert surplus(payment) == [10000]
	assert facts(world)[0] == "Cancelled"
	assert any("100.00" in notice for notice in notices(payment))


def test_a_smaller_total_cancels_only_what_is_no_longer_owed_newest_first(world):
	older = world.pay("40.00", card="3ds_required")["payment"]
	newer = world.pay("60.00", card="3ds_required")["payment"]
	edit_total(world, 45)
	world.drain()
	assert frappe.db.get_value("Invoice Payment", newer, "status") == "Cancelled"
	assert frappe.db.get_value("Invoice Payment", older, "status") == "Action Required"
	assert world.reread().reserved_amount == 40


def test_a_debit_under_way_is_left_alone(world):
	payment = world.pay_by_ach(world.add_bank_account())["payment"]
	act(world, "Cancel")
	world.drain()
	assert frappe.db.get_value("Invoice Payment", payment, "status") == "Processing"


def test_what_stripe_could_not_cancel_is_tried_again(world):
	payment = world.pay(card="3ds_required")["payment"]
	world.emulator.fault("refuse", path="/v1/payment_intents/*/cancel", count=100)
	act(world, "Cancel")
	world.drain()
	row = frappe.get_doc("Invoice Payment", payment)
	assert (row.status, row.after_payment_status) == ("Action Required", "Failed")
	world.emulator.clear_faults()
	long_ago = frappe.utils.add_days(frappe.utils.now_datetime(), -1)
	frappe.db.set_value("Invoice Payment", payment, "modified", long_ago, update_modified=False)
	frappe.db.commit()
	after_payment.run_pending()
	assert frappe.db.get_value("Invoice Payment", payment, "status") == "Cancelled"


def test_with_the_queue_away_the_sweep_does_it(world):
	world.pay("60.00")
	world.drain()
	with queue_away():
		edit_total(world, 60)
	assert facts(world)[0] == "Partly Paid"
	after_payment.run_pending()
	assert facts(world) == ("Paid", 0, [])


def test_an_edit_that_changes_nothing_owed_runs_nothing(world):
	payment = world.pay("60.00")["payment"]
	world.drain()
	invoice = world.reread()
	invoice.title = "A clearer title"
	invoice.save()
	frappe.db.commit()
	assert frappe.db.get_value("Invoice Payment", payment, "after_payment_status") == "Done"


def test_a_document_that_waits_in_a_state_of_the_designers_stays_there_while_nothing_is_paid(world):
	doc = a_fee(fee_doctype(), 40)
	world.pay("30.00", invoice=doc, card="3ds_required")
	doc.reload().update({"status": "Reminded", "fee": 50})
	doc.save()
	frappe.db.commit()
	world.drain()
	assert doc.reload().status == "Reminded"


def test_an_invoice_of_nothing_is_not_sent_for_payment(world):
	draft = world.make_invoice(total="0.00", state="Draft")
	with pytest.raises(NotToBeSent, match="nothing to pay"):
		apply_workflow(draft, "Send for Payment")
	frappe.db.rollback()
	assert facts(world, draft)[0] == "Draft"


def test_an_invoice_that_was_sent_is_not_emptied_unless_it_was_paid(world):
	with pytest.raises(NotToBeSent, match="nothing to pay"):
		edit_total(world, 0)
	frappe.db.rollback()
	payment = world.pay("60.00")["payment"]
	world.drain()
	edit_total(world, 0)
	world.drain()
	assert facts(world) == ("Paid", 0, [])
	assert surplus(payment) == [6000]


@pytest.mark.parametrize(
	"currency, total, advice", [("KWD", "10.125", "10.120.*10.130"), ("ISK", "100.50", "100.00.*101.00")]
)
def test_a_total_between_the_steps_that_stripe_takes_is_not_sent(world, currency, total, advice):
	draft = world.make_invoice(total=total, currency=currency, state="Draft")
	with pytest.raises(NotToBeSent, match=advice):
		apply_workflow(draft, "Send for Payment")


def test_the_currency_of_any_payable_document_stays_once_money_is_claimed(world, make_payer):
	doctype = fee_doctype()
	doc = a_fee(doctype, 40)
	enable_currency("JPY")
	assert world.pay("40.00", invoice=doc, card="declined")["outcome"] == "failed"
	doc.reload().update({"money": "JPY", "fee": 4000})
	doc.save()
	doc.update({"money": "USD", "fee": 40})
	doc.save()
	frappe.db.commit()

	assert world.pay("30.00", invoice=doc)["outcome"] == "paid"
	doc.reload().update({"money": "JPY", "fee": 4000})
	with pytest.raises(frappe.ValidationError, match="currency cannot change"):
		doc.save()


def test_the_currency_stays_for_a_claim_that_this_transaction_can_not_see_yet(world):
	doctype = fee_doctype()
	doc = a_fee(doctype, 40)
	with old_snapshot():
		in_another_process(world, lambda: world.pay("30.00", invoice=doc))
		doc.money = "JPY"
		enable_currency("JPY")
		with pytest.raises(frappe.ValidationError, match="currency cannot change"):
			doc.save()
	frappe.db.rollback()


@pytest.mark.parametrize("card", ["visa", "declined", "3ds_required"])
def test_a_document_with_payments_is_not_deleted_whatever_became_of_them(world, card):
	doc = a_fee(fee_doctype(), 40)
	world.pay("30.00", invoice=doc, card=card)
	for flags in ({}, {"force": True}):
		with pytest.raises(frappe.LinkExistsError, match="has payments"):
			frappe.delete_doc(doc.doctype, doc.name, **flags)
		frappe.db.rollback()


def test_a_deletion_beside_a_payment_is_answered_in_words(world, http, make_user):
	"""Frappe does not wait for the lock on the row, and answers HTTP 500."""
	clerk = make_user(roles=["Stripe Administrator"], unit=world.unit, password=PASSWORD)
	session = http.login(clerk, PASSWORD)
	name = world.invoice.name
	resource = f"{http.address}/api/resource/Portal Invoice/{name}"
	frappe.db.commit()
	frappe.get_doc("Portal Invoice", name, for_update=True)  # as a claim holds it
	answers = [
		session.call("frappe.client.delete", doctype="Portal Invoice", name=name),
		session.session.delete(resource, timeout=60),
		session.session.delete(resource.replace("/resource/", "/v2/document/") + "/", timeout=60),
	]
	frappe.db.rollback()
	for answer in answers:
		assert answer.status_code == 409, answer.text[-500:]
		assert "Please try again" in answer.text and "QueryTimeout" not in answer.text
	assert session.session.delete(resource, timeout=60).status_code == 202


def test_what_is_none_of_ours_is_answered_as_frappe_does(world, http):
	session = http.login(world.payer, PASSWORD)
	todo = frappe.get_doc(
		doctype="ToDo", description="x", allocated_to=world.payer, owner=world.payer
	).insert()
	frappe.db.set_value("ToDo", todo.name, "owner", world.payer)
	frappe.db.commit()
	frappe.get_doc("ToDo", todo.name, for_update=True)
	answer = session.call("frappe.client.delete", doctype="ToDo", name=todo.name)
	frappe.db.rollback()
	assert answer.json()["exc_type"] == "QueryTimeoutError"


# An amended document takes over the payments of the one it replaces


def test_an_amendment_counts_what_was_paid_for_the_document_it_replaces(world):
	doc = a_fee(fee_doctype(submittable=True), 100)
	doc.submit()
	frappe.db.commit()
	payment = world.pay("60.00", invoice=doc)["payment"]
	world.drain()
	doc.reload().cancel()
	frappe.db.commit()
	world.drain()
	assert surplus(payment) == [6000]

	amended = frappe.copy_doc(doc)
	amended.update({"amended_from": doc.name, "docstatus": 0, "fee": 90, "status": "Open"})
	amended.insert()
	frappe.db.commit()
	world.drain()
	assert (
		frappe.db.get_value("Invoice Payment", payment, "reference_name") == doc.name
	), "not before it is submitted"

	amended.submit()
	frappe.db.commit()
	world.drain()
	frappe.db.rollback()
	assert frappe.db.get_value("Invoice Payment", payment, "reference_name") == amended.name
	assert surplus(payment) == [0]
	amended.reload()
	assert (amended.still_due, amended.status) == (30, "Part")
	assert frappe.db.exists("Comment", {"reference_name": payment, "content": ("like", f"%{doc.name}%")})
	refund_api.refund_payment(payment, "10.00")
	world.drain()
	assert amended.reload().still_due == 40


def test_a_payment_that_settles_after_the_amendment_is_taken_over_too(world):
	doc = a_fee(fee_doctype(submittable=True), 100)
	doc.submit()
	frappe.db.commit()
	payment = world.pay("60.00", invoice=doc, card="3ds_required")["payment"]
	doc.reload().cancel()
	amended = frappe.copy_doc(doc)
	amended.update({"amended_from": doc.name, "docstatus": 0, "status": "Open"})
	amended.insert().submit()
	frappe.db.commit()
	intent = frappe.db.get_value("Invoice Payment", payment, "payment_intent_id")
	world.emulator.authenticate(intent)
	with world.as_user(world.payer):
		pay_api.finish(payment)
	world.drain()
	assert frappe.db.get_value("Invoice Payment", payment, "reference_name") == amended.name
	assert amended.reload().still_due == 40


# In transactions of other people


def test_a_save_in_an_old_snapshot_shows_what_was_paid_since(world):
	"""At REPEATABLE READ a plain sum would show what was paid when the transaction began."""
	with old_snapshot():
		assert frappe.db.count("Invoice Payment", {"reference_name": world.invoice.name}) == 0
		in_another_process(world, lambda: world.pay("30.00"))
		assert (
			frappe.db.count("Invoice Payment", {"reference_name": world.invoice.name}) == 0
		), "the snapshot is old"
		invoice = frappe.get_doc("Portal Invoice", world.invoice.name, for_update=True)
		invoice.title = "Saved meanwhile"
		invoice.save()
		assert (invoice.paid_amount, invoice.outstanding_amount) == (30, 70)
		frappe.db.commit()
	assert (world.reread().paid_amount, world.reread().outstanding_amount) == (30, 70)


def test_paid_is_not_reached_by_money_that_has_gone_back_since(world):
	payment = world.pay("100.00")["payment"]
	with old_snapshot():
		assert frappe.db.get_value("Invoice Payment", payment, "settled_minor") == 10000
		in_another_process(world, lambda: refund_api.refund_payment(payment))
		assert (
			frappe.db.get_value("Invoice Payment", payment, "settled_minor") == 10000
		), "the snapshot is old"
		invoice = frappe.get_doc("Portal Invoice", world.invoice.name, for_update=True)
		invoice.workflow_state = "Paid"
		with pytest.raises(frappe.ValidationError, match="no settled payment"):
			invoice.save()
	frappe.db.rollback()


def test_a_claim_sees_what_was_claimed_while_it_waited_for_the_lock(world, monkeypatch):
	"""Its first read may be long before the lock is had."""
	from stripe_service.payments import claim

	request = claim.PayRequest("Portal Invoice", world.invoice.name, "80.00", "card", world.payer)
	colleague, lock = world.make_payer(), claim._lock

	def wait_for_the_lock(*args):
		frappe.db.count("Invoice Payment", {"reference_name": world.invoice.name})  # begins the snapshot
		monkeypatch.setattr(claim, "_lock", lock)
		in_another_process(world, lambda: world.pay("80.00", user=colleague))
		return lock(*args)

	frappe.db.commit()
	monkeypatch.setattr(claim, "_lock", wait_for_the_lock)
	with pytest.raises(claim.limits.AmountRefused, match="At most"):
		claim.claim(request)
	assert world.received_minor() == 8000


# Support


class old_snapshot:
	"""A transaction whose snapshot is taken now; whoever runs in it is an ordinary request at REPEATABLE READ."""

	def __enter__(self):
		frappe.db.commit()
		frappe.db.sql("select count(*) from `tabPortal Invoice`")

	def __exit__(self, *failure):
		frappe.db.rollback()


def in_another_process(world, work):
	"""Run `work` on a connection of its own and commit, as another request does; this one's transaction stays open."""
	here, frappe.local.db = frappe.local.db, frappe.database.get_db(
		host=frappe.local.db.host, port=frappe.local.db.port, user=frappe.local.db.user,
		password=frappe.local.db.password, cur_db_name=frappe.local.db.cur_db_name,
	)  # fmt: skip
	try:
		frappe.db.connect()
		result = work()
		frappe.db.commit()
		return result
	finally:
		frappe.local.db.close()
		frappe.local.db = here


def fee_doctype(submittable: bool = False) -> str:
	"""A payable DocType of a designer's; submittable with an amendment."""
	fields = [
		{"fieldname": "money", "label": "Money", "fieldtype": "Link", "options": "Currency"},
		{"fieldname": "fee", "label": "Fee", "fieldtype": "Currency", "options": "money"},
		{"fieldname": "still_due", "label": "Still Due", "fieldtype": "Currency", "options": "money", "allow_on_submit": 1},
		{
			"fieldname": "status", "label": "Status", "fieldtype": "Select", "options": "Open\nReminded\nPart\nPaid\nOff",
			"allow_on_submit": 1,
		},
	]  # fmt: skip
	doctype = make_doctype(fields, read_by="Invoice Payers", is_submittable=int(submittable))
	if submittable:
		meta = frappe.get_doc("DocType", doctype)
		if not any(field.fieldname == "amended_from" for field in meta.fields):
			meta.append(
				"fields",
				{
					"fieldname": "amended_from",
					"label": "Amended From",
					"fieldtype": "Link",
					"options": doctype,
					"no_copy": 1,
				},
			)
			meta.save()
	make_payable(
		doctype,
		currency_fieldname="money",
		total_fieldname="fee",
		outstanding_fieldname="still_due",
		status_fieldname="status",
		payable_statuses="Open\nReminded\nPart",
		void_statuses="Off",
		status_partly_paid="Part",
		status_paid="Paid",
		status_to_be_paid="Open",
		docstatus_required="Submitted" if submittable else "Any",
	)
	return doctype


def a_fee(doctype: str, fee: float):
	doc = frappe.get_doc(doctype=doctype, money="USD", fee=fee, status="Open").insert()
	frappe.db.commit()
	return doc
