"""The answers of the pay form's test page are those of the real API, field by field.

RECORD_ANSWERS=1 scripts/test -k test_pay_form_answers writes them anew, in the repo too.
"""

import os

import pytest

from stripe_emulator.pay_form_page import answers

NAMES = (
	"open_form", "open_form_of_a_colleague", "paid", "processing", "action_required", "failed", "cancelled",
	"not_started", "bank_account_started", "bank_account_pending", "bank_account_verified", "bank_account_failed",
)  # fmt: skip


@pytest.fixture
def answered(world) -> dict:
	"""One payer's story, and what a colleague sees of it, in the answers of the API."""
	from stripe_service.api import methods, pay

	found = {}
	with world.as_user(world.payer):
		found["bank_account_started"] = methods.start_bank_account()
		found["not_started"] = pay.payment_status(
			doctype="Portal Invoice", name=world.invoice.name, request_id="never-sent"
		)
	found["paid"] = world.pay("10.00", save=1)
	# Different numbers: an account that is entered again replaces the one before.
	failing = world.add_bank_account(number="no_funds", linked=False)
	pending = world.add_bank_account(number="closed", linked=False)
	verified = world.add_bank_account(number="good", linked=True)
	found["processing"] = world.pay_by_ach(verified, "11.00")
	found["failed"] = world.pay("12.00", card="declined")
	given_up = world.pay("13.00", card="3ds_required")["payment"]
	with world.as_user(world.payer):
		found["cancelled"] = pay.abandon(given_up)
		found["bank_account_failed"] = methods.verify_bank_account(failing, descriptor_code="SM33CC")
	found["action_required"] = world.pay("14.00", card="3ds_required")
	found["open_form"] = world.form()
	found["open_form_of_a_colleague"] = world.form(user=world.make_payer())
	rows = {row["name"]: row for row in found["open_form"]["saved"]["bank_accounts"]}
	found["bank_account_pending"], found["bank_account_verified"] = rows[pending], rows[verified]
	return {name: answers.steady(answer) for name, answer in found.items()}


def test_the_test_page_answers_as_the_api_does(answered):
	assert set(answered) == set(NAMES)
	if os.environ.get("RECORD_ANSWERS"):
		for name, answer in answered.items():
			answers.save(name, answer)
	differing = [name for name, answer in answered.items() if answers.recorded(name) != answer]
	assert not differing, "record the answers anew: RECORD_ANSWERS=1 scripts/test -k test_pay_form_answers"
