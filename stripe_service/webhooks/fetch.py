"""Fetch events that Stripe sent and this site never received, from its list, which reaches 30 days back.

They are stored as if they had arrived, so that the same drain works on them; those that did arrive are there already,
and the database refuses a second copy. How far the list was read is kept on the account; that an event arrived since
says nothing about those before it.
"""

from datetime import datetime, timedelta

import frappe
from frappe.utils import get_datetime, now_datetime

from stripe_service.accounts.jobs import Report, for_each_account
from stripe_service.accounts.stripe_account import gateway_for, usable_accounts
from stripe_service.gateway.events import EVENT_TYPES
from stripe_service.gateway.times import from_stripe, to_stripe
from stripe_service.webhooks import receive

STRIPE_KEEPS = timedelta(days=30)
# Stripe lists an event some time after it happened, and clocks change in autumn.
OVERLAP = timedelta(hours=3)
# The list comes newest first and is kept once a span is read, so short spans lose little when a run is cut off. Of a day
# with more events of one group than MOST_PER_SPAN the oldest are left out; the reconciler reads the payments themselves.
SPAN = timedelta(days=1)
MOST_PER_SPAN = 20_000
TYPES_PER_CALL = 20
# Stripe delivers at once, and tries again soon where that failed.
IS_DELIVERED_WITHIN = timedelta(minutes=30)


def fetch_all() -> list[Report]:
	"""Scheduled: fetch what was missed by any account, then have it worked on."""
	reports = for_each_account(usable_accounts(), fetch)
	if any(report.events_fetched for report in reports):
		receive.queue_processing()
	return reports


def fetch(account: str, report: Report) -> None:
	"""Store the events that this account missed. Raises gateway.errors. Commits after each day's worth."""
	row = frappe.db.get_value(
		"Stripe Account", account, ["name", "mode", "bound_at", "events_fetched_until"], as_dict=True
	)
	now = now_datetime()
	begin = now - STRIPE_KEEPS
	if known := row.events_fetched_until or row.bound_at:
		begin = max(get_datetime(known) - OVERLAP, begin)
	while begin < now:
		end = begin + SPAN
		# The last span has no end: Stripe's clock may be ahead of ours.
		report.events_fetched += _fetch_span(row, begin, end if end < now else None, min(end, now))
		begin = end


def _fetch_span(row: frappe._dict, begin: datetime, end: datetime | None, read_until: datetime) -> int:
	gateway = gateway_for(row.name)
	created = {"gte": to_stripe(begin), **({"lte": to_stripe(end)} if end else {})}
	found = []
	for types in _type_groups():
		found += gateway.list_all(
			"events.list", params={"types": types, "created": created}, limit=MOST_PER_SPAN
		)
	try:
		frappe.db.rollback()
		names = [event["id"] for event in found]
		known = set(frappe.get_all("Stripe Event", filters={"name": ("in", [*names, ""])}, pluck="name"))
		stored = [
			event
			for event in sorted(found, key=lambda event: event["created"])
			if event["id"] not in known and receive.store(row, event, source="Fetched")
		]
		values = {"events_fetched_until": read_until}
		if late := [
			event for event in stored if event["created"] < to_stripe(now_datetime() - IS_DELIVERED_WITHIN)
		]:
			# Stripe had the time to deliver these: the checklist warns of an endpoint that is silent.
			values["events_missed_at"] = from_stripe(max(event["created"] for event in late))
		frappe.db.set_value("Stripe Account", row.name, values, update_modified=False)
		frappe.db.commit()
	except Exception:
		frappe.db.rollback()
		raise
	return len(stored)


def _type_groups() -> list[list[str]]:
	"""Stripe takes at most 20 types a call."""
	types = list(EVENT_TYPES)
	return [types[start : start + TYPES_PER_CALL] for start in range(0, len(types), TYPES_PER_CALL)]
