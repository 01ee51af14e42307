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
from tests.support.accounts import ACCOUNT
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


def test_the_payer_of_a_card_gets_one_receipt(world, switch_on):
	switch_on("Payment Receipt")
	outcome = world.pay("60.00")
	world.drain()
	(mail,) = mails_about(outcome["payment"])
	assert mail.to == {email_of(world.payer)}
	assert world.invoice.title in mail.subject and "TEST MODE" in mail.subject
	payment = frappe.get_doc("Invoice Payment", outcome["payment"])
	for words in (
		payment.name,
		world.invoice.name,
		payment.method_label,
		payment.receipt_url,
		"60.00",
		"TEST MODE",
	):
		assert words in mail.text.replace("=\n", "").replace("&amp;", "&")


def test_settled_again_and_again_it_is_the_one_mail(world, switch_on):
	switch_on("Payment Receipt")
	outcome = world.pay()
	for _reading in range(3):
		settle(outcome["payment"])
		world.drain()
	assert len(mails_about(outcome["payment"])) == 1


def test_a_dispute_that_was_won_sends_no_second_one(world, switch_on):
	switch_on("Payment Receipt")
	outcome = world.pay()
	world.drain()
	intent = frappe.db.get_value("Invoice Payment", outcome["payment"], "payment_intent_id")
	dispute = world.emulator.dispute(intent)["dispute"]
	assert settle(outcome["payment"]).status == "Disputed"
	world.emulator.move_dispute(dispute, "won")
	assert settle(outcome["payment"]).status == "Succeeded"
	world.drain()
	assert len(mails_about(outcome["payment"])) == 1


def test_a_user_whose_address_is_not_their_name_gets_it_there(world, switch_on):
	switch_on("Payment Receipt")
	frappe.db.set_value("User", world.payer, "email", f"other-{world.payer}")
	frappe.clear_document_cache("User", world.payer)
	frappe.db.commit()
	outcome = world.pay()
	world.drain()
	assert [mail.to for mail in mails_about(outcome["payment"])] == [{f"other-{world.payer}"}]


def test_a_debit_has_its_receipt_when_the_bank_has_paid(world, switch_on):
	switch_on("Payment Receipt")
	outcome = world.pay_by_ach(world.add_bank_account())
	world.drain()
	assert mails_about(outcome["payment"]) == []
	intent = frappe.db.get_value("Invoice Payment", outcome["payment"], "payment_intent_id")
	world.emulator.settle(intent)
	for _event in range(2):
		settle_intent(ACCOUNT, intent)
		world.drain()
	(mail,) = mails_about(outcome["payment"])
	assert "•••• 6789" in mail.text
	assert mail.to == {email_of(world.payer)}


def test_what_was_declined_or_refunded_later_sends_none(world, switch_on):
	switch_on("Payment Receipt")
	declined = world.pay(card="declined")
	paid = world.pay()
	world.drain()
	with world.as_user("Administrator"):
		refund_payment(paid["payment"], "40.00")
	world.drain()
	assert mails_about(declined["payment"]) == []
	assert len(mails_about(paid["payment"])) == 1


def test_a_stranger_with_a_link_gets_it_at_the_address_given(world, switch_on):
	switch_on("Payment Receipt")
	stranger = Stranger(make_link(world.invoice), world.url)
	with_address = stranger.pay("60.00", email="jenny@example.com")
	without = stranger.pay("40.00")
	world.drain()
	assert [mail.to for mail in mails_about(with_address["payment"])] == [{"jenny@example.com"}]
	assert mails_about(without["payment"]) == []


def test_the_receipt_is_in_the_payers_language(world, switch_on):
	switch_on("Payment Receipt")
	frappe.db.set_value("User", world.payer, "language", "de")
	frappe.db.commit()
	outcome = world.pay()
	world.drain()
	(mail,) = mails_about(outcome["payment"])
	assert "Beleg" in mail.subject


def test_a_colleagues_timeline_has_no_copy_of_the_mail(world, switch_on):
	from frappe.desk.form.load import getdoc

	switch_on("Payment Receipt")
	outcome = world.pay()
	world.drain()
	label = frappe.db.get_value("Invoice Payment", outcome["payment"], "method_label")
	assert label in mails_about(outcome["payment"])[0].text
	with world.as_user(world.make_payer()):
		frappe.local.response = frappe._dict(docs=[])
		getdoc("Invoice Payment", outcome["payment"])
		shown = frappe.as_json(frappe.local.response, ensure_ascii=False)
		assert outcome["payment"] in shown and label not in shown


def test_without_a_pdf_program_it_goes_without_the_print_and_nothing_is_logged(world, switch_on, monkeypatch):
	monkeypatch.setattr(pdf.shutil, "which", lambda program: None)
	switch_on("Payment Receipt", attach_print=1)
	moment = frappe.utils.now()
	outcome = world.pay()
	world.drain()
	(mail,) = mails_about(outcome["payment"])
	assert mail.attachments == []
	assert errors_since(moment) == []


def test_with_a_pdf_program_the_print_that_an_administrator_asked_for_goes_along(
	world, switch_on, monkeypatch
):
	monkeypatch.setattr(pdf.shutil, "which", lambda program: f"/usr/bin/{program}")
	switch_on("Payment Receipt", attach_print=1)
	outcome = world.pay()
	world.drain()
	(mail,) = mails_about(outcome["payment"])
	assert [row["print_format"] for row in mail.attachments] == ["Payment Receipt"]


# The print


def test_the_payer_prints_what_they_paid_with_and_a_colleague_does_not(world):
	outcome = world.pay("60.00")
	world.drain()
	payment = frappe.get_doc("Invoice Payment", outcome["payment"])
	with world.as_user(world.payer):
		own = print_of(payment.name)
	with world.as_user(world.make_payer()):
		foreign = print_of(payment.name)
	for words in (payment.name, world.invoice.title, "60.00", "Paid", "TEST MODE", world.unit):
		assert words in own and words in foreign
	assert payment.method_label in own and payment.receipt_url in own
	assert payment.last4 not in foreign.replace(payment.name, "")
	assert payment.receipt_url not in foreign


def test_an_outsider_prints_nothing(world, make_unit, make_payer):
	outcome = world.pay()
	world.drain()
	with world.as_user(make_payer(unit=make_unit())), pytest.raises(frappe.PermissionError):
		print_of(outcome["payment"])


def test_a_name_alone_opens_no_receipt_to_whoever_fills_in_a_template(world, make_unit, make_payer):
	outcome = world.pay()
	world.drain()
	named = {"doctype": "Invoice Payment", "name": outcome["payment"], "flags": {"by_stripe_service": True}}
	colleague, outsider = world.make_payer(), make_payer(unit=make_unit())
	with world.as_user(outsider), pytest.raises(frappe.PermissionError):
		receipts.stripe_receipt(named)
	for user in (colleague, outsider):
		with world.as_user(user), pytest.raises(frappe.PermissionError):
			receipts.stripe_receipt_for_payer(named)


def test_a_document_that_a_request_made_up_opens_no_receipt(world, make_unit, make_payer):
	"""Frappe prints what it was sent, and asks that for its payer."""
	outcome = world.pay()
	outsider = make_payer(unit=make_unit())
	sent = {"doctype": "Invoice Payment", "name": outcome["payment"], "user": outsider}
	with world.as_user(outsider):
		assert frappe.get_doc(sent).has_permission("print")
		with pytest.raises(frappe.PermissionError):
			receipts.stripe_receipt(frappe.get_doc(sent))


@pytest.mark.parametrize("amount, stamp", [("40.00", "Partly refunded"), ("100.00", "Refunded")])
def test_the_stamp_says_what_was_refunded(world, amount, stamp):
	outcome = world.pay()
	world.drain()
	with world.as_user("Administrator"):
		refund_payment(outcome["payment"], amount)
	world.drain()
	with world.as_user(world.payer):
		printed = print_of(outcome["payment"])
	assert f">{stamp}</span>" in printed
	assert amount in printed


def test_what_failed_is_no_receipt(world):
	outcome = world.pay(card="declined")
	world.drain()
	with world.as_user(world.payer):
		assert "not a receipt" in print_of(outcome["payment"])


def test_what_people_typed_is_text_on_the_prints(world):
	invoice = world.make_invoice(total="10.00", title="Rent <b>in March</b>")
	outcome = world.pay("10.00", invoice=invoice)
	world.drain()
	for printed in (print_of(outcome["payment"]), frappe.get_print("Portal Invoice", invoice.name)):
		assert "<b>in March" not in printed and "in March" in printed


def test_the_invoice_bears_its_link_until_it_is_paid(world):
	token = make_link(world.invoice)
	printed = frappe.get_print("Portal Invoice", world.invoice.name)
	assert token in printed and "<svg" in printed
	assert world.invoice.bill_to in printed
	world.pay()
	world.drain()
	printed = frappe.get_print("Portal Invoice", world.invoice.name)
	assert token not in printed and "<svg" not in printed
	assert ">Paid</span>" in printed


# Reminders


def remind():
	from frappe.email.doctype.notification.notification import trigger_daily_alerts

	trigger_daily_alerts()
	frappe.db.commit()


def due_in(world, days: int):
	return world.make_invoice(
		total="30.00", posting_date=add_days(today(), -30), due_date=add_days(today(), days),
		bill_to_email="customer@example.com",
	)  # fmt: skip


def test_the_customer_is_reminded_three_days_before_and_one_day_after(world, switch_on):
	switch_on("Invoice Due Soon")
	switch_on("Invoice Overdue")
	invoices = {days: due_in(world, days) for days in (4, 3, 2, 0, -1, -2)}
	remind()
	mails = {days: mails_about(invoice.name) for days, invoice in invoices.items()}
	assert {days for days, found in mails.items() if found} == {3, -1}
	(soon,), (late,) = mails[3], mails[-1]
	assert soon.to == late.to == {"customer@example.com"}
	assert "Due soon" in soon.subject and "Overdue" in late.subject
	for mail in (soon, late):
		assert "/payment-link/" in mail.text and "30.00" in mail.text


def test_who_has_paid_or_is_paying_is_not_reminded(world, switch_on):
	switch_on("Invoice Overdue")
	paid, under_way, partly = (due_in(world, -1) for _invoice in range(3))
	world.pay("30.00", invoice=paid)
	world.pay_by_ach(world.add_bank_account(), "30.00", invoice=under_way)
	world.pay("10.00", invoice=partly)
	world.drain()
	remind()
	assert mails_about(paid.name) == mails_about(under_way.name) == []
	(mail,) = mails_about(partly.name)
	assert "20.00" in mail.text


# What an administrator makes of them


def test_they_come_switched_off_and_nobody_is_mailed(world, outgoing_account):
	names = ["Payment Receipt", "Invoice Due Soon", "Invoice Overdue"]
	assert frappe.get_all("Notification", {"name": ("in", names)}, pluck="enabled") == [0, 0, 0]
	outcome = world.pay()
	world.drain()
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


def test_the_days_of_an_invoice_are_printed_with_the_month_by_its_name(world):
	invoice = world.make_invoice(posting_date="2026-02-11", due_date="2026-12-02")
	printed = frappe.get_print("Portal Invoice", invoice.name)
	assert "Feb 11, 2026" in printed and "Dec 2, 2026" in printed


def test_a_rate_is_printed_as_it_is(world):
	invoice = world.make_invoice(items=[{"description": "Calls", "quantity": 1000, "rate": 0.125}])
	printed = frappe.get_print("Portal Invoice", invoice.name)
	assert "0.125<" in printed and "125.00<" in printed


@pytest.mark.parametrize(
	"currency, total, printed", [("JPY", "4500", "4,500<"), ("KWD", "75.250", "75.250\u2069<")]
)
def test_an_invoice_is_printed_with_the_decimals_of_its_currency(world, currency, total, printed):
	invoice = world.make_invoice(total=total, currency=currency)
	assert (
		frappe.get_print("Portal Invoice", invoice.name).count(printed) == 4
	)  # rate, amount, total, outstanding
