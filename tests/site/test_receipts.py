"""Receipts and reminders: one mail for each payment, to its payer, in words that tell nobody else about the card."""

from email import message_from_string
from email.policy import default
from types import SimpleNamespace

import frappe
import pytest
from frappe.utils import add_days, today

from stripe_service.api.refund import refund_payment
from stripe_service.payments import receipt as receipts
from stripe_service.payments.settle import settle, settle_intent
from stripe_service.setup import notifications
from stripe_service.utils import pdf
from tests.support.account import ACCOUNT
from tests.support.payment_links import Stranger, make_link


@pytest.fixture
def switch_on(outgoing_account):
	"""Enables a Notification as an administrator does in its form, until the end of the test."""
	on = []

	def switch(name: str, **values):
		notification = frappe.get_doc("Notification", name)
		on.append((name, {field: notification.get(field) for field in values}))
		notification.update({"enabled": 1, **values}).save()
		frappe.db.commit()

	yield switch
	frappe.db.rollback()
	for name, before in on:
		frappe.get_doc("Notification", name).update({"enabled": 0, **before}).save()
	frappe.db.commit()


def mails_about(name: str) -> list[SimpleNamespace]:
	"""`to`, `subject` and `text` of what is in the mail queue about a document."""
	frappe.db.rollback()
	queued = frappe.get_all("Email Queue", {"reference_name": name}, pluck="name", order_by="creation")
	return [_read(frappe.get_doc("Email Queue", row)) for row in queued]


def _read(row) -> SimpleNamespace:
	message = message_from_string(row.message, policy=default)
	return SimpleNamespace(
		to={recipient.recipient for recipient in row.recipients},
		subject=str(message["subject"]).replace("\n", ""),
		text=message.get_body(("html",)).get_content(),
		attachments=frappe.parse_json(row.attachments or "[]"),
	)


def errors_since(moment) -> list[str]:
	return frappe.get_all("Error Log", {"creation": (">", moment)}, pluck="error")


def email_of(user: str) -> str:
	return frappe.db.get_value("User", user, "email")


def print_of(payment: str) -> str:
	return frappe.get_print("Invoice Payment", payment, print_format="Payment Receipt")


# The mail


def test_the_payer_of_a_card_gets_one_receipt(scene, switch_on):
	switch_on("Payment Receipt")
	outcome = scene.pay("60.00")
	scene.drain()
	(mail,) = mails_about(outcome["payment"])
	assert mail.to == {email_of(scene.payer)}
	assert scene.invoice.title in mail.subject and "TEST MODE" in mail.subject
	payment = frappe.get_doc("Invoice Payment", outcome["payment"])
	for words in (
		payment.name,
		scene.invoice.name,
		payment.method_label,
		payment.receipt_url,
		"60.00",
		"TEST MODE",
	):
		assert words in mail.text.replace("=\n", "").replace("&amp;", "&")


def test_settled_again_and_again_it_is_the_one_mail(scene, switch_on):
	switch_on("Payment Receipt")
	outcome = scene.pay()
	for _reading in range(3):
		settle(outcome["payment"])
		scene.drain()
	assert len(mails_about(outcome["payment"])) == 1


def test_a_dispute_that_was_won_sends_no_second_one(scene, switch_on):
	switch_on("Payment Receipt")
	outcome = scene.pay()
	scene.drain()
	intent = frappe.db.get_value("Invoice Payment", outcome["payment"], "payment_intent_id")
	dispute = scene.emulator.dispute(intent)["dispute"]
	assert settle(outcome["payment"]).status == "Disputed"
	scene.emulator.move_dispute(dispute, "won")
	assert settle(outcome["payment"]).status == "Succeeded"
	scene.drain()
	assert len(mails_about(outcome["payment"])) == 1


def test_a_user_whose_address_is_not_their_name_gets_it_there(scene, switch_on):
	switch_on("Payment Receipt")
	frappe.db.set_value("User", scene.payer, "email", f"other-{scene.payer}")
	frappe.clear_document_cache("User", scene.payer)
	frappe.db.commit()
	outcome = scene.pay()
	scene.drain()
	assert [mail.to for mail in mails_about(outcome["payment"])] == [{f"other-{scene.payer}"}]


def test_a_debit_has_its_receipt_when_the_bank_has_paid(scene, switch_on):
	switch_on("Payment Receipt")
	outcome = scene.pay_by_ach(scene.add_bank_account())
	scene.drain()
	assert mails_about(outcome["payment"]) == []
	intent = frappe.db.get_value("Invoice Payment", outcome["payment"], "payment_intent_id")
	scene.emulator.settle(intent)
	for _event in range(2):
		settle_intent(ACCOUNT, intent)
		scene.drain()
	(mail,) = mails_about(outcome["payment"])
	assert "•••• 6789" in mail.text
	assert mail.to == {email_of(scene.payer)}


def test_what_was_declined_or_refunded_later_sends_none(scene, switch_on):
	switch_on("Payment Receipt")
	declined = scene.pay(card="declined")
	paid = scene.pay()
	scene.drain()
	with scene.as_user("Administrator"):
		refund_payment(paid["payment"], "40.00")
	scene.drain()
	assert mails_about(declined["payment"]) == []
	assert len(mails_about(paid["payment"])) == 1


def test_a_stranger_with_a_link_gets_it_at_the_address_given(scene, switch_on):
	switch_on("Payment Receipt")
	stranger = Stranger(make_link(scene.invoice), scene.url)
	with_address = stranger.pay("60.00", email="jenny@example.com")
	without = stranger.pay("40.00")
	scene.drain()
	assert [mail.to for mail in mails_about(with_address["payment"])] == [{"jenny@example.com"}]
	assert mails_about(without["payment"]) == []


def test_the_receipt_is_in_the_payers_language(scene, switch_on):
	switch_on("Payment Receipt")
	frappe.db.set_value("User", scene.payer, "language", "de")
	frappe.db.commit()
	outcome = scene.pay()
	scene.drain()
	(mail,) = mails_about(outcome["payment"])
	assert "Beleg" in mail.subject


def test_a_colleagues_timeline_has_no_copy_of_the_mail(scene, switch_on):
	from frappe.desk.form.load import getdoc

	switch_on("Payment Receipt")
	outcome = scene.pay()
	scene.drain()
	label = frappe.db.get_value("Invoice Payment", outcome["payment"], "method_label")
	assert label in mails_about(outcome["payment"])[0].text
	with scene.as_user(scene.make_payer()):
		frappe.local.response = frappe._dict(docs=[])
		getdoc("Invoice Payment", outcome["payment"])
		shown = frappe.as_json(frappe.local.response, ensure_ascii=False)
		assert outcome["payment"] in shown and label not in shown


def test_without_a_pdf_program_it_goes_without_the_print_and_nothing_is_logged(scene, switch_on, monkeypatch):
	monkeypatch.setattr(pdf.shutil, "which", lambda program: None)
	switch_on("Payment Receipt", attach_print=1)
	moment = frappe.utils.now()
	outcome = scene.pay()
	scene.drain()
	(mail,) = mails_about(outcome["payment"])
	assert mail.attachments == []
	assert errors_since(moment) == []


def test_with_a_pdf_program_the_print_that_an_administrator_asked_for_goes_along(
	scene, switch_on, monkeypatch
):
	monkeypatch.setattr(pdf.shutil, "which", lambda program: f"/usr/bin/{program}")
	switch_on("Payment Receipt", attach_print=1)
	outcome = scene.pay()
	scene.drain()
	(mail,) = mails_about(outcome["payment"])
	assert [row["print_format"] for row in mail.attachments] == ["Payment Receipt"]


# The print


def test_the_payer_prints_what_they_paid_with_and_a_colleague_does_not(scene):
	outcome = scene.pay("60.00")
	scene.drain()
	payment = frappe.get_doc("Invoice Payment", outcome["payment"])
	with scene.as_user(scene.payer):
		own = print_of(payment.name)
	with scene.as_user(scene.make_payer()):
		foreign = print_of(payment.name)
	for words in (payment.name, scene.invoice.title, "60.00", "Paid", "TEST MODE", scene.unit):
		assert words in own and words in foreign
	assert payment.method_label in own and payment.receipt_url in own
	assert payment.last4 not in foreign.replace(payment.name, "")
	assert payment.receipt_url not in foreign


def test_an_outsider_prints_nothing(scene, make_unit, make_payer):
	outcome = scene.pay()
	scene.drain()
	with scene.as_user(make_payer(unit=make_unit())), pytest.raises(frappe.PermissionError):
		print_of(outcome["payment"])


def test_a_name_alone_opens_no_receipt_to_whoever_fills_in_a_template(scene, make_unit, make_payer):
	outcome = scene.pay()
	scene.drain()
	named = {"doctype": "Invoice Payment", "name": outcome["payment"], "flags": {"by_stripe_service": True}}
	colleague, outsider = scene.make_payer(), make_payer(unit=make_unit())
	with scene.as_user(outsider), pytest.raises(frappe.PermissionError):
		receipts.stripe_receipt(named)
	for user in (colleague, outsider):
		with scene.as_user(user), pytest.raises(frappe.PermissionError):
			receipts.stripe_receipt_for_payer(named)


@pytest.mark.parametrize("amount, stamp", [("40.00", "Partly refunded"), ("100.00", "Refunded")])
def test_the_stamp_says_what_was_refunded(scene, amount, stamp):
	outcome = scene.pay()
	scene.drain()
	with scene.as_user("Administrator"):
		refund_payment(outcome["payment"], amount)
	scene.drain()
	with scene.as_user(scene.payer):
		printed = print_of(outcome["payment"])
	assert f">{stamp}</span>" in printed
	assert amount in printed


def test_what_failed_is_no_receipt(scene):
	outcome = scene.pay(card="declined")
	scene.drain()
	with scene.as_user(scene.payer):
		assert "not a receipt" in print_of(outcome["payment"])


def test_what_people_typed_is_text_on_the_prints(scene):
	invoice = scene.make_invoice(total="10.00", title="Rent <b>in March</b>")
	outcome = scene.pay("10.00", invoice=invoice)
	scene.drain()
	for printed in (print_of(outcome["payment"]), frappe.get_print("Portal Invoice", invoice.name)):
		assert "<b>in March" not in printed and "in March" in printed


def test_the_invoice_bears_its_link_until_it_is_paid(scene):
	token = make_link(scene.invoice)
	printed = frappe.get_print("Portal Invoice", scene.invoice.name)
	assert token in printed and "<svg" in printed
	assert scene.invoice.bill_to in printed
	scene.pay()
	scene.drain()
	printed = frappe.get_print("Portal Invoice", scene.invoice.name)
	assert token not in printed and "<svg" not in printed
	assert ">Paid</span>" in printed


# Reminders


def remind():
	from frappe.email.doctype.notification.notification import trigger_daily_alerts

	trigger_daily_alerts()
	frappe.db.commit()


def due_in(scene, days: int):
	return scene.make_invoice(
		total="30.00", posting_date=add_days(today(), -30), due_date=add_days(today(), days),
		bill_to_email="customer@example.com",
	)  # fmt: skip


def test_the_customer_is_reminded_three_days_before_and_one_day_after(scene, switch_on):
	switch_on("Invoice Due Soon")
	switch_on("Invoice Overdue")
	invoices = {days: due_in(scene, days) for days in (4, 3, 2, 0, -1, -2)}
	remind()
	mails = {days: mails_about(invoice.name) for days, invoice in invoices.items()}
	assert {days for days, found in mails.items() if found} == {3, -1}
	(soon,), (late,) = mails[3], mails[-1]
	assert soon.to == late.to == {"customer@example.com"}
	assert "Due soon" in soon.subject and "Overdue" in late.subject
	for mail in (soon, late):
		assert "/payment-link/" in mail.text and "30.00" in mail.text


def test_who_has_paid_or_is_paying_is_not_reminded(scene, switch_on):
	switch_on("Invoice Overdue")
	paid, under_way, partly = (due_in(scene, -1) for _invoice in range(3))
	scene.pay("30.00", invoice=paid)
	scene.pay_by_ach(scene.add_bank_account(), "30.00", invoice=under_way)
	scene.pay("10.00", invoice=partly)
	scene.drain()
	remind()
	assert mails_about(paid.name) == mails_about(under_way.name) == []
	(mail,) = mails_about(partly.name)
	assert "20.00" in mail.text


# What an administrator makes of them


def test_they_come_switched_off_and_nobody_is_mailed(scene, outgoing_account):
	names = ["Payment Receipt", "Invoice Due Soon", "Invoice Overdue"]
	assert frappe.get_all("Notification", {"name": ("in", names)}, pluck="enabled") == [0, 0, 0]
	outcome = scene.pay()
	scene.drain()
	assert mails_about(outcome["payment"]) == []


def test_migrate_leaves_what_an_administrator_edited_and_deleted(site_only):
	edited = frappe.get_doc("Notification", "Invoice Overdue")
	edited.update({"enabled": 1, "subject": "Mine", "days_in_advance": 9}).save()
	frappe.delete_doc("Notification", "Invoice Due Soon", force=True)
	notifications.make_once()
	now = frappe.get_doc("Notification", "Invoice Overdue")
	assert (now.enabled, now.subject, now.days_in_advance) == (1, "Mine", 9)
	assert not frappe.db.exists("Notification", "Invoice Due Soon")
	frappe.db.rollback()
	frappe.cache.delete_value("notifications")


def test_a_rate_is_printed_as_it_is(scene):
	invoice = scene.make_invoice(items=[{"description": "Calls", "quantity": 1000, "rate": 0.125}])
	printed = frappe.get_print("Portal Invoice", invoice.name)
	assert "0.125<" in printed and "125.00<" in printed


@pytest.mark.parametrize(
	"currency, total, printed", [("JPY", "4500", "4,500<"), ("KWD", "75.250", "75.250<")]
)
def test_an_invoice_is_printed_with_the_decimals_of_its_currency(scene, currency, total, printed):
	invoice = scene.make_invoice(total=total, currency=currency)
	assert (
		frappe.get_print("Portal Invoice", invoice.name).count(printed) == 4
	)  # rate, amount, total, outstanding
