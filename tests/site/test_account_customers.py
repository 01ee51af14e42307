"""A user's Customer at Stripe: made once, kept in step, deleted by an administrator or in the Stripe Dashboard."""

import frappe
import pytest

from stripe_service.accounts import customers
from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.api import account as account_api
from stripe_service.gateway import errors
from tests.support.jobs import in_parallel


@pytest.fixture
def payer(make_user):
	return make_user(roles=["Stripe Payer"])


def row_of(customer):
	frappe.db.rollback()
	return frappe.get_doc("Stripe Customer", customer)


def test_the_first_payment_of_a_user_makes_a_customer_and_the_next_uses_it(connected, payer):
	first = customers.customer_for(connected.name, payer)
	assert customers.customer_for(connected.name, payer) == first
	[at_stripe] = connected.customers()
	assert at_stripe["id"] == first
	assert at_stripe["email"] == payer
	assert at_stripe["name"] == frappe.utils.get_fullname(payer)
	assert at_stripe["metadata"] == {"site": frappe.local.site, "user": payer}
	row = row_of(first)
	assert (row.user, row.stripe_account, row.status, row.livemode) == (payer, connected.name, "Active", 0)


def test_two_first_payments_at_the_same_instant_make_one_customer(connected, payer, emulator):
	emulator.fault("slow", path="/v1/customers", method="POST", seconds=1)
	found = in_parallel(4, lambda _: customers.customer_for(connected.name, payer))
	assert len(set(found)) == 1 and len(found) == 4
	assert len(connected.customers()) == 1
	frappe.db.rollback()
	assert frappe.db.count("Stripe Customer", {"stripe_account": connected.name, "user": payer}) == 1


def test_a_customer_whose_answer_was_lost_is_found_again_not_made_twice(connected, payer, emulator):
	emulator.fault("drop_response", path="/v1/customers", method="POST", count=3)
	with pytest.raises(errors.Unreachable):
		customers.customer_for(connected.name, payer)
	customers.customer_for(connected.name, payer)
	assert len(connected.customers()) == 1


def test_name_and_email_follow_the_user(connected, payer):
	customer = customers.customer_for(connected.name, payer)
	user = frappe.get_doc("User", payer)
	user.update({"first_name": "Ada", "last_name": "Lovelace"})
	user.save()
	frappe.db.commit()
	assert customers.customer_for(connected.name, payer) == customer
	[at_stripe] = connected.customers()
	assert (at_stripe["name"], row_of(customer).full_name) == ("Ada Lovelace", "Ada Lovelace")


def test_a_renamed_user_keeps_the_customer(connected, payer):
	customer = customers.customer_for(connected.name, payer)
	renamed = f"renamed-{payer}"
	frappe.rename_doc("User", payer, renamed, force=True)
	frappe.db.commit()
	assert customers.customer_for(connected.name, renamed) == customer
	assert connected.customers()[0]["email"] == renamed


def test_deleting_goes_to_stripe_too_and_the_payments_stay(account_world, connected):
	payment = account_world.pay_new_invoice(save=1)["payment"]
	account_world.drain()
	customer = account_world.customer()
	card = frappe.db.get_value("Saved Card", {"stripe_customer": customer})
	assert card

	account_api.delete_customer(customer)

	row = row_of(customer)
	assert (row.status, row.deleted_by) == ("Deleted", "Administrator")
	assert frappe.db.get_value("Saved Card", card, "status") == "Removed"
	assert frappe.db.get_value("Invoice Payment", payment, ["status", "stripe_customer"]) == (
		"Succeeded",
		customer,
	)
	assert gateway_for(connected.name).call("customers.retrieve", customer)["deleted"] is True


def test_the_next_payment_makes_a_new_customer(account_world, connected):
	account_world.pay_new_invoice()
	first = account_world.customer()
	account_api.delete_customer(first)
	account_world.pay_new_invoice()
	second = account_world.customer()
	assert second and second != first
	account_api.delete_customer(second)
	assert customers.customer_for(connected.name, account_world.payer) not in (first, second)


def test_deleting_is_refused_while_a_payment_of_the_customer_is_open(account_world, connected):
	account_world.pay_new_invoice(card="3ds_required")
	customer = account_world.customer()
	with pytest.raises(frappe.ValidationError, match="still open"):
		account_api.delete_customer(customer)
	assert row_of(customer).status == "Active"
	assert not gateway_for(connected.name).call("customers.retrieve", customer).get("deleted")


def test_when_stripe_can_not_be_reached_the_customer_is_not_deleted_and_it_is_said(
	connected, payer, emulator
):
	customer = customers.customer_for(connected.name, payer)
	emulator.fault("refuse", path="/v1/customers/*", count=-1)
	with pytest.raises(frappe.ValidationError, match="could not be reached"):
		account_api.delete_customer(customer)
	assert row_of(customer).status == "Active"


def test_a_customer_that_is_gone_at_stripe_is_marked_all_the_same(connected, payer):
	customer = customers.customer_for(connected.name, payer)
	gateway_for(connected.name).call("customers.delete", customer)
	account_api.delete_customer(customer)
	assert row_of(customer).status == "Deleted"
	account_api.delete_customer(customer)


def test_a_customer_deleted_in_the_dashboard_is_noticed_by_the_event(connected, payer):
	customer = customers.customer_for(connected.name, payer)
	customers.mark_deleted(customer)
	row = row_of(customer)
	assert (row.status, row.deleted_by) == ("Deleted", None)
	customers.mark_deleted(customer)
	customers.mark_deleted("cus_of_somebody_else")
	assert row_of(customer).deleted_at == row.deleted_at


def test_a_customer_deleted_in_the_dashboard_is_noticed_without_the_event_when_it_changes(connected, payer):
	gone = customers.customer_for(connected.name, payer)
	gateway_for(connected.name).call("customers.delete", gone)
	user = frappe.get_doc("User", payer)
	user.update({"first_name": "Grace"})
	user.save()
	frappe.db.commit()
	assert customers.customer_for(connected.name, payer) != gone
	assert row_of(gone).status == "Deleted"


@pytest.mark.parametrize("roles", [["Stripe Reader", "Stripe Viewer"], ["Stripe Payer"], []])
def test_only_who_may_edit_the_account_deletes_a_customer(connected, payer, make_user, as_user, roles):
	customer = customers.customer_for(connected.name, payer)
	with as_user(make_user(roles=roles)), pytest.raises(frappe.PermissionError):
		account_api.delete_customer(customer)
	with as_user(make_user(roles=["Stripe Administrator"])):
		account_api.delete_customer(customer)
	assert row_of(customer).status == "Deleted"


def test_nobody_makes_changes_or_deletes_a_row_by_hand(connected, payer, make_user, as_user):
	customer = customers.customer_for(connected.name, payer)
	for user in ("Administrator", make_user(roles=["Stripe Administrator", "System Manager"])):
		with as_user(user):
			row = row_of(customer)
			row.email = "somebody@example.com"
			with pytest.raises(frappe.PermissionError):
				row.save()
			forged = frappe.get_doc(
				doctype="Stripe Customer",
				stripe_account=connected.name,
				user=user,
				stripe_customer_id="cus_forged",
			)
			with pytest.raises(frappe.PermissionError):
				forged.insert()
			with pytest.raises((frappe.PermissionError, frappe.ValidationError)):
				frappe.delete_doc("Stripe Customer", customer)
			frappe.db.rollback()
	assert row_of(customer).email == payer
