"""What a payer can't mend: the payer reads that it is not their fault, administrators are told once, and it clears by itself."""

import frappe
import pytest

from stripe_emulator.accounts import APP_PERMISSIONS
from stripe_service.accounts import overview, registration
from stripe_service.accounts.secrets import write_secret
from stripe_service.api import pay as pay_api
from stripe_service.api import refund as refund_api
from stripe_service.gateway import errors
from stripe_service.payments import intent
from stripe_service.payments.refund import RefundRefused
from stripe_service.setup import checklist
from stripe_service.utils.notices import deliver_pending
from stripe_service.utils.stripe_errors import PaymentsUnavailable
from tests.support.accounts import DEBIT_AND_CARD

WORDS = "Payments can't be taken at the moment; the administrators have been notified."


@pytest.fixture
def administrator(make_user):
	return make_user(roles=["Stripe Administrator"])


@pytest.fixture
def account(make_account):
	return make_account(country="US", default_currency="usd", capabilities=DEBIT_AND_CARD)


@pytest.fixture
def restricted(account_world, connected):
	"""The account, used with a restricted key; `without(right)` takes a right away, `with_all()` gives them back."""

	class Restricted:
		key = connected.restricted_key(*APP_PERMISSIONS)

		def without(self, *rights):
			"""Reading is still allowed, where a right to write was taken away."""
			left = [name for name in APP_PERMISSIONS if name not in rights]
			reading = [right.replace("_write", "_read") for right in rights if right.endswith("_write")]
			connected.emulator.set_permissions(self.key, left + reading)

		def with_all(self):
			connected.emulator.set_permissions(self.key, APP_PERMISSIONS)

	restricted = Restricted()
	write_secret(connected.name, "secret_key", restricted.key)
	frappe.db.commit()
	return restricted


def problem_of(account) -> str | None:
	frappe.db.rollback()
	return frappe.db.get_value("Stripe Account", account.name, "problem")


def notices_of(user: str, account) -> list[str]:
	frappe.db.rollback()
	deliver_pending()
	return frappe.get_all(
		"Notification Log", {"for_user": user, "document_name": account.name}, pluck="subject"
	)


def account_part() -> dict:
	return next(part for part in checklist.checklist() if part["part"] == "account")


def test_a_revoked_key_is_nobodys_fault_at_the_till(account_world, connected, administrator):
	account_world.pay_new_invoice()
	connected.emulator.revoke_key(connected.keys["secret_key"])
	for _press in range(3):
		with pytest.raises(PaymentsUnavailable, match="administrators have been notified") as caught:
			account_world.pay_new_invoice()
		assert caught.value.http_status_code == 503
	assert "Enter a new one" in problem_of(connected)
	(notice,) = notices_of(administrator, connected)
	assert "secret key" in notice and connected.name in notice
	assert (account_part()["state"], account_part()["message"]) == ("Warning", problem_of(connected))
	shown = next(row for row in overview.overview()["accounts"] if row["name"] == connected.name)
	assert shown["problem"] == problem_of(connected) and "problems" not in shown


def test_a_new_key_clears_it_and_a_second_revocation_is_told_again(account_world, connected, administrator):
	connected.emulator.revoke_key(connected.keys["secret_key"])
	with pytest.raises(PaymentsUnavailable):
		account_world.pay_new_invoice()
	fresh = f"sk_test_{connected.at_stripe}_fresh"
	connected.emulator.create_key(fresh, None, kind="secret", account=connected.at_stripe)
	write_secret(connected.name, "secret_key", fresh)
	frappe.db.commit()
	assert account_world.pay_new_invoice()["outcome"] == "paid"
	assert problem_of(connected) is None
	connected.emulator.revoke_key(fresh)
	with pytest.raises(PaymentsUnavailable):
		account_world.pay_new_invoice()
	assert len(notices_of(administrator, connected)) == 2


@pytest.mark.parametrize(
	"right, how",
	[("customer_write", "failed"), ("payment_intent_write", "failed"), ("confirmation_token_read", "raised")],
)
def test_a_missing_right_is_named_once_and_cleared_when_it_works_again(
	account_world, connected, restricted, administrator, right, how
):
	restricted.without(right)
	for _press in range(2):
		if how == "raised":
			with pytest.raises(PaymentsUnavailable, match="administrators have been notified"):
				account_world.pay_new_invoice()
		else:
			outcome = account_world.pay_new_invoice()
			assert (outcome["outcome"], outcome["message"]) == ("failed", WORDS)
	(notice,) = notices_of(administrator, connected)
	assert f"rak_{right}" in notice and f"rak_{right}" in problem_of(connected)
	restricted.with_all()
	assert account_world.pay_new_invoice()["outcome"] == "paid"
	assert problem_of(connected) is None


def test_a_missing_right_to_refund_does_not_stop_payments_and_stays_until_a_refund_works(
	account_world, connected, restricted, administrator
):
	payment = account_world.pay_new_invoice()["payment"]
	restricted.without("charge_write")
	with pytest.raises(RefundRefused, match="lacks the permission rak_charge_write"):
		refund_api.refund_payment(payment, "10.00")
	assert account_world.pay_new_invoice()["outcome"] == "paid"
	assert "rak_charge_write" in problem_of(
		connected
	), "another call that works says nothing about this right"
	restricted.with_all()
	refund_api.refund_payment(payment, "10.00")
	assert problem_of(connected) is None
	assert len(notices_of(administrator, connected)) == 1


def test_several_missing_rights_are_each_told_once(account_world, connected, restricted, administrator):
	payment = account_world.pay_new_invoice()["payment"]
	restricted.without("charge_write", "payment_intent_write")
	for _press in range(2):
		assert account_world.pay_new_invoice()["outcome"] == "failed"
		with pytest.raises(RefundRefused):
			refund_api.refund_payment(payment, "10.00")
	assert len(notices_of(administrator, connected)) == 2
	assert "rak_charge_write" in problem_of(connected) and "rak_payment_intent_write" in problem_of(connected)


def test_an_account_that_may_not_charge(account_world, connected, administrator):
	account_world.pay_new_invoice()
	connected.emulator.update_account(connected.at_stripe, charges_enabled=False)
	for _press in range(2):
		outcome = account_world.pay_new_invoice()
		assert (outcome["outcome"], outcome["message"]) == ("failed", WORDS)
	(notice,) = notices_of(administrator, connected)
	assert "cannot currently make live charges" in notice
	connected.emulator.update_account(connected.at_stripe, charges_enabled=True)
	assert account_world.pay_new_invoice()["outcome"] == "paid"
	assert problem_of(connected) is None


def test_trying_what_a_key_may_do_tells_nobody(connected, restricted, administrator):
	from stripe_service.accounts import key_permissions

	restricted.without("payout_read")
	key_permissions.report(connected.name)
	assert problem_of(connected) is None and notices_of(administrator, connected) == []


def test_that_a_restricted_key_may_not_read_the_account_is_no_problem(connected, restricted):
	registration.refresh(connected.name)
	assert problem_of(connected) is None


def test_refreshing_by_hand_forgets_the_rights_that_were_missing(account_world, connected, restricted):
	restricted.without("charge_write")
	payment = account_world.pay_new_invoice()["payment"]
	with pytest.raises(RefundRefused):
		refund_api.refund_payment(payment, "10.00")
	registration.refresh(connected.name)
	assert problem_of(connected)
	registration.refresh(connected.name, by_hand=True)
	assert problem_of(connected) is None


def test_nobody_writes_a_problem_by_form(connected, account_world):
	connected.emulator.revoke_key(connected.keys["secret_key"])
	with pytest.raises(PaymentsUnavailable):
		account_world.pay_new_invoice()
	doc = connected.document()
	doc.problem, doc.problems = "all is well", None
	doc.save()
	frappe.db.commit()
	assert "secret key" in problem_of(connected)


# the account's facts


def test_the_facts_of_the_account_are_read_anew_every_day(connected):
	connected.emulator.update_account(
		connected.at_stripe, business_name="Renamed & Sons", charges_enabled=False
	)
	registration.refresh_all()
	doc = connected.document()
	assert (doc.business_name, doc.charges_enabled) == ("Renamed & Sons", 0)
	assert "stripe_service.accounts.registration.refresh_all" in frappe.get_hooks("scheduler_events")["daily"]


def test_an_account_that_can_not_be_read_does_not_stop_the_next(connected, make_account):
	other = make_account()
	registration.connect_account(other.name, **other.keys, **other.addresses)
	for known in (connected, other):
		known.emulator.update_account(known.at_stripe, business_name="Renamed & Sons")
	connected.emulator.revoke_key(connected.keys["secret_key"])
	registration.refresh_all()
	assert other.document().business_name == "Renamed & Sons"


# methods that are not switched on at Stripe


def pay_by_ach(account_world, bank_account: str) -> dict:
	return account_world.pay_by_ach(bank_account, invoice=account_world.make_invoice())


def pay_with(account_world, saved_card: str) -> dict:
	return account_world.pay_new_invoice(saved_method=saved_card)


def test_a_method_that_stripe_leaves_out_is_refused_before_it_is_confirmed(
	account_world, connected, administrator
):
	bank_account = account_world.add_bank_account()
	connected.emulator.switch_method("us_bank_account", False, account=connected.at_stripe)
	connected.emulator.clear_requests()
	outcome = pay_by_ach(account_world, bank_account)
	assert outcome["outcome"] == "failed" and "bank account is not switched on" in outcome["message"]
	assert connected.emulator.count_requests(path="*/confirm") == 0
	(notice,) = notices_of(administrator, connected)
	assert "ACH Direct Debit" in notice and "dashboard.stripe.com/settings/payment_methods" in notice
	assert account_part()["message"] == problem_of(connected)

	form = account_world.form()
	assert form["methods"]["us_bank_account"]["allowed"] is False
	assert "not switched on at Stripe" in form["methods"]["us_bank_account"]["reason"]
	assert form["methods"]["card"]["allowed"] is True
	assert account_world.pay_new_invoice()["outcome"] == "paid"

	connected.emulator.switch_method("us_bank_account", True, account=connected.at_stripe)
	registration.refresh_all()
	assert problem_of(connected) is None
	assert pay_by_ach(account_world, bank_account)["outcome"] == "processing"


def test_an_answer_without_the_method_that_was_asked_for_is_no_payment(account_world):
	"""Stripe leaves out what does not fit, without a word."""
	payment = frappe.get_doc("Invoice Payment", account_world.pay_new_invoice()["payment"])
	with pytest.raises(errors.AccountUnable):
		intent.check_method_is_left(payment, {"id": "pi_x", "payment_method_types": ["us_bank_account"]})
	intent.check_method_is_left(payment, {"id": "pi_x", "payment_method_types": ["card", "us_bank_account"]})


def test_a_method_that_is_switched_off_is_seen_before_a_payer_meets_it(
	account_world, connected, administrator
):
	connected.emulator.switch_method("card", False, account=connected.at_stripe)
	registration.refresh_all()
	assert "payment by card is not switched on" in problem_of(connected)
	assert len(notices_of(administrator, connected)) == 1
	form = account_world.form()
	assert form["methods"]["card"]["allowed"] is False
	registration.refresh_all()
	assert len(notices_of(administrator, connected)) == 1


def test_connecting_an_account_looks_at_its_methods(account, drain):
	account.emulator.switch_method("us_bank_account", False, account=account.at_stripe)
	account.connect()
	drain()
	assert "ACH" in problem_of(account)
	(made,) = [found for found in account.emulator.objects("setup_intent", account=account.at_stripe)][-1:]
	assert made["status"] == "canceled"


def test_an_account_that_is_not_able_to_take_ach_has_no_problem_with_it(make_account, drain):
	card_only = make_account(country="DE", default_currency="eur", capabilities={"card_payments": "active"})
	card_only.connect()
	drain()
	assert problem_of(card_only) is None


# objects that Stripe no longer knows


def test_a_missing_customer_is_made_anew_and_the_payment_goes_on(account_world, connected):
	account_world.pay_new_invoice(save=1)
	account_world.drain()
	first = account_world.customer()
	card = frappe.db.get_value("Saved Card", {"stripe_customer": first})
	connected.emulator.forget(first)
	connected.emulator.clear_requests()
	outcome = account_world.pay_new_invoice()
	assert outcome["outcome"] == "paid"
	sent = connected.emulator.requests(path="/v1/payment_intents", method="POST")
	assert len({call["idempotency_key"] for call in sent}) == 2, "other parameters need another key"
	second = account_world.customer()
	assert second and second != first
	assert frappe.db.get_value("Stripe Customer", first, "status") == "Deleted"
	assert frappe.db.get_value("Saved Card", card, "status") == "Removed"
	assert frappe.db.get_value("Invoice Payment", outcome["payment"], "stripe_customer") == second


def test_a_missing_customer_is_replaced_once_and_not_for_ever(account_world, connected):
	account_world.pay_new_invoice()
	connected.emulator.forget(account_world.customer())
	missing = {"status": 400, "code": "resource_missing", "param": "customer"}
	connected.emulator.fault("error", operation="payment_intents.create", count=-1, **missing)
	connected.emulator.clear_requests()
	assert account_world.pay_new_invoice()["outcome"] == "failed"
	connected.emulator.clear_faults()
	assert connected.emulator.count_requests(path="/v1/payment_intents", method="POST") == 2


def test_a_missing_customer_takes_its_saved_card_along(account_world, connected):
	account_world.pay_new_invoice(save=1)
	account_world.drain()
	first = account_world.customer()
	card = frappe.db.get_value("Saved Card", {"stripe_customer": first})
	connected.emulator.forget(first)
	outcome = pay_with(account_world, card)
	assert outcome["outcome"] == "failed" and "Choose or add another one" in outcome["message"]
	assert frappe.db.get_value("Saved Card", card, "status") == "Removed"
	assert account_world.pay_new_invoice()["outcome"] == "paid"


def test_a_missing_customer_is_made_anew_when_a_bank_account_is_added(account_world, connected):
	account_world.pay_new_invoice()
	first = account_world.customer()
	connected.emulator.forget(first)
	bank_account = account_world.add_bank_account()
	assert frappe.db.get_value("Stripe Bank Account", bank_account, ["status", "stripe_customer"]) == (
		"Verified",
		account_world.customer(),
	)
	assert account_world.customer() != first


def test_a_missing_saved_card_is_marked_and_the_payer_is_told_to_choose_another(account_world, connected):
	account_world.pay_new_invoice(save=1)
	account_world.drain()
	card = frappe.db.get_value("Saved Card", {"stripe_customer": account_world.customer()})
	connected.emulator.forget(card)
	outcome = pay_with(account_world, card)
	assert outcome["outcome"] == "failed" and "Use another one" in outcome["message"]
	assert frappe.db.get_value("Saved Card", card, "status") == "Removed"


def test_a_missing_mandate_blocks_the_bank_account(account_world, connected):
	bank_account = account_world.add_bank_account()
	connected.emulator.forget(frappe.db.get_value("Stripe Bank Account", bank_account, "mandate_id"))
	outcome = pay_by_ach(account_world, bank_account)
	assert outcome["outcome"] == "failed" and "authorise" in outcome["message"]
	row = frappe.get_doc("Stripe Bank Account", bank_account)
	assert row.status == "Blocked" and "authorise" in row.status_reason


def test_a_blocked_bank_account_is_shown_blocked_after_its_refusal(account_world, connected):
	bank_account = account_world.add_bank_account()
	connected.emulator.hold_webhooks()
	connected.emulator.block_bank_account(
		frappe.db.get_value("Stripe Bank Account", bank_account, "payment_method_id")
	)
	outcome = pay_by_ach(account_world, bank_account)
	connected.emulator.clear_webhook_rules()
	assert outcome["outcome"] == "failed" and "closed" in outcome["message"]
	assert frappe.db.get_value("Stripe Bank Account", bank_account, "status") == "Blocked"


# e-mail addresses that Stripe refuses


@pytest.fixture
def refused_address(emulator):
	emulator.settings(refused_emails=["*@example.com"])
	yield
	emulator.settings(refused_emails=[])


def test_an_address_that_stripe_refuses_does_not_stop_the_payment(account_world, connected, refused_address):
	frappe.db.set_single_value("Stripe Service Settings", "email_receipts", 1)
	frappe.db.commit()
	assert account_world.pay_new_invoice()["outcome"] == "paid"
	(customer,) = connected.customers()
	assert customer["email"] is None
	assert account_world.pay_new_invoice()["outcome"] == "paid", "nor the next"


def test_an_address_that_stripe_refuses_later_does_not_either(account_world, connected, emulator):
	frappe.db.set_single_value("Stripe Service Settings", "email_receipts", 1)
	frappe.db.commit()
	account_world.pay_new_invoice()
	emulator.settings(refused_emails=["*"])
	user = frappe.get_doc("User", account_world.payer)
	user.update({"first_name": "Ada", "last_name": "Lovelace"})
	user.save()
	frappe.db.commit()
	emulator.clear_requests()
	try:
		assert account_world.pay_new_invoice()["outcome"] == "paid"
	finally:
		emulator.settings(refused_emails=[])
	sent = emulator.requests(path="*/confirm", method="POST")
	assert len({call["idempotency_key"] for call in sent}) == 2, "other parameters need another key"
	assert connected.customers()[0]["name"] == "Ada Lovelace"


# brands


def test_a_brand_that_was_switched_off_is_refused_for_saved_cards_too(account_world, connected):
	account_world.pay_new_invoice(save=1)
	account_world.drain()
	card = frappe.db.get_value("Saved Card", {"stripe_customer": account_world.customer()})
	settings = frappe.get_doc("Stripe Service Settings")
	settings.brand_visa = 0
	settings.save()
	frappe.db.commit()
	try:
		invoice = account_world.make_invoice()
		with (
			account_world.as_user(account_world.payer),
			pytest.raises(frappe.ValidationError, match="VISA cards are not accepted"),
		):
			pay_api.pay("Portal Invoice", invoice.name, "100.00", "card", saved_method=card)
		with account_world.as_user(account_world.payer):
			(listed,) = pay_api.open_form("Portal Invoice", invoice.name)["saved"]["cards"]
		assert listed["usable"] is False and "not accepted" in listed["reason"]
		assert not frappe.db.exists("Invoice Payment", {"reference_name": invoice.name})
	finally:
		settings.reload()
		settings.brand_visa = 1
		settings.save()
		frappe.db.commit()
