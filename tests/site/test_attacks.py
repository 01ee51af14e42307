"""Attacks and faults at the seams of the newer parts: several documents in one payment, payment links, the portal, automatic
payments, webhooks. What each part promises is tested beside it; here somebody goes round it.
"""

import json

import frappe
import pytest

from stripe_service.access.pay import why_not_pay
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.api import home as home_api
from stripe_service.api import pay as pay_api
from stripe_service.api import refund as refund_api
from stripe_service.payments import links
from stripe_service.payments.automatic import agreements, paying, planning
from stripe_service.payments.claim import PayRequest, Wanted, claim
from stripe_service.payments.limits import AmountRefused
from stripe_service.payments.refund import RefundRefused
from stripe_service.payments.result import payment_result
from stripe_service.payments.together import MOST_DOCUMENTS, NotTogether
from stripe_service.utils.json_arguments import from_json
from tests.support.paying import confirmation_token
from tests.support.payment_links import Stranger, make_link, name_of
from tests.support.records import make_portal_user, unique
from tests.support.settings import CONTACTS, UNITS, opened, set_settings
from tests.support.several import documents, hear, pay_several, payment_of, settled
from tests.sweep import calls

INVOICE = "Portal Invoice"


def claimed(*invoices) -> list[str]:
	"""The payments that name one of these, whatever became of them."""
	frappe.db.rollback()
	names = ("in", [invoice.name for invoice in invoices])
	return frappe.get_all("Invoice Payment Reference", {"reference_name": names}, pluck="parent")


@pytest.fixture
def three(world):
	return [world.make_invoice(total=total) for total in ("10.00", "20.00", "30.00")]


@pytest.fixture
def paid(world, three):
	outcome = pay_several(world, *[(invoice, str(invoice.total)) for invoice in three])
	assert outcome["outcome"] == "paid", outcome
	world.drain()
	return payment_of(outcome)


def refund_at_stripe(payment, minor: int, **more) -> None:
	gateway_for(payment.stripe_account).call(
		"refunds.create",
		params={"payment_intent": payment.payment_intent_id, "amount": minor, **more},
		idempotency_key=unique("dashboard"),
	)


# Several documents in one payment


def test_a_claim_locks_its_documents_in_one_order(world, three, monkeypatch):
	"""Two payers who chose the same two the other way round would wait for each other."""
	first, second = sorted(three[:2], key=lambda invoice: invoice.name)
	locked, get_doc = [], frappe.get_doc

	def watch(*args, **more):
		if more.get("for_update") and args[0] == INVOICE:
			locked.append(args[1])
		return get_doc(*args, **more)

	monkeypatch.setattr(frappe, "get_doc", watch)
	assert pay_several(world, (second, "1.00"), (first, "1.00"))["outcome"] == "paid"
	assert locked[:2] == [first.name, second.name]


def test_a_claim_asks_the_right_to_pay_of_every_document(world, make_invoice, make_unit):
	"""Behind the lock again, because a right may be taken away after the form was opened."""
	foreign = make_invoice(unit=make_unit(), total="10.00")
	others = (Wanted(INVOICE, foreign.name, "10.00"),)
	request = PayRequest(
		INVOICE, world.invoice.name, "10.00", "card", world.payer, unique("press"), others=others
	)
	with pytest.raises(frappe.PermissionError):
		claim(request)
	assert not claimed(world.invoice, foreign)


def test_one_document_in_two_spellings_is_one_document(world):
	name = world.invoice.name
	both = [{"doctype": INVOICE, "name": spelt, "amount": "50.00"} for spelt in (name, name.lower() + " ")]
	with world.as_user(world.payer), pytest.raises(NotTogether):
		pay_api.pay_several(json.dumps(both), "card", confirmation_token(world.url, "visa"))
	assert not claimed(world.invoice)


@pytest.mark.parametrize("amount", [None, "", "-5.00", "0", "1e3", "NaN", [], {"a": 1}, True, "5.00\0"])
def test_no_odd_amount_of_one_document_hides_among_the_others(world, three, amount):
	named = [
		{"doctype": INVOICE, "name": three[0].name, "amount": "10.00"},
		{"doctype": INVOICE, "name": three[1].name, "amount": amount},
	]
	with world.as_user(world.payer), pytest.raises(AmountRefused):
		pay_api.pay_several(json.dumps(named), "card", confirmation_token(world.url, "visa"))
	assert not claimed(*three[:2])


def test_too_many_documents_are_refused_before_any_is_looked_for(world):
	many = json.dumps(
		[{"doctype": INVOICE, "name": f"none-{n}", "amount": "1"} for n in range(MOST_DOCUMENTS + 1)]
	)
	with world.as_user(world.payer):
		for call in (
			lambda: pay_api.open_form_for_several(many),
			lambda: pay_api.pay_several(
				many, "card", confirmation_token=confirmation_token(world.url, "visa")
			),
		):
			with pytest.raises(NotTogether, match=str(MOST_DOCUMENTS)):
				call()


def test_a_foreign_document_among_ones_own_tells_nothing_of_itself(world, make_invoice, make_unit):
	foreign = make_invoice(unit=make_unit(), total="4321.00", title="SECRETB title")
	with world.as_user(world.payer):
		named = documents((world.invoice, "1.00"), (foreign, "1.00"))
		for call in (
			lambda: pay_api.open_form_for_several(named),
			lambda: pay_api.pay_several(named, "card", confirmation_token(world.url, "visa")),
		):
			with pytest.raises(frappe.PermissionError) as refused:
				call()
			said = f"{refused.value} {frappe.local.message_log}"
			assert "SECRETB" not in said and "4321" not in said and "4,321" not in said
			frappe.clear_messages()
	assert not claimed(world.invoice, foreign)


def test_a_refund_that_failed_takes_from_no_document(world, three, paid):
	named = documents((three[0], "6.00"))
	answer = refund_api.refund_payment(paid.name, documents=named, request_id=unique("press"))
	world.emulator.fail_refund(frappe.db.get_value("Stripe Refund", answer["refund"], "stripe_refund_id"))
	assert settled(hear(world, {"payment": paid.name})) == [1000, 2000, 3000]
	refund_at_stripe(paid, 500)
	assert settled(hear(world, {"payment": paid.name})) == [1000, 2000, 2500]


def test_a_refund_of_another_site_names_no_document(world, three, paid):
	"""Whoever has the Dashboard can write metadata, and a copy of the site has written its own."""
	refund_at_stripe(paid, 500, metadata={"site": "elsewhere", "payment": paid.name, "rows": "1:500"})
	assert settled(hear(world, {"payment": paid.name})) == [1000, 2000, 2500]


@pytest.mark.parametrize(
	"rows", ["1:900", "1:-500,2:1000", "1:٥٠٠", "9:500", "1:500,1:500", ":", "1:500:500"]
)
def test_metadata_that_does_not_add_up_names_no_document(world, three, paid, rows):
	ours = {"site": frappe.local.site, "payment": paid.name, "rows": rows}
	refund_at_stripe(paid, 500, metadata=ours)
	assert settled(hear(world, {"payment": paid.name})) == [1000, 2000, 2500]


def test_a_refund_names_no_document_twice(world, three, paid):
	twice = [{"doctype": INVOICE, "name": three[0].name, "amount": "6.00"}] * 2
	with pytest.raises(frappe.ValidationError):
		refund_api.refund_payment(paid.name, documents=json.dumps(twice), request_id=unique("press"))
	spelt = [{**twice[0], "name": three[0].name.lower()}, twice[0]]
	with pytest.raises(RefundRefused):
		refund_api.refund_payment(paid.name, documents=json.dumps(spelt), request_id=unique("press"))
	assert not frappe.db.exists("Stripe Refund", {"payment": paid.name})


# Payment links


def test_a_link_pays_no_document_but_its_own(world):
	link = name_of(make_link(world.invoice))
	other = world.make_invoice(total="10.00")
	alone = PayRequest(INVOICE, other.name, "10.00", "card", links.PAYER, "a" * 64, payment_link=link)
	beside = PayRequest(
		INVOICE,
		world.invoice.name,
		"10.00",
		"card",
		links.PAYER,
		"b" * 64,
		payment_link=link,
		others=(Wanted(INVOICE, other.name, "10.00"),),
	)
	for request in (alone, beside):
		with pytest.raises(links.LinkRefused):
			claim(request)
	assert not claimed(world.invoice, other)


def test_a_token_is_good_as_it_was_made_and_not_otherwise(world):
	token = make_link(world.invoice)
	for spelt in (
		token + "\n",
		" " + token,
		token.upper(),
		token + "=",
		token[:-1],
		"%" + token,
		token + "é",
		"",
	):
		assert spelt == token or links.find(spelt) is None, spelt
	assert links.find(token)


def test_a_guest_is_no_payer_of_what_guests_pay(world):
	"""All payments by links are Guest's: to be Guest is no proof."""
	payment = payment_of(Stranger(make_link(world.invoice), world.url).pay(card="3ds_required"))
	assert payment.status == "Action Required"
	with world.as_user("Guest"):
		answer = payment_result(payment)
	assert not {"client_secret", "method_label", "receipt_url"} & set(answer)


# The portal


def test_a_portal_user_without_a_unit_pays_nothing(world, make_user):
	user = make_portal_user(make_user)
	with opened(UNITS, None):
		assert why_not_pay(world.invoice, user)
		with world.as_user(user):
			assert home_api.payer_home()["waiting"] == []


def test_nobody_makes_themselves_the_one_who_is_billed(world, make_user, make_invoice, make_unit):
	"""What is theirs goes by their e-mail address, so nobody may give themselves another's."""
	victim = f"{unique('billed')}@example.com"
	invoice = make_invoice(unit=make_unit(), total="10.00", bill_to_email=victim)
	user = make_portal_user(make_user)
	with opened(CONTACTS):
		with world.as_user(user):
			for method, given in (
				(
					"frappe.client.set_value",
					{"doctype": "User", "name": user, "fieldname": "email", "value": victim},
				),
				(
					"frappe.website.doctype.web_form.web_form.accept",
					{
						"web_form": "edit-profile",
						"data": json.dumps({"doctype": "User", "name": user, "email": victim}),
					},
				),
				("frappe.client.rename_doc", {"doctype": "User", "old_name": user, "new_name": victim}),
			):
				try:
					frappe.call(method, **given)
				except (frappe.ValidationError, frappe.PermissionError, frappe.DoesNotExistError):
					frappe.db.rollback()
		frappe.clear_document_cache("User", user)
		assert frappe.db.get_value("User", user, "email") == user
		assert why_not_pay(invoice, user)


def test_a_portal_user_pays_nothing_of_others_together_with_their_own(
	world, make_user, make_invoice, make_unit
):
	user = make_portal_user(make_user)
	own = make_invoice(unit=make_unit(), total="10.00", bill_to_email=user)
	foreign = make_invoice(unit=make_unit(), total="4321.00", bill_to_email="somebody@example.com")
	with opened(CONTACTS), world.as_user(user):
		assert why_not_pay(own, user) is None
		with pytest.raises(frappe.PermissionError):
			pay_api.pay_several(
				documents((own, "10.00"), (foreign, "10.00")), "card", confirmation_token(world.url, "visa")
			)
	assert not claimed(own, foreign)


# Automatic payments


@pytest.fixture
def automatic(world):
	set_settings(automatic_payments=1, automatic_notice_days=3)
	yield
	frappe.db.rollback()
	frappe.set_user("Administrator")
	for name in frappe.get_all("Automatic Payment", {"status": ("!=", "Stopped")}, pluck="name"):
		agreements.stop(name, lambda: "end of test", tell=False)
	set_settings(automatic_payments=0)


def due_in(days: int):
	return frappe.utils.getdate(frappe.utils.add_days(frappe.utils.nowdate(), days))


def scheduled(invoice) -> str | None:
	frappe.db.rollback()
	return frappe.db.get_value("Scheduled Payment", {"reference_name": invoice.name})


def test_a_party_is_text_and_no_condition(world, automatic):
	"""Percent signs, quotes and SQL in a party's name: its own documents are found and paid, and nobody else's."""
	card = world.save_card()
	others = world.make_invoice(total="10.00", due_date=due_in(3), bill_to="Somebody Else")
	for party in ("Save 10% Ltd %s", "x' or 1=1 -- ", 'Bobby"); drop table `tabUser`; --'):
		own = world.make_invoice(total="20.00", due_date=due_in(3), bill_to=party)
		wish = world.automatic_wish(card, organisation_unit=None, document_type=INVOICE, party=party)
		assert world.start_automatic_payments(**wish)["status"] == "Active"
		planning.announce_all(day=due_in(0))
		paying.pay(scheduled(own), day=due_in(3))
		assert frappe.db.get_value("Scheduled Payment", scheduled(own), "status") == "Paid", party
	assert not scheduled(others)


@pytest.fixture
def announced(world, automatic):
	"""(Automatic Payment, invoice that will be paid by it)."""
	begun = world.start_automatic_payments(world.save_card())
	invoice = world.make_invoice(total="20.00", due_date=due_in(3))
	planning.announce_all(day=due_in(0))
	assert scheduled(invoice)
	return begun["name"], invoice


@pytest.mark.parametrize("end", ["who_was_disabled_after_the_notice", "what_was_stopped_in_the_same_instant"])
def test_nothing_is_paid_for(world, announced, end):
	name, invoice = announced
	if end == "who_was_disabled_after_the_notice":
		frappe.db.set_value("User", world.payer, "enabled", 0)
	else:  # another worker had the row already, so that stopping could not cancel it
		frappe.db.set_value("Automatic Payment", name, "status", "Stopped")
	frappe.db.commit()
	paying.pay(scheduled(invoice), day=due_in(3))
	assert frappe.db.get_value("Scheduled Payment", scheduled(invoice), "status") == "Skipped"
	assert not claimed(invoice)


def test_a_limit_is_not_raised_by_whoever_agreed_to_it(world, announced):
	"""The text that was agreed to names it."""
	name, invoice = announced
	row = scheduled(invoice)
	with world.as_user(world.payer):
		for doctype, document, field, value in (
			("Automatic Payment", name, "maximum_per_document", 10**6),
			("Automatic Payment", name, "user", "Administrator"),
			("Scheduled Payment", row, "amount_minor", 1),
			("Scheduled Payment", row, "reference_name", world.invoice.name),
		):
			with pytest.raises(frappe.PermissionError):
				frappe.call(
					"frappe.client.set_value", doctype=doctype, name=document, fieldname=field, value=value
				)
			frappe.db.rollback()


# Webhooks


def test_a_customer_is_deleted_when_stripe_says_so_and_not_when_an_event_does(silent_world):
	customer = silent_world.payment(silent_world.new_payment()).stripe_customer
	silent_world.arrive(
		{
			"id": f"evt_{unique('forged').replace('-', '')}",
			"object": "event",
			"type": "customer.deleted",
			"created": 1_700_000_000,
			"livemode": False,
			"data": {"object": {"id": customer, "object": "customer"}},
		}
	)
	silent_world.drain()
	assert frappe.db.get_value("Stripe Customer", customer, "status") == "Active"


# What Frappe's own functions stumble over


@pytest.mark.parametrize(
	"user, method, given",
	[
		(
			"Administrator",
			"frappe.workflow.doctype.workflow_action.workflow_action.apply_action",
			{"action": "Cancel", "doctype": INVOICE, "docname": "x"},
		),
		(
			"Administrator",
			"frappe.desk.listview.get_group_by_count",
			{"doctype": "ToDo", "current_filters": "[1] x", "field": "status"},
		),
		("Guest", "stripe_service.api.pay_by_link.open_form", {"token": '{"a":' * 5000}),
		("Guest", "stripe_service.api.pay_by_link.open_form", {"token": "[" * 100_000}),
		("Guest", "stripe_service.api.pay_by_link.open_form", {"token": "[" * 2000 + "]" * 2000}),
	],
)
def test_what_frappe_stumbles_over_is_answered_in_words(site, user, method, given):
	answer = calls.request(user, f"/api/method/{method}", given)
	assert answer.status == 417, answer.problem
	assert str(answer.problem)


def test_many_brackets_are_read_where_they_are_not_nested_too_deeply(site):
	as_deep_as_may_be = json.loads("[" * 499 + "]" * 499)
	for value in ([{"row": f"{{[{number}"} for number in range(2000)], ["[" * 2000], [as_deep_as_may_be]):
		assert from_json(json.dumps(value)) == value
