"""Whoever must hear of something hears of it: by user and not by e-mail address, and also if the queue was down."""

import re
from email import message_from_string
from email.policy import default

import frappe
import pytest

from stripe_service.api import methods
from stripe_service.api import refund as refund_api
from stripe_service.payments.settle import settle
from stripe_service.saved_methods import bank_accounts
from stripe_service.setup import notifications
from stripe_service.utils import notices
from tests.support.jobs import queue_away
from tests.support.records import make_outgoing_account, make_portal_user
from tests.support.settings import UNITS, opened


@pytest.fixture
def invoice(site_only, make_unit, make_invoice):
	return make_invoice(unit=make_unit())


def heard(invoice) -> dict[str, str]:
	"""Who was told of this invoice, and what."""
	frappe.db.rollback()
	rows = frappe.get_all("Notification Log", {"document_name": invoice.name}, ["for_user", "subject"])
	return {row.for_user: row.subject for row in rows}


def tell(user: str, invoice, subject: str = "It was returned.") -> None:
	notices.notify_user(user, invoice.doctype, invoice.name, subject)
	frappe.db.commit()


def test_administrator_hears_although_no_mail_address_is_their_name(invoice, drain):
	tell("Administrator", invoice)
	drain()
	assert heard(invoice) == {"Administrator": "It was returned."}


def test_a_user_whose_mail_address_differs_from_their_name_hears(invoice, make_payer, drain):
	payer = make_payer(unit=invoice.organisation_unit)
	frappe.db.set_value("User", payer, "email", f"other-{payer}")
	tell(payer, invoice)
	drain()
	assert payer in heard(invoice)


def test_a_disabled_user_does_not_hear_and_holds_up_nobody(invoice, make_payer, drain):
	gone, there = make_payer(unit=invoice.organisation_unit), make_payer(unit=invoice.organisation_unit)
	frappe.db.set_value("User", gone, "enabled", 0)
	tell(gone, invoice)
	tell(there, invoice)
	drain()
	assert set(heard(invoice)) == {there}


def test_a_user_who_switched_notifications_off_does_not_hear(invoice, make_payer, drain):
	payer = make_payer(unit=invoice.organisation_unit)
	frappe.get_doc("Notification Settings", payer).update({"enabled": 0}).save(ignore_permissions=True)
	tell(payer, invoice)
	drain()
	assert heard(invoice) == {}


def test_without_outgoing_mail_the_notice_is_there_all_the_same(invoice, make_payer, drain):
	payer = make_payer(unit=invoice.organisation_unit)
	settings = frappe.get_doc("Notification Settings", payer)
	settings.update({"enabled": 1, "enable_email_notifications": 1}).save(ignore_permissions=True)
	outgoing = frappe.get_all("Email Account", {"enable_outgoing": 1}, pluck="name")
	for account in outgoing:
		frappe.db.set_value("Email Account", account, "enable_outgoing", 0)
	tell(payer, invoice)
	drain()
	for account in outgoing:
		frappe.db.set_value("Email Account", account, "enable_outgoing", 1)
	frappe.db.commit()
	assert payer in heard(invoice)


def test_administrators_are_those_of_the_moment_of_delivery(site_only, make_user, drain):
	subject = frappe.generate_hash()
	notices.notify_administrators("User", "Administrator", subject)
	frappe.db.commit()
	newcomer = make_user(roles=["Stripe Administrator"])
	frappe.db.commit()
	drain()
	frappe.db.rollback()
	assert frappe.db.exists("Notification Log", {"for_user": newcomer, "subject": subject})


def test_with_the_queue_down_the_notice_waits_and_is_delivered_once(invoice):
	with queue_away():
		tell("Administrator", invoice)
	assert heard(invoice) == {}
	notices.deliver_pending()
	notices.deliver_pending()
	rows = frappe.get_all("Notification Log", {"document_name": invoice.name}, pluck="for_user")
	assert rows == ["Administrator"]


def test_a_notice_of_what_is_rolled_back_is_never_told(invoice, drain):
	notices.notify_user("Administrator", invoice.doctype, invoice.name, "It never happened.")
	frappe.db.rollback()
	drain()
	assert heard(invoice) == {}


def test_what_stripe_wrote_is_shown_as_text_and_without_secrets(invoice, drain):
	tell("Administrator", invoice, "<img src=x onerror=alert(1)> pi_123456789_secret_abcdefghijkl")
	drain()
	(subject,) = heard(invoice).values()
	assert "<img" not in subject
	assert "abcdefghijkl" not in subject


def test_nobody_writes_a_notice_by_hand(invoice):
	with pytest.raises(frappe.PermissionError):
		frappe.get_doc(
			doctype="Stripe Notice", audience="User", user="Administrator", subject="Forged"
		).insert(ignore_permissions=True)


# What becomes known days after the payer has closed the form


def heard_by(user: str, doctype: str, name: str) -> list[str]:
	frappe.db.rollback()
	told = {"for_user": user, "document_type": doctype, "document_name": name}
	return frappe.get_all("Notification Log", told, pluck="subject", order_by="creation asc")


def test_the_payer_hears_that_a_debit_has_arrived_and_of_its_refund(world):
	paid = world.pay_by_ach(world.add_bank_account(), "40.00")["payment"]
	world.drain()
	assert heard_by(world.payer, "Invoice Payment", paid) == []
	world.emulator.settle(frappe.db.get_value("Invoice Payment", paid, "payment_intent_id"))
	settle(paid)
	settle(paid)
	world.drain()
	arrived = f"Your payment of $ 40.00 for {world.invoice.name} has arrived."
	assert heard_by(world.payer, "Invoice Payment", paid) == [arrived]

	refund_api.refund_payment(paid, "15.00")
	world.drain()
	[_arrived, refunded] = heard_by(world.payer, "Invoice Payment", paid)
	assert refunded.startswith(f"$ 15.00 of your payment for {world.invoice.name} is being refunded to")


def test_a_card_that_pays_at_once_needs_no_notice(world):
	paid = world.pay()["payment"]
	world.drain()
	assert heard_by(world.payer, "Invoice Payment", paid) == []


def test_the_payer_hears_what_became_of_a_bank_account(world):
	verified = world.add_bank_account(linked=False)
	refused = world.add_bank_account(number="deposits_fail", linked=False)
	at_once = world.add_bank_account(number="no_funds", linked=True)
	world.drain()
	for name in (verified, refused, at_once):
		assert heard_by(world.payer, "Stripe Bank Account", name) == []
	with world.as_user(world.payer):
		methods.verify_bank_account(verified, descriptor_code="SM11AA")
	world.emulator.advance(days=6)
	bank_accounts.sync(refused)
	world.drain()
	[good] = heard_by(world.payer, "Stripe Bank Account", verified)
	assert good.startswith("Your bank account STRIPE TEST BANK")
	assert good.endswith("•••• 6789 is verified. You can pay with it now.")
	[bad] = heard_by(world.payer, "Stripe Bank Account", refused)
	assert "•••• 6661: The test deposits could not be sent" in bad


def test_a_notice_is_in_the_payers_language(world):
	frappe.db.set_value("User", world.payer, "language", "de")
	account = world.add_bank_account(linked=False)
	with world.as_user(world.payer):
		methods.verify_bank_account(account, descriptor_code="SM11AA")
	world.drain()
	[subject] = heard_by(world.payer, "Stripe Bank Account", account)
	assert "ist verifiziert" in subject


# Mailed


@pytest.fixture
def mailed_notices(site):
	"""With the Notification switched on; its doc."""
	make_outgoing_account()
	notification = frappe.get_doc("Notification", notifications.NOTICE)
	message = notification.message
	notification.update({"enabled": 1}).save()
	frappe.db.commit()
	yield notification
	frappe.db.rollback()
	frappe.set_user("Administrator")
	frappe.get_doc("Notification", notifications.NOTICE).update({"enabled": 0, "message": message}).save()
	frappe.db.commit()


def mails_to(user):
	frappe.db.rollback()
	queued = frappe.get_all("Email Queue Recipient", {"recipient": user}, pluck="parent", order_by="creation")
	messages = [frappe.db.get_value("Email Queue", name, "message") for name in dict.fromkeys(queued)]
	return [message_from_string(text, policy=default).get_body(("html",)).get_content() for text in messages]


def test_a_debit_that_failed_is_mailed_with_the_way_on_that_its_payer_has(
	world, make_user, mailed_notices, drain
):
	"""On the portal there is no bell."""
	with opened(UNITS, None):
		customer = make_portal_user(make_user, unit=world.unit)
		for payer in (world.payer, customer):
			invoice = world.make_invoice()
			outcome = world.pay_by_ach(world.add_bank_account(payer), user=payer, invoice=invoice)
			intent = frappe.db.get_value("Invoice Payment", outcome["payment"], "payment_intent_id")
			world.emulator.fail_debit(intent, "insufficient_funds")
			settle(outcome["payment"])
			drain()
			mail = mails_to(payer)[-1]
			assert "failed" in mail and invoice.name in mail
			form = re.search(rf"/(app|desk)/invoice-payment/{outcome['payment']}", mail)
			assert bool(form) is (payer != customer)
			assert ("/payments" in mail) is (payer == customer)


def test_a_notification_that_is_wrong_holds_up_no_notice(world, make_payer, mailed_notices, drain):
	mailed_notices.update({"message": "{{ doc.idx / 0 }}"}).save()
	frappe.db.commit()
	payer = make_payer()
	notices.notify_user(payer, "Invoice Payment", "none", "Your payment failed")
	frappe.db.commit()
	drain()
	assert frappe.db.get_value("Stripe Notice", {"user": payer}, "delivered_at")
	assert frappe.db.exists("Notification Log", {"for_user": payer})
	assert mails_to(payer) == []


def test_administrators_and_disabled_users_are_not_mailed(site, make_payer, make_user, mailed_notices, drain):
	gone, administrator = make_payer(), make_user(roles=["Stripe Administrator"])
	notices.notify_user(gone, "Invoice Payment", "none", "Your payment failed")
	notices.notify_administrators("Invoice Payment", "none", "A dispute")
	frappe.db.set_value("User", gone, "enabled", 0)
	frappe.db.commit()
	drain()
	assert mails_to(gone) == mails_to(administrator) == []
