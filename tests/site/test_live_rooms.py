"""What lists and homes are told by realtime: that something has changed in a unit, to those who see all of it, and nothing else."""

import json
from contextlib import contextmanager

import frappe
import pytest
from frappe import realtime
from frappe.permissions import add_user_permission

from stripe_service.access import units
from stripe_service.api import home as home_api
from stripe_service.payables import live
from tests.support.records import unique
from tests.support.site import counted_queries, fresh_request

MANY = 1000


@contextmanager
def told():
	"""What is published on this site inside the block, as Frappe's realtime server is told it."""
	from frappe.utils.background_jobs import get_redis_connection_without_auth

	found = []
	listener = get_redis_connection_without_auth().pubsub(ignore_subscribe_messages=True)
	listener.subscribe("events")
	while listener.get_message(timeout=0.2):
		pass
	yield found
	while message := listener.get_message(timeout=0.5):
		event = json.loads(message["data"])
		if event["namespace"] == frappe.local.site:
			found.append(event)
	listener.close()


def of_units(found) -> list[dict]:
	return [one for one in found if one["event"] == live.EVENT]


def test_a_payment_tells_its_unit_and_those_above_that_something_has_changed(world, make_unit, make_invoice):
	below = make_unit(f"{world.unit}/Team")
	invoice = make_invoice(unit=below)
	with told() as found:
		world.pay("40.00", invoice=invoice)
	messages = of_units(found)
	above = world.unit.rsplit("/", 1)[0]
	assert {one["room"] for one in messages} == {
		f"doc:Organisation Unit/{unit}" for unit in (above, world.unit, below)
	}
	assert all(one["message"] == {} for one in messages)


@pytest.mark.parametrize("change", ["made", "saved", "sent", "deleted"])
def test_what_becomes_of_an_invoice_is_told(world, change):
	with told() as found:
		invoice = world.make_invoice(state="Draft")
	if change != "made":
		with told() as found:
			if change == "saved":
				invoice.reload()
				invoice.title = "Another title"
				invoice.save()
			elif change == "sent":
				frappe.model.workflow.apply_workflow(invoice, "Send for Payment")
			else:
				invoice.delete()
			frappe.db.commit()
	assert of_units(found)


def test_nothing_is_told_of_what_is_rolled_back_or_belongs_to_no_unit(world):
	with told() as found:
		world.invoice.title = "Not to be"
		world.invoice.save()
		frappe.db.rollback()
		frappe.get_doc(doctype="ToDo", description=unique("nothing to pay")).insert()
		frappe.db.commit()
	assert of_units(found) == []


def test_it_costs_a_payment_the_same_for_one_payer_and_for_a_thousand(world):
	def cost() -> tuple[int, int]:
		invoice = world.make_invoice()
		with told() as found:
			fresh_request()
			with counted_queries() as queries:
				world.pay("10.00", invoice=invoice)
		return len(queries), len(of_units(found))

	colleague = world.make_payer()
	cost()
	queries, messages = cost()
	frappe.db.sql(
		f"""insert into `tabUser Permission` (name, creation, modified, user, allow, for_value, apply_to_all_doctypes)
		select concat(%(unit)s, seq), now(), now(), %(payer)s, 'Organisation Unit', %(unit)s, 1 from seq_1_to_{MANY}""",
		{"unit": world.unit, "payer": colleague},
	)
	frappe.db.commit()
	with_many = cost()
	assert with_many[0] <= queries and with_many[1] == messages


def may_follow(user: str, unit: str) -> bool:
	"""As Frappe's realtime server asks, by the name that the version has."""
	call = "can_subscribe_doc" if hasattr(realtime, "can_subscribe_doc") else "has_permission"
	path = frappe.get_hooks("override_whitelisted_methods")[f"frappe.realtime.{call}"][-1]
	frappe.set_user(user)
	try:
		return bool(frappe.get_attr(path)("Organisation Unit", unit))
	except frappe.PermissionError:
		return False
	finally:
		frappe.set_user("Administrator")


def test_only_who_sees_all_of_a_unit_is_told(world, make_unit, make_payer, make_user):
	below, elsewhere = make_unit(f"{world.unit}/Team"), make_unit()
	in_below, stranger = make_payer(unit=below), make_payer(unit=elsewhere)
	of_one_kind, alone = make_payer(unit=None), make_payer(unit=None)
	add_user_permission(
		"Organisation Unit",
		world.unit,
		of_one_kind,
		ignore_permissions=True,
		applicable_for="Invoice Payment",
	)
	add_user_permission("Organisation Unit", world.unit, alone, ignore_permissions=True, hide_descendants=1)
	administrator = make_user(roles=["Stripe Administrator"])
	frappe.db.commit()
	assert may_follow(world.payer, world.unit) and may_follow(world.payer, below)
	assert may_follow(in_below, below) and not may_follow(in_below, world.unit)
	for user in (stranger, of_one_kind, alone, administrator, "Guest"):
		assert not may_follow(user, world.unit), user
	assert may_follow("Administrator", world.unit)
	told_of = {world.payer: [world.unit], in_below: [below], of_one_kind: [], alone: []}
	for user, rooms in told_of.items():
		with world.as_user(user):
			assert home_api.units_to_follow() == rooms
	assert world.unit.rsplit("/", 1)[0] in units.rooms_of("Administrator")


def test_a_unit_below_another_is_heard_there_and_many_units_cost_no_more_than_a_few(
	world, make_unit, make_payer
):
	payer = make_payer(unit=world.unit)
	add_user_permission(units.UNIT, make_unit(f"{world.unit}/Team"), payer, ignore_permissions=True)
	fresh_request()
	assert units.rooms_of(payer) == [world.unit]
	for _ in range(units.MOST_ROOMS + 5):
		add_user_permission(units.UNIT, make_unit(), payer, ignore_permissions=True)
	fresh_request()
	assert len(units.rooms_of(payer)) == units.MOST_ROOMS
