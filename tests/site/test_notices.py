"""Whoever must hear of something hears of it: by user and not by e-mail address, and also if the queue was down."""

import frappe
import pytest

from stripe_service.utils import notices
from tests.support.jobs import queue_away


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
