"""A payer adds a US bank account, verifies it, and everything that can come between."""

import frappe
import pytest

from stripe_service.api import methods as api
from stripe_service.saved_methods import bank_accounts, saved_method
from stripe_service.saved_methods.saved_method import payment_params
from stripe_service.saved_methods.verification import WrongDeposits
from stripe_service.stripe_service.doctype.stripe_bank_account.stripe_bank_account import StripeBankAccount
from stripe_service.utils import failure_messages
from stripe_service.utils.dates import date_in_words
from stripe_service.utils.stripe_errors import RefusedByStripe, StripeUnavailable
from tests.support.paying import confirm_setup
from tests.support.records import unique

ACCOUNT = "Emulator"
CONTACT_BANK = "ontact your bank"


@pytest.fixture
def world(make_world, emulator):
	"""Someone with the right to pay who has no bank account yet."""
	emulator.settings(microdeposit_type="descriptor_code")
	return make_world()


def enter_verified(world, number="good") -> dict:
	"""A typed account that its deposit has verified; the row as listed."""
	name = world.enter_bank_account(number)["name"]
	return world.does(api.verify_bank_account, name, descriptor_code="SM11AA")


def row_of(name):
	frappe.db.rollback()
	return frappe.get_doc("Stripe Bank Account", name)


# adding


def test_a_linked_account_is_verified_at_once_and_is_the_default(world):
	added = world.enter_bank_account(linked=True)

	assert (added["status"], added["usable"], added["is_default"]) == ("Verified", True, True)
	row = row_of(added["name"])
	assert (row.user, row.owner, row.last4, row.verification_method) == (
		world.payer,
		world.payer,
		"6789",
		"instant",
	)
	assert row.mandate_id.startswith("mandate_")
	assert row.bank_name and row.routing_number


def test_a_typed_account_waits_for_a_deposit_with_a_code_and_says_when_it_comes(world):
	added = world.enter_bank_account()

	assert (added["status"], added["usable"]) == ("Verification Pending", False)
	assert (added["microdeposit_type"], added["attempts_left"]) == ("descriptor_code", 10)
	assert added["arrival_date"] >= str(frappe.utils.getdate())
	assert "$0.01" in added["reason"]
	assert date_in_words(added["arrival_date"]) in added["reason"]


def test_the_numbers_of_the_account_are_nowhere_on_the_site(world):
	row = row_of(enter_verified(world)["name"])
	assert "000123456789" not in frappe.as_json(row)
	assert not frappe.db.exists("Version", {"docname": row.name, "data": ["like", "%000123456789%"]})


def test_an_account_that_was_never_filled_in_is_not_listed_and_gone_after_a_day(world):
	started = world.does(api.start_bank_account)
	assert world.bank_accounts() == []

	_make_older(started["name"], days=2)
	bank_accounts.sync_open()

	assert not frappe.db.exists("Stripe Bank Account", started["name"])
	assert world.gateway.call("setup_intents.retrieve", started["setup_intent"])["status"] == "canceled"


def test_an_account_whose_browser_closed_before_it_came_back_is_found_by_the_hourly_job(world):
	started = world.does(api.start_bank_account)
	confirm_setup(world.url, started)
	assert world.bank_accounts() == []

	_make_older(started["name"], hours=2)
	bank_accounts.sync_open()

	assert [row["status"] for row in world.bank_accounts()] == ["Verification Pending"]


def _make_older(name, **ago):
	then = frappe.utils.add_to_date(
		frappe.utils.now_datetime(), **{key: -value for key, value in ago.items()}
	)
	frappe.db.set_value(
		"Stripe Bank Account", name, {"creation": then, "modified": then}, update_modified=False
	)
	frappe.db.commit()


def test_too_many_forms_opened_and_left_are_refused_for_a_while(world):
	for _ in range(bank_accounts.UNFINISHED_ALLOWED):
		world.does(api.start_bank_account)
	with pytest.raises(frappe.ValidationError, match="Finish one"):
		world.does(api.start_bank_account)


def test_a_customer_who_was_deleted_at_stripe_gets_a_new_one(world):
	world.does(api.start_bank_account)
	deleted = _customer_of(world.payer)
	world.gateway.call("customers.delete", deleted)

	assert world.enter_bank_account(linked=True)["usable"]
	assert _customer_of(world.payer) != deleted


def _customer_of(user):
	return frappe.db.get_value("Stripe Customer", {"user": user, "status": "Active"})


# verifying


def test_the_code_of_the_deposit_verifies_the_account(world):
	name = world.enter_bank_account()["name"]

	verified = world.does(api.verify_bank_account, name, descriptor_code=" sm11aa ")

	assert (verified["status"], verified["usable"], verified["reason"]) == ("Verified", True, None)
	assert row_of(name).verified_at
	assert world.gateway.call("payment_methods.retrieve", row_of(name).payment_method_id)[
		"customer"
	] == _customer_of(world.payer)


def test_two_amounts_verify_the_account_in_any_order(world, emulator):
	emulator.settings(microdeposit_type="amounts")
	added = world.enter_bank_account()
	assert (added["microdeposit_type"], added["attempts_left"]) == ("amounts", 3)

	assert world.does(api.verify_bank_account, added["name"], "45", "32")["usable"]


def test_wrong_amounts_cost_a_try_and_after_the_last_the_bank_has_to_be_asked(world, emulator):
	emulator.settings(microdeposit_type="amounts")
	name = world.enter_bank_account()["name"]

	with pytest.raises(WrongDeposits, match="You have 2 tries left"):
		world.does(api.verify_bank_account, name, 1, 2)
	assert world.bank_accounts()[0]["attempts_left"] == 2
	with pytest.raises(WrongDeposits, match="You have one try left"):
		world.does(api.verify_bank_account, name, 3, 4)

	failed = world.does(api.verify_bank_account, name, 5, 6)
	assert (failed["status"], failed["usable"]) == ("Failed", False)
	assert "too many wrong tries" in failed["reason"]
	assert CONTACT_BANK in failed["reason"]


def test_a_wrong_code_leaves_nine_tries(world):
	name = world.enter_bank_account()["name"]
	with pytest.raises(WrongDeposits, match="You have 9 tries left"):
		world.does(api.verify_bank_account, name, descriptor_code="SM99ZZ")
	assert row_of(name).status == "Verification Pending"


@pytest.mark.parametrize(
	"code, words", [("SM33CC", "too many wrong tries"), ("SM44DD", "not completed within 10 days")]
)
def test_a_verification_that_stripe_ends_is_failed_in_plain_words(world, code, words):
	failed = world.does(api.verify_bank_account, world.enter_bank_account()["name"], descriptor_code=code)
	assert failed["status"] == "Failed"
	assert words in failed["reason"]
	assert CONTACT_BANK in failed["reason"]


def test_a_verification_that_nobody_makes_fails_after_ten_days(world, emulator):
	name = world.enter_bank_account()["name"]
	emulator.advance(days=11)

	bank_accounts.sync(name)

	assert world.bank_accounts()[0]["status"] == "Failed"
	assert "10 days" in world.bank_accounts()[0]["reason"]
	assert world.bank_accounts()[0]["last4"] == "6789"


def test_deposits_that_cannot_be_sent_fail_the_account(world, emulator):
	name = world.enter_bank_account("deposits_fail")["name"]
	emulator.advance(days=6)

	bank_accounts.sync(name)

	failed = world.bank_accounts()[0]
	assert failed["status"] == "Failed"
	assert "could not be sent" in failed["reason"]
	assert CONTACT_BANK in failed["reason"]


def test_a_failed_account_is_removed_and_added_again(world):
	failed = world.does(api.verify_bank_account, world.enter_bank_account()["name"], descriptor_code="SM33CC")

	left = world.does(api.remove_method, failed["name"])["bank_accounts"]
	assert left == []
	assert enter_verified(world)["usable"]


@pytest.mark.parametrize(
	"guess, words",
	[
		({}, "A code was sent"),
		({"first_amount": 32, "second_amount": 45}, "A code was sent"),
		({"descriptor_code": "12"}, "begins with SM"),
		({"descriptor_code": "SM11AA'--"}, "begins with SM"),
	],
)
def test_what_can_not_be_the_code_is_refused_without_costing_a_try(world, guess, words):
	name = world.enter_bank_account()["name"]
	with pytest.raises(frappe.ValidationError, match=words):
		world.does(api.verify_bank_account, name, **guess)
	assert row_of(name).attempts_left == 10


@pytest.mark.parametrize(
	"amounts", [("0", "45"), ("32", ""), ("0.32", "0.45"), ("100", "45"), ("-1", "2"), ("a", "b")]
)
def test_what_can_not_be_the_amounts_is_refused_without_costing_a_try(world, emulator, amounts):
	emulator.settings(microdeposit_type="amounts")
	name = world.enter_bank_account()["name"]
	with pytest.raises(frappe.ValidationError, match="amounts"):
		world.does(api.verify_bank_account, name, *amounts)
	assert row_of(name).attempts_left == 3


def test_verifying_again_what_is_verified_changes_nothing(world):
	verified = enter_verified(world)
	assert world.does(api.verify_bank_account, verified["name"], descriptor_code="SM99ZZ") == verified


# what Stripe says later


def test_a_verified_account_is_blocked_with_the_banks_reason_and_pays_no_more(world, emulator):
	name = enter_verified(world)["name"]
	emulator.block_bank_account(row_of(name).payment_method_id, "R02", "account_closed")

	bank_accounts.sync(name)

	blocked = world.bank_accounts()[0]
	assert (blocked["status"], blocked["usable"], blocked["is_default"]) == ("Blocked", False, False)
	assert "account is closed" in blocked["reason"]
	assert row_of(name).network_code == "R02"
	with pytest.raises(frappe.ValidationError, match="account is closed"):
		payment_params(name, world.payer, ACCOUNT, "us_bank_account")


def test_an_account_whose_mandate_was_withdrawn_is_blocked(world, emulator):
	name = enter_verified(world)["name"]
	emulator.end_mandate(row_of(name).mandate_id)

	bank_accounts.sync(name)

	assert world.bank_accounts()[0]["status"] == "Blocked"
	assert "authorise it again" in world.bank_accounts()[0]["reason"]


def test_an_account_that_was_detached_elsewhere_is_removed(world):
	name = enter_verified(world)["name"]
	world.gateway.call("payment_methods.detach", row_of(name).payment_method_id)

	bank_accounts.sync(name)

	assert world.bank_accounts() == []
	assert row_of(name).status == "Removed"
	assert row_of(name).removed_at


def test_an_old_reading_does_not_undo_a_newer_one(world):
	name = world.enter_bank_account()["name"]
	readings = []

	def read():
		"""The first reading is slow: while it is on its way, the payer verifies the account."""
		intent = row_of(name).read()
		readings.append(intent["status"])
		if len(readings) == 1:
			world.does(api.verify_bank_account, name, descriptor_code="SM11AA")
		return intent

	saved_method.apply_fresh_reading("Stripe Bank Account", name, read, StripeBankAccount.apply)

	assert readings == ["requires_action", "succeeded"]
	assert row_of(name).status == "Verified"


def test_reading_stripe_again_and_again_writes_nothing(world):
	name = enter_verified(world)["name"]
	before = row_of(name).modified
	for _ in range(3):
		bank_accounts.sync(name)
	assert row_of(name).modified == before


def test_a_removed_account_stays_removed_whatever_stripe_reports(world):
	name = enter_verified(world)["name"]
	world.does(api.remove_method, name)
	bank_accounts.sync(name)
	assert row_of(name).status == "Removed"


def test_the_same_account_added_twice_leaves_the_newer_one(world):
	first, second = enter_verified(world), enter_verified(world)

	assert [row["name"] for row in world.bank_accounts()] == [second["name"]]
	assert world.bank_accounts()[0]["is_default"]
	assert row_of(first["name"]).status == "Removed"
	assert (
		world.gateway.call("payment_methods.retrieve", row_of(first["name"]).payment_method_id)["customer"]
		is None
	)


# removing


def test_removing_a_verified_account_detaches_it_at_stripe(world):
	name = enter_verified(world)["name"]

	assert world.does(api.remove_method, name)["bank_accounts"] == []

	assert world.gateway.call("payment_methods.retrieve", row_of(name).payment_method_id)["customer"] is None
	with pytest.raises(frappe.ValidationError, match="removed"):
		payment_params(name, world.payer, ACCOUNT, "us_bank_account")


def test_removing_an_account_that_waits_ends_its_verification(world):
	name = world.enter_bank_account()["name"]
	world.does(api.remove_method, name)
	assert world.gateway.call("setup_intents.retrieve", row_of(name).setup_intent_id)["status"] == "canceled"


def test_removing_one_that_was_verified_a_moment_ago_detaches_it_all_the_same(world):
	name = world.enter_bank_account()["name"]
	# Verified at Stripe (on its hosted page), and this site has not heard of it.
	world.gateway.call(
		"setup_intents.verify_microdeposits",
		row_of(name).setup_intent_id,
		params={"descriptor_code": "SM11AA"},
	)

	world.does(api.remove_method, name)

	assert row_of(name).status == "Removed"
	assert world.gateway.call("payment_methods.retrieve", row_of(name).payment_method_id)["customer"] is None


def test_nothing_is_removed_while_stripe_can_not_be_reached(world, emulator):
	name = enter_verified(world)["name"]
	emulator.fault("error_before", path="/v1/payment_methods/*", count=-1)

	with pytest.raises(StripeUnavailable):
		world.does(api.remove_method, name)
	assert row_of(name).status == "Verified"

	emulator.clear_faults()
	assert world.does(api.remove_method, name)["bank_accounts"] == []


def test_an_account_that_can_not_be_begun_at_stripe_leaves_nothing_to_see(world, emulator):
	emulator.fault("error_before", path="/v1/setup_intents", count=-1)
	with pytest.raises(StripeUnavailable):
		world.does(api.start_bank_account)
	emulator.clear_faults()
	assert world.bank_accounts() == []


def test_what_stripe_refuses_is_told_in_words_and_kept_for_the_administrator(world, emulator):
	code = "a_code_of_tomorrow"
	emulator.fault(
		"error", path="/v1/setup_intents", method="POST", status=400, type="invalid_request_error", code=code,
		message="Developer speak.",
	)  # fmt: skip
	with pytest.raises(RefusedByStripe) as refused:
		world.does(api.start_bank_account)
	assert "tell your administrator" in str(refused.value)
	assert "Developer" not in str(refused.value)

	frappe.db.rollback()
	flush_deferred_errors()
	assert "Developer speak." in frappe.get_last_doc("Error Log", {"method": f"Stripe refused: {code}"}).error


def flush_deferred_errors():
	"""What the scheduler does every few minutes."""
	from frappe.deferred_insert import save_to_db

	save_to_db()
	frappe.db.commit()


# paying with one


def test_a_verified_account_pays_with_its_mandate(world):
	name = enter_verified(world)["name"]
	row = row_of(name)

	params = payment_params(name, world.payer, ACCOUNT, "us_bank_account")

	assert params == {
		"payment_method": row.payment_method_id,
		"mandate": row.mandate_id,
		"display": {"brand": row.bank_name, "last4": "6789", "method_label": f"{row.bank_name} •••• 6789"},
	}
	intent = world.gateway.call(
		"payment_intents.create",
		params={
			"amount": 5000,
			"currency": "usd",
			"customer": row.stripe_customer,
			"allowed_payment_method_types": ["us_bank_account"],
		},
	)
	params.pop("display")
	confirmed = world.gateway.call("payment_intents.confirm", intent["id"], params=params)
	assert confirmed["status"] == "processing"


@pytest.mark.parametrize("code", [None, "SM33CC"])
def test_only_a_verified_account_can_pay_or_be_the_default(world, code):
	name = world.enter_bank_account()["name"]
	if code:
		world.does(api.verify_bank_account, name, descriptor_code=code)
	with pytest.raises(frappe.ValidationError, match="erif"):
		payment_params(name, world.payer, ACCOUNT, "us_bank_account")
	with pytest.raises(frappe.ValidationError, match="erif"):
		world.does(api.set_default, name)


def test_a_bank_account_is_no_card(world):
	name = enter_verified(world)["name"]
	with pytest.raises(frappe.PermissionError):
		payment_params(name, world.payer, ACCOUNT, "card")
	with pytest.raises(frappe.ValidationError, match="Unknown kind"):
		payment_params(name, world.payer, ACCOUNT, "sepa_debit")


# where ACH is not to be had


def test_ach_is_offered_for_dollars_alone(site):
	assert bank_accounts.offer(ACCOUNT, "USD") == (True, "")
	allowed, reason = bank_accounts.offer(ACCOUNT, "EUR")
	assert not allowed
	assert "US dollars" in reason


@pytest.mark.parametrize(
	"switch, words", [("allow_ach", "switched off"), ("allow_saving", "saving is switched off")]
)
def test_where_it_is_switched_off_the_payer_is_told_and_nothing_begins(world, switch, words):
	with _setting(switch, 0):
		told = world.does(api.my_methods)["may_add_bank_account"]
		assert told["allowed"] is False
		assert words in told["reason"]
		with pytest.raises(frappe.ValidationError, match=words):
			world.does(api.start_bank_account)


def test_an_account_without_the_capability_says_so(world):
	frappe.db.set_value("Stripe Account", ACCOUNT, "ach_capability", "Inactive")
	frappe.db.commit()
	try:
		allowed, reason = bank_accounts.offer(ACCOUNT, "USD")
		assert not allowed
		assert "not switched on" in reason
	finally:
		frappe.db.set_value("Stripe Account", ACCOUNT, "ach_capability", "Active")
		frappe.db.commit()


class _setting:
	def __init__(self, field, value):
		self.field, self.value = field, value

	def __enter__(self):
		self._set(self.value)

	def __exit__(self, *_):
		self._set(1)

	def _set(self, value):
		frappe.db.rollback()
		settings = frappe.get_doc("Stripe Service Settings")
		settings.set(self.field, value)
		settings.save()
		frappe.db.commit()


# whose it is


NOT_YOURS = "You have no such saved payment method"


@pytest.mark.parametrize(
	"call",
	[
		lambda name: api.verify_bank_account(name, descriptor_code="SM11AA"),
		lambda name: api.refresh_bank_account(name),
		lambda name: api.remove_method(name),
		lambda name: api.set_default(name),
		lambda name: payment_params(name, frappe.session.user, ACCOUNT, "us_bank_account"),
	],
	ids=["verify", "refresh", "remove", "set_default", "pay"],
)
def test_anothers_account_is_answered_as_none_by_every_call(world, make_payer, make_user, as_user, call):
	name = world.enter_bank_account()["name"]
	for stranger in (make_payer(), make_user(roles=["Stripe Administrator"]), "Administrator"):
		for wanted in (name, "no-such-account", "", "%"):
			with as_user(stranger), pytest.raises(frappe.PermissionError) as refused:
				call(wanted)
			assert str(refused.value) == NOT_YOURS + "."
	assert row_of(name).status == "Verification Pending"
	assert row_of(name).attempts_left == 10


def test_anothers_setup_intent_is_answered_as_none(world, make_payer, as_user):
	started = world.does(api.start_bank_account)
	for wanted in (started["setup_intent"], "seti_none", ""):
		with as_user(make_payer()), pytest.raises(frappe.PermissionError, match=NOT_YOURS):
			api.bank_account_confirmed(wanted)


def test_one_payer_lists_and_reads_nothing_of_another(world, make_payer, as_user):
	name = enter_verified(world)["name"]
	with as_user(make_payer()):
		assert frappe.get_list("Stripe Bank Account", pluck="name") == []
		assert not frappe.has_permission("Stripe Bank Account", "read", doc=name)
		assert api.my_methods()["bank_accounts"] == []
	with as_user(world.payer):
		assert frappe.get_list("Stripe Bank Account", pluck="name") == [name]
		assert frappe.has_permission("Stripe Bank Account", "read", doc=name)


def test_a_reader_sees_the_account_and_can_do_nothing_with_it(world, make_user, as_user):
	name = enter_verified(world)["name"]
	with as_user(make_user(roles=["Stripe Reader"])):
		assert name in frappe.get_list("Stripe Bank Account", pluck="name", limit=0)
		assert frappe.has_permission("Stripe Bank Account", "read", doc=name)
		with pytest.raises(frappe.PermissionError, match="right to pay"):
			api.remove_method(name)


@pytest.mark.parametrize(
	"call",
	[
		lambda: api.my_methods(),
		lambda: api.start_bank_account(),
		lambda: api.bank_account_confirmed("seti_1"),
		lambda: api.verify_bank_account("x", descriptor_code="SM11AA"),
		lambda: api.refresh_bank_account("x"),
		lambda: api.remove_method("x"),
		lambda: api.set_default("x"),
	],
)
def test_without_the_right_to_pay_no_call_answers(site, make_user, as_user, call):
	for user in (make_user(roles=["Invoice Payers"]), "Guest"):
		with as_user(user), pytest.raises(frappe.PermissionError, match="right to pay"):
			call()


def test_nobody_writes_a_row_by_form_rest_or_import(world):
	row = row_of(world.enter_bank_account()["name"])
	row.status = "Verified"
	with pytest.raises(frappe.PermissionError):
		row.save()
	with pytest.raises(frappe.PermissionError):
		frappe.delete_doc("Stripe Bank Account", row.name)
	with pytest.raises(frappe.PermissionError):
		frappe.rename_doc("Stripe Bank Account", row.name, unique("renamed"))
	copy = frappe.copy_doc(row)
	copy.user = world.payer
	with pytest.raises(frappe.PermissionError):
		copy.insert()
	frappe.db.rollback()
	assert row_of(row.name).status == "Verification Pending"


# the words


def test_every_return_code_for_which_stripe_blocks_has_words():
	for code in "R02 R03 R04 R05 R07 R08 R10 R11 R16 R20 R29 R31".split():
		assert failure_messages.RETURN_CODES[code] in failure_messages.BANK_FAILURES


def test_the_same_code_is_told_apart_by_the_method():
	assert "card" in failure_messages.failure_message("card_declined", "insufficient_funds", "x")
	assert "bank account" in failure_messages.failure_message("insufficient_funds", None, "x")
	assert "bank account" in failure_messages.failure_message(
		"insufficient_funds", "insufficient_funds", "x", "us_bank_account"
	)


def test_an_unknown_code_gets_stripes_own_words():
	assert failure_messages.failure_message("brand_new_code", None, "Stripe says so.") == "Stripe says so."
	assert (
		failure_messages.failure_message(None, None, None)
		== "The payment failed. Try again, or pay another way."
	)


@pytest.mark.parametrize(
	"code", ["fraudulent", "lost_card", "stolen_card", "merchant_blacklist", "pickup_card"]
)
def test_what_stripe_asks_to_keep_from_the_payer_sounds_like_a_plain_decline(code):
	assert failure_messages.failure_message("card_declined", code) == failure_messages.failure_message(
		"card_declined", "generic_decline"
	)
