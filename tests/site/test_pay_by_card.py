"""A payer pays an invoice by card, and everything that can come between."""

import time

import frappe
import pytest
import requests

from stripe_service.api import pay as pay_api
from stripe_service.payables.payable import NotPayable
from stripe_service.payments.limits import AmountRefused
from stripe_service.payments.new_card import CardRefused
from stripe_service.payments.settle import settle_intent
from tests.support.paying import confirmation_token
from tests.support.records import PASSWORD, unique


def test_a_new_card_pays_the_invoice_and_it_is_paid(world):
	outcome = world.pay()

	assert outcome["outcome"] == "paid", outcome
	assert outcome["method_label"] == "VISA •••• 4242"
	assert outcome["receipt_url"].startswith("http")
	assert world.reread().outstanding_amount == 0
	world.drain()
	invoice = world.reread()
	assert invoice.workflow_state == "Paid"
	assert invoice.paid_amount == 100
	assert world.received_minor() == 10000
	payment = frappe.get_doc("Invoice Payment", outcome["payment"])
	assert (payment.status, payment.user, payment.settled_minor) == ("Succeeded", world.payer, 10000)
	assert payment.after_payment_status == "Done"


@pytest.mark.parametrize(
	"card, name",
	[
		("visa", "VISA"),
		("mastercard", "MasterCard"),
		("amex", "American Express"),
		("discover", "Discover"),
		("diners", "Diners Club"),
		("jcb", "JCB"),
	],
)
def test_each_of_the_six_brands_is_taken_and_shown_by_name(world, card, name):
	outcome = world.pay(card=card)
	assert outcome["outcome"] == "paid"
	assert outcome["method_label"].startswith(f"{name} ••••")


def test_another_brand_is_refused_before_anything_is_claimed_or_created(world):
	with pytest.raises(CardRefused, match="not accepted here"):
		world.pay(card="unionpay")
	assert world.intents() == []
	assert not frappe.db.exists("Invoice Payment", {"reference_name": world.invoice.name})


def test_another_card_than_the_one_that_was_looked_at_is_told_to_administrators(world, make_user):
	"""What waits for 3-D Secure can be confirmed with another card by whoever has the client secret: its payer."""
	administrator = make_user(roles=["Stripe Administrator"])
	answer = world.pay(card="3ds_required")
	intent = world.payment(answer["payment"]).payment_intent_id
	token = confirmation_token(world.url, "unionpay", key=world.publishable_key)
	confirmed = requests.post(
		f"{world.url}/v1/payment_intents/{intent}/confirm",
		auth=(world.publishable_key, ""),
		data={"client_secret": answer["client_secret"], "confirmation_token": token},
		timeout=10,
	)
	assert confirmed.json()["status"] == "succeeded", confirmed.text
	world.does(pay_api.finish, answer["payment"])
	world.drain()
	payment = world.payment(answer["payment"])
	assert (payment.status, payment.brand) == ("Succeeded", "unionpay")
	assert "UnionPay, which is not accepted here" in payment.attention
	assert (
		frappe.db.count("Notification Log", {"for_user": administrator, "document_name": payment.name}) == 1
	)


def test_a_brand_that_the_administrator_switched_off_is_refused(world):
	settings = frappe.get_doc("Stripe Service Settings")
	settings.brand_amex = 0
	settings.save()
	frappe.db.commit()
	try:
		with pytest.raises(CardRefused, match="American Express"):
			world.pay(card="amex")
	finally:
		settings.reload()
		settings.brand_amex = 1
		settings.save()
		frappe.db.commit()


@pytest.mark.parametrize(
	"card, code",
	[
		("declined", "card_declined"),
		("insufficient_funds", "card_declined"),
		("lost_card", "card_declined"),
		("stolen_card", "card_declined"),
		("expired_card", "expired_card"),
		("incorrect_cvc", "incorrect_cvc"),
		("processing_error", "processing_error"),
	],
)
def test_a_declined_card_says_why_frees_the_amount_and_another_card_then_pays(world, card, code):
	declined = world.pay(card=card)
	assert declined["outcome"] == "failed"
	assert declined["failure_code"] == code
	assert len(declined["message"]) > 20, "a sentence for the payer, not a code"
	assert [intent["status"] for intent in world.intents()] == ["canceled"]
	assert world.reread().reserved_amount == 0

	assert world.pay()["outcome"] == "paid"
	assert world.received_minor() == 10000


def test_a_part_is_paid_and_the_rest_later(world):
	outcome = world.pay("30.01")
	assert (outcome["outcome"], outcome["outstanding"]) == ("paid", "69.99")
	world.drain()
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount) == ("Partly Paid", 69.99)
	assert world.pay("69.99")["outcome"] == "paid"
	world.drain()
	assert world.reread().workflow_state == "Paid"
	assert world.received_minor() == 10000


@pytest.mark.parametrize(
	"amount, message",
	[
		("100.01", "At most"),
		("0", "above zero"),
		("-5", "above zero"),
		("10.001", "10.001</strong> can be read in two ways. Please enter 10.001 or 10001"),
		("10.0001", "more decimals"),
		("1,234", "1.234 or 1234"),
		("1.234,50", "as 1234.50"),
		("ten", "as a number"),
		("1e1", "as a number"),
		("5_0", "as a number"),
		("٥", "as a number"),
		("0.49", "at least"),
		("99.60", "too little to be paid online"),
	],
)
def test_an_amount_that_can_not_be_is_refused_with_what_can(world, amount, message):
	with pytest.raises(AmountRefused, match=message):
		world.pay(amount)
	assert world.intents() == []
	assert world.reread().reserved_amount == 0


@pytest.mark.parametrize(
	"currency, total, part, minor", [("JPY", "5000", "1200", 1200), ("KWD", "12.340", "2.340", 2340)]
)
def test_currencies_without_and_with_three_decimals_are_exact(world, currency, total, part, minor):
	invoice = world.make_invoice(total=total, currency=currency)
	outcome = world.pay(part, invoice=invoice)
	assert outcome["outcome"] == "paid"
	assert world.received_minor(invoice) == minor
	assert float(world.reread(invoice).outstanding_amount) == pytest.approx(float(total) - float(part))


@pytest.mark.parametrize("amount", ["1e999997", "5_0", "0", "ten", "1.190"])
def test_no_document_is_loaded_and_no_row_locked_for_what_is_no_amount(world, amount, monkeypatch):
	"""What is no amount in any currency is refused before the document is loaded, the rest before its row is locked."""
	queries = []
	original = frappe.db.sql
	monkeypatch.setattr(
		frappe.db, "sql", lambda *args, **kwargs: queries.append(str(args[0])) or original(*args, **kwargs)
	)
	begun = time.process_time()
	with pytest.raises(AmountRefused):
		world.pay(amount)
	assert time.process_time() - begun < 2
	touched = [query for query in queries if "tabPortal Invoice`" in query]
	assert not [query for query in touched if "for update" in query.lower()]
	if amount in ("1e999997", "5_0", "ten"):
		assert touched == []


@pytest.mark.parametrize(
	"amount, code",
	[(40, 200), ("40.00", 200), (19.99, 417), ([40], 417), ({"a": 1}, 417), (None, 417), (True, 417)],
)
def test_whatever_is_sent_as_an_amount_is_answered_in_words(world, http, amount, code):
	session = http.login(world.payer, PASSWORD)
	sent = {"doctype": "Portal Invoice", "name": world.invoice.name, "amount": amount, "method_type": "card"}
	answer = session.session.post(
		f"{http.address}/api/method/stripe_service.api.pay.pay",
		json={**sent, "confirmation_token": confirmation_token(world.url)},
		timeout=60,
	)
	assert answer.status_code == code, answer.text[-500:]


def test_a_claim_refuses_what_is_no_amount_before_it_locks(world, monkeypatch):
	from stripe_service.payments import claim

	monkeypatch.setattr(claim, "in_fresh_transaction", lambda work: pytest.fail("a transaction was begun"))
	with pytest.raises(AmountRefused):
		claim.claim(claim.PayRequest("Portal Invoice", world.invoice.name, "1e999997", "card", world.payer))


def test_the_same_press_is_known_however_the_name_of_the_document_is_written(world):
	"""MariaDB compares names without case and trailing blanks."""
	press, name = unique("press"), world.invoice.name
	first = world.pay("40.00", request_id=press)
	for spelling in (name.lower(), f"{name} ", name.title()):
		spelled = frappe._dict(doctype="Portal Invoice", name=spelling)
		again = world.pay("40.00", invoice=spelled, request_id=press)
		asked = world.does(pay_api.payment_status, doctype="Portal Invoice", name=spelling, request_id=press)
		assert (again["payment"], asked["payment"]) == (first["payment"], first["payment"])
	assert world.received_minor() == 4000


@pytest.mark.parametrize("doctype", ["No Such Thing", "portal invoice", "ToDo", "../x", ""])
def test_a_doctype_that_is_not_payable_is_an_answer_and_not_a_fault(world, doctype):
	with world.as_user(world.payer):
		for call in (
			lambda: pay_api.open_form(doctype, world.invoice.name),
			lambda: pay_api.pay(doctype, world.invoice.name, "5.00", "card", confirmation_token="ctoken_x"),
			lambda: pay_api.payment_status(doctype=doctype or "x", name="x", request_id="x"),
		):
			with pytest.raises(NotPayable, match="cannot be paid here"):
				call()


def test_the_same_press_sent_twice_charges_once(world):
	press = unique("press")
	first = world.pay(request_id=press)
	second = world.pay(request_id=press)
	assert first["payment"] == second["payment"]
	assert second["outcome"] == "paid"
	assert len(world.intents()) == 1


def test_3d_secure_is_asked_for_answered_and_then_paid(world):
	outcome = world.pay(card="3ds_required")
	assert outcome["outcome"] == "action_required"
	assert outcome["client_secret"].startswith("pi_")
	assert world.reread().reserved_amount == 100

	world.emulator.authenticate(world.intents()[0]["id"])
	with world.as_user(world.payer):
		finished = pay_api.finish(outcome["payment"])
	assert finished["outcome"] == "paid"
	world.drain()
	assert world.reread().workflow_state == "Paid"


def test_3d_secure_that_fails_frees_the_amount(world):
	outcome = world.pay(card="3ds_required")
	world.emulator.authenticate(world.intents()[0]["id"], "fail")
	with world.as_user(world.payer):
		finished = pay_api.finish(outcome["payment"])
	assert finished["outcome"] == "failed"
	assert world.intents()[0]["status"] == "canceled"
	assert world.reread().reserved_amount == 0


def test_3d_secure_that_is_given_up_can_not_be_confirmed_afterwards(world):
	outcome = world.pay(card="3ds_required")
	with world.as_user(world.payer):
		assert pay_api.abandon(outcome["payment"])["outcome"] == "cancelled"
	assert world.intents()[0]["status"] == "canceled"
	assert world.reread().reserved_amount == 0


def test_the_browser_never_returns_from_3d_secure_and_settling_by_its_id_does_the_rest(world):
	world.pay(card="3ds_required")
	world.emulator.authenticate(world.intents()[0]["id"])
	settle_intent("Emulator", world.intents()[0]["id"])
	world.drain()
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount) == ("Paid", 0)


def test_a_saved_card_is_offered_next_time_and_pays(world):
	assert world.pay("40.00", save=1)["outcome"] == "paid"
	with world.as_user(world.payer):
		saved = pay_api.open_form("Portal Invoice", world.invoice.name)["saved"]["cards"]
	assert [(card["brand"], card["last4"]) for card in saved] == [("visa", "4242")]

	again = world.pay("60.00", saved_method=saved[0]["name"])
	assert again["outcome"] == "paid"
	world.drain()
	assert world.reread().workflow_state == "Paid"


def test_a_card_that_was_not_saved_is_not_offered(world):
	world.pay("40.00")
	with world.as_user(world.payer):
		assert pay_api.open_form("Portal Invoice", world.invoice.name)["saved"]["cards"] == []


def test_nobody_pays_with_a_colleagues_card(world):
	world.pay("40.00", save=1)
	card = frappe.db.get_value("Saved Card", {"user": world.payer, "status": "Active"})
	colleague = world.make_payer()
	with pytest.raises((frappe.PermissionError, frappe.DoesNotExistError)):
		world.pay("10.00", user=colleague, saved_method=card)
	assert world.received_minor() == 4000


def test_the_answer_is_lost_after_stripe_charged_and_the_retry_charges_nothing_more(world):
	world.emulator.fault("drop_response", path="/v1/payment_intents/*/confirm", count=1)
	outcome = world.pay()
	assert outcome["outcome"] == "paid"
	assert world.received_minor() == 10000
	assert len(world.intents()) == 1


def test_every_answer_to_the_confirmation_is_lost_and_one_read_tells(world):
	world.emulator.fault("drop_response", path="/v1/payment_intents/*/confirm", count=10)
	try:
		outcome = world.pay()
	finally:
		world.emulator.clear_faults()
	assert outcome["outcome"] == "paid"
	assert world.received_minor() == 10000


def test_stripe_is_cut_off_in_the_middle_and_the_form_opened_again_shows_the_truth(world):
	"""After the charge nothing of Stripe can be reached; when it can, no second click is needed."""
	world.emulator.fault("drop_response", path="/v1/payment_intents/*/confirm", count=100)
	world.emulator.fault("refuse", method="GET", path="/v1/payment_intents/*", count=100)
	try:
		outcome = world.pay()
		assert outcome["outcome"] == "unknown"
		assert "do not pay again" in outcome["message"]
		assert world.reread().reserved_amount == 100
	finally:
		world.emulator.clear_faults()
	with world.as_user(world.payer):
		assert pay_api.payment_status(outcome["payment"])["outcome"] == "paid"
	world.drain()
	assert world.reread().workflow_state == "Paid"
	assert world.received_minor() == 10000


def test_stripe_is_down_before_anything_was_sent_and_nothing_was_charged(world):
	world.emulator.fault("refuse", path="/v1/payment_intents", method="POST", count=100)
	try:
		outcome = world.pay()
		assert outcome["outcome"] == "unknown"
		assert "Nothing was charged" in outcome["message"]
	finally:
		world.emulator.clear_faults()
	with world.as_user(world.payer):
		assert pay_api.abandon(outcome["payment"])["outcome"] in ("cancelled", "failed")
	assert world.reread().reserved_amount == 0
	assert world.received_minor() == 0
	assert world.pay()["outcome"] == "paid"


def test_two_payers_cannot_claim_more_than_is_due(world):
	colleague = world.make_payer()
	world.pay("70.00", card="3ds_required")
	with pytest.raises(AmountRefused, match="At most"):
		world.pay("70.00", user=colleague)
	assert world.pay("30.00", user=colleague)["outcome"] == "paid"


def test_an_invoice_that_shrinks_while_it_is_paid_keeps_the_excess_in_sight(world):
	outcome = world.pay(card="3ds_required")
	invoice = world.reread()
	invoice.items[0].rate = 80
	invoice.save()
	frappe.db.commit()
	world.emulator.authenticate(world.intents()[0]["id"])
	with world.as_user(world.payer):
		assert pay_api.finish(outcome["payment"])["outcome"] == "paid"
	payment = frappe.get_doc("Invoice Payment", outcome["payment"])
	assert (payment.received_minor, payment.unallocated_minor) == (10000, 2000)
	assert "20" in payment.attention
	assert world.reread().outstanding_amount == 0


def test_a_refund_makes_the_invoice_due_again(world):
	from stripe_service.api import refund

	outcome = world.pay()
	world.drain()
	frappe.set_user("Administrator")
	assert refund.refund_payment(outcome["payment"], "25.00")["status"] == "Partly Refunded"
	world.drain()
	invoice = world.reread()
	assert invoice.outstanding_amount == 25
	assert invoice.workflow_state == "Partly Paid"
	assert world.pay("25.00")["outcome"] == "paid"
	world.drain()
	assert world.reread().workflow_state == "Paid"


def test_a_payment_can_not_be_made_edited_or_deleted_by_hand(world):
	outcome = world.pay("10.00")
	payment = frappe.get_doc("Invoice Payment", outcome["payment"])
	payment.amount = 1
	with pytest.raises(frappe.PermissionError):
		payment.save()
	with pytest.raises(frappe.PermissionError):
		frappe.delete_doc("Invoice Payment", payment.name)
	forged = frappe.copy_doc(payment)
	forged.status = "Succeeded"
	with pytest.raises(frappe.PermissionError):
		forged.insert()
	with pytest.raises(frappe.PermissionError):
		frappe.rename_doc("Invoice Payment", payment.name, "PAY-X")
	frappe.db.rollback()
