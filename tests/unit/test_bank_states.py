"""What each answer of Stripe about a SetupIntent makes of a Stripe Bank Account. No site, no Stripe."""

from datetime import date

import pytest

from stripe_service.gateway.bank_account_states import facts_of, tries_left_in

CUSTOMER = "cus_payer"
METHOD = {
	"id": "pm_bank",
	"customer": CUSTOMER,
	"billing_details": {"name": "Ada Payer"},
	"us_bank_account": {
		"bank_name": "STRIPE TEST BANK",
		"last4": "6789",
		"routing_number": "110000000",
		"account_holder_type": "individual",
		"account_type": "checking",
		"fingerprint": "fp",
		"status_details": None,
	},
}


def setup_intent(status, **more):
	return {"status": status, "payment_method": METHOD, "mandate": None, "next_action": None, **more}


def blocked(reason, network_code):
	account = {
		**METHOD["us_bank_account"],
		"status_details": {"blocked": {"reason": reason, "network_code": network_code}},
	}
	return {**METHOD, "us_bank_account": account}


def waiting_for(kind):
	return {
		"type": "verify_with_microdeposits",
		"verify_with_microdeposits": {"microdeposit_type": kind, "arrival_date": 1647586800},
	}


@pytest.mark.parametrize(
	"intent, status",
	[
		(setup_intent("requires_payment_method", payment_method=None), "New"),
		(setup_intent("requires_confirmation"), "New"),
		(setup_intent("requires_action", next_action={"type": "use_stripe_sdk"}), "New"),
		(setup_intent("requires_action", next_action=waiting_for("amounts")), "Verification Pending"),
		(setup_intent("processing"), "Verification Pending"),
		(setup_intent("succeeded"), "Verified"),
		(setup_intent("succeeded", payment_method={**METHOD, "customer": None}), "Removed"),
		(setup_intent("succeeded", payment_method={**METHOD, "customer": "cus_other"}), "Removed"),
		(setup_intent("succeeded", payment_method=blocked("bank_account_closed", "R02")), "Blocked"),
		(setup_intent("succeeded", mandate={"id": "mandate_1", "status": "inactive"}), "Blocked"),
		(
			setup_intent("requires_payment_method", last_setup_error={"code": "x"}, payment_method=None),
			"Failed",
		),
		(setup_intent("canceled", payment_method=None), "Removed"),
	],
)
def test_the_status_is_what_stripe_reports(intent, status):
	assert facts_of(intent, CUSTOMER).status == status


def test_a_verified_account_is_known_by_its_details_and_its_mandate():
	facts = facts_of(setup_intent("succeeded", mandate={"id": "mandate_1", "status": "active"}), CUSTOMER)
	assert (facts.payment_method_id, facts.mandate_id) == ("pm_bank", "mandate_1")
	assert facts.details["account_holder_name"] == "Ada Payer"
	assert facts.details["last4"] == "6789"


def test_a_waiting_account_says_what_was_sent_and_when_it_arrives():
	facts = facts_of(setup_intent("requires_action", next_action=waiting_for("descriptor_code")), CUSTOMER)
	assert facts.microdeposit_type == "descriptor_code"
	assert facts.arrival_date == date(2022, 3, 18)


def test_a_failed_account_is_still_known_by_the_method_in_the_error():
	error = {"code": "payment_method_microdeposit_verification_timeout", "payment_method": METHOD}
	facts = facts_of(
		setup_intent("requires_payment_method", payment_method=None, last_setup_error=error), CUSTOMER
	)
	assert facts.code == "payment_method_microdeposit_verification_timeout"
	assert facts.details["last4"] == "6789"


def test_a_block_carries_the_banks_return_code():
	facts = facts_of(
		setup_intent("succeeded", payment_method=blocked("debit_not_authorized", "R10")), CUSTOMER
	)
	assert (facts.code, facts.network_code) == ("debit_not_authorized", "R10")


@pytest.mark.parametrize(
	"message, left",
	[
		("The amounts provided do not match ... You have 2 verification attempts remaining.", 2),
		("The descriptor code provided does not match ... You have 1 attempt remaining.", 1),
		("The amounts provided do not match.", None),
		(None, None),
	],
)
def test_the_tries_left_are_read_from_stripes_message(message, left):
	assert tries_left_in(message) == left
