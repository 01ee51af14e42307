"""What grows with the number of payments: the reads of payers and administrators, and events worked off per second.

The same calls are measured on a throw-away site that holds more and more payments, for 1,000 units and 1,000 payers: the
median of several calls, and the queries of one. Rows are made by the database itself (insert ... select), a year of them,
two payments for each invoice; each fifth invoice waits for the rest of its money. Compare the columns of one run, not the seconds of two
machines.

  scripts/bench growth                       at 100, 10,000 and 1,000,000 payments
  scripts/bench growth -- --sizes 100,1000   a quick run
"""

import argparse
import json
import os
import statistics
import sys
import time

from tests.install.bench_commands import Commands
from tests.support import accounts, records, site
from tests.support import servers as emulators
from tests.support.paying import confirmation_token
from tests.support.site import counted_queries, fresh_request
from tests.support.webhooks import event

SIZES = (100, 10_000, 1_000_000)
UNITS = PAYERS = 1_000
TIMES = 7
EVENTS = 60
# Of each 1,000 payments: so many are under way, failed, refunded in part, lost to a dispute and disputed now.
UNDER_WAY, FAILED, PARTLY_REFUNDED, LOST, DISPUTED = 2, 50, 20, 2, 1
# The first of the invoices that wait for money, and a payer of its unit.
INVOICE, PAYER = "GROW-40", "payer-21@growth.example"
# Who pays for all units: sees all invoices that wait.
PAYER_OF_ALL = "payer-of-all@growth.example"


def main() -> int:
	sizes = parse(sys.argv[1:])
	name = f"growth-{os.getpid()}.localhost"
	commands = Commands(site.bench(), name, os.environ["DB_ROOT_OPTIONS"].split("\n"))
	commands.new_site()
	try:
		commands.run("install-app", "stripe_service")
		commands.run("set-config", "-p", "allow_tests", "1")
		os.environ["SITE"] = name
		with emulators.running_emulator() as url, site.connected() as frappe:
			report(measure_all(frappe, url, sizes))
	finally:
		commands.drop_site()
	return 0


def parse(arguments: list[str]) -> list[int]:
	parser = argparse.ArgumentParser(prog="scripts/bench growth --")
	parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of payments, ascending")
	return sorted(int(size.replace("_", "")) for size in parser.parse_args(arguments).sizes.split(","))


def measure_all(frappe, url: str, sizes: list[int]) -> dict[int, dict]:
	accounts.connect_emulator(url)
	make_people(frappe)
	found, there = {}, 0
	for size in sizes:
		print(f"Making {size - there:,} payments ...", file=sys.stderr, flush=True)
		make_payments(frappe, there, size)
		there = size
		found[size] = {what: measure(frappe, call, user) for what, (user, call) in calls(frappe).items()}
		found[size] |= throughput(frappe, url)
	return found


# The rows


def make_people(frappe) -> None:
	records.make_unit("/growth")
	records.make_user(records.make_faker(), email=PAYER_OF_ALL, roles=records.PAYER_ROLES, unit="/growth")
	columns = "name, creation, modified, owner, modified_by, docstatus, idx"
	values = "now(), now(), 'Administrator', 'Administrator', 0, 0"
	frappe.db.sql(
		f"""insert into `tabOrganisation Unit` ({columns}, unit_name, path, parent_organisation_unit, lft, rgt)
		select concat('/growth/', seq), {values}, seq, concat('/growth/', seq), '/growth', 1 + 2 * seq, 2 + 2 * seq
		from seq_1_to_{UNITS}"""
	)
	frappe.db.sql("update `tabOrganisation Unit` set lft = 2, rgt = %s where name = '/growth'", 3 + 2 * UNITS)
	frappe.db.sql(
		f"""insert into `tabUser` ({columns}, email, first_name, full_name, enabled, user_type)
		select concat('payer-', seq, '@growth.example'), {values}, concat('payer-', seq, '@growth.example'),
			concat('Payer ', seq), concat('Payer ', seq), 1, 'System User'
		from seq_1_to_{PAYERS}"""
	)
	for role in records.PAYER_ROLES:
		frappe.db.sql(
			f"""insert into `tabHas Role` ({columns}, parent, parenttype, parentfield, role)
			select concat(%(role)s, seq), {values}, concat('payer-', seq, '@growth.example'), 'User', 'roles', %(role)s
			from seq_1_to_{PAYERS}""",
			{"role": role},
		)
	frappe.db.sql(
		f"""insert into `tabUser Permission` ({columns}, user, allow, for_value, apply_to_all_doctypes)
		select concat('growth-', seq), {values}, concat('payer-', seq, '@growth.example'), 'Organisation Unit',
			concat('/growth/', seq), 1
		from seq_1_to_{PAYERS}"""
	)
	frappe.db.commit()
	frappe.clear_cache()


def make_payments(frappe, begin: int, end: int) -> None:
	"""Payments number begin + 1 to end, spread over the last year, two for each invoice. In parts, because one transaction
	of a million rows takes more memory than a small server has."""
	for first in range(begin + 1, end + 1, 100_000):
		last = min(first + 99_999, end)
		frappe.db.sql(_INVOICES, {"first": first, "last": last})
		frappe.db.sql(_PAYMENTS, {"first": first, "last": last, "account": accounts.ACCOUNT})
		frappe.db.sql(_REFERENCES, {"first": first, "last": last})
		frappe.db.sql(_AMOUNTS, {"first": first, "last": last})
		frappe.db.commit()
	for table in ("tabInvoice Payment", "tabInvoice Payment Reference", "tabPortal Invoice"):
		frappe.db.sql_ddl(f"analyze table `{table}`")


_AGE = "interval (seq * 7919) %% 31536000 second"
_BAND = "(seq * 31) %% 1000"
_INVOICES = f"""
	insert into `tabPortal Invoice` (name, creation, modified, owner, modified_by, docstatus, idx, title,
		organisation_unit, workflow_state, currency, due_date, total, outstanding_amount)
	select concat('GROW-', seq), now() - {_AGE}, now() - {_AGE}, 'Administrator', 'Administrator', 0, 0,
		concat('Invoice ', seq), concat('/growth/', 1 + seq div 2 %% {UNITS}),
		if(seq %% 10 = 0, 'Partly Paid', 'Paid'), elt(1 + seq div 2 %% 4, 'USD', 'USD', 'EUR', 'JPY'),
		curdate() - interval 30 day + interval (seq %% 60) day,
		if(seq %% 10 = 0, 2, 1) * if(seq div 2 %% 4 = 3, 10000, 100), 0
	from seq_1_to_1000000 where seq between %(first)s and %(last)s and seq %% 2 = 0
"""
_STATUS = f"""case
	when {_BAND} < {UNDER_WAY} then 'Processing'
	when {_BAND} < {UNDER_WAY + FAILED} then 'Failed'
	when {_BAND} < {UNDER_WAY + FAILED + PARTLY_REFUNDED} then 'Partly Refunded'
	when {_BAND} < {UNDER_WAY + FAILED + PARTLY_REFUNDED + LOST} then 'Dispute Lost'
	when {_BAND} < {UNDER_WAY + FAILED + PARTLY_REFUNDED + LOST + DISPUTED} then 'Disputed'
	else 'Succeeded' end"""
_PAYMENTS = f"""
	insert into `tabInvoice Payment` (name, creation, modified, owner, modified_by, docstatus, idx, reference_doctype,
		reference_name, reference_title, organisation_unit, user, status, amount, currency, method_type, brand,
		stripe_account, payment_intent_id, charge_id, idempotency_key, after_payment_status, amount_minor,
		received_minor, refunded_minor, disputed_minor, settled_minor, unallocated_minor, settled_at, document_count)
	select name, at, at, user, user, 0, 0, 'Portal Invoice', invoice, invoice, unit, user, status, 50, currency,
		method, brand, %(account)s, concat('pi_', name), concat('ch_', name), name,
		if(received, 'Done', null), 5000, received, refunded, disputed, received - refunded - disputed, 0,
		if(received, at, null), 1
	from (
		select *, if(status in ('Processing', 'Failed'), 0, 5000) as received,
			if(status = 'Partly Refunded', 1000, 0) as refunded,
			if(status in ('Disputed', 'Dispute Lost'), 5000, 0) as disputed
		from (
			select concat('GROW-', lpad(seq, 8, '0')) as name, now() - {_AGE} as at,
				concat('GROW-', seq + seq %% 2) as invoice, concat('/growth/', 1 + (seq + 1) div 2 %% {UNITS}) as unit,
				concat('payer-', 1 + (seq + 1) div 2 %% {PAYERS}, '@growth.example') as user, {_STATUS} as status,
				elt(1 + (seq + 1) div 2 %% 4, 'USD', 'USD', 'EUR', 'JPY') as currency,
				if(seq %% 5, 'card', 'us_bank_account') as method,
				if(seq %% 5, elt(1 + seq %% 3, 'visa', 'mastercard', 'amex'), null) as brand
			from seq_1_to_1000000 where seq between %(first)s and %(last)s
		) told
	) summed
"""
_REFERENCES = """
	insert into `tabInvoice Payment Reference` (name, creation, modified, owner, modified_by, docstatus, idx, parent, parenttype,
		parentfield, reference_doctype, reference_name, reference_title, organisation_unit, amount, amount_minor, reserved_minor,
		received_minor, refunded_minor, disputed_minor, settled_minor, booked_minor, event_minor, after_payment_status)
	select concat('ROW-', name), creation, modified, owner, modified_by, 0, 1, name, 'Invoice Payment', 'references',
		reference_doctype, reference_name, reference_title, organisation_unit, amount, amount_minor,
		if(status = 'Processing', amount_minor, 0), received_minor, refunded_minor, disputed_minor, settled_minor,
		settled_minor, settled_minor, after_payment_status
	from `tabInvoice Payment`
	where name between concat('GROW-', lpad(%(first)s, 8, '0')) and concat('GROW-', lpad(%(last)s, 8, '0'))
"""
# What the app writes on the documents when their payments change.
_AMOUNTS = """
	update `tabPortal Invoice` invoice
	join (
		select reference_name, sum(settled_minor) as settled, sum(reserved_minor) as reserved
		from `tabInvoice Payment Reference`
		where parent between concat('GROW-', lpad(%(first)s, 8, '0')) and concat('GROW-', lpad(%(last)s, 8, '0'))
		group by reference_name
	) ledger on ledger.reference_name = invoice.name
	set paid_amount = settled / if(currency = 'JPY', 1, 100), reserved_amount = reserved / if(currency = 'JPY', 1, 100),
		outstanding_amount = total - settled / if(currency = 'JPY', 1, 100)
"""


# The calls


def calls(frappe) -> dict:
	"""What is measured -> (as whom, the call)."""
	from frappe.desk.form.load import getdoc

	from stripe_service.api import account as account_api
	from stripe_service.api import home as home_api
	from stripe_service.api import pay as pay_api
	from stripe_service.stripe_service.report.stripe_received import stripe_received as report_module

	charts = "stripe_service.stripe_service.dashboard_chart_source"

	def chart(name: str, **given):
		return "Administrator", lambda: frappe.get_attr(f"{charts}.{name}.{name}.get")(**given)

	def received(by: str):
		return "Administrator", lambda: report_module.execute({"by": by})

	return {
		"opening the pay form": (PAYER, lambda: pay_api.open_form("Portal Invoice", INVOICE)),
		"opening the document": (PAYER, lambda: getdoc("Portal Invoice", INVOICE)),
		"a payer's home": (PAYER, home_api.payer_home),
		"the home of a payer of all units": (PAYER_OF_ALL, home_api.payer_home),
		"a payer's list of payments": (PAYER, lambda: listed(frappe)),
		"a payer's count of payments": (PAYER, lambda: counted(frappe)),
		"an administrator's list": ("Administrator", lambda: listed(frappe)),
		"card: received this month": ("Administrator", account_api.received_this_month),
		"card: under way": ("Administrator", account_api.under_way),
		"card: failed this week": ("Administrator", lambda: failed_this_week(frappe)),
		"card: needing attention": ("Administrator", account_api.needing_attention),
		"card: overdue": ("Administrator", account_api.overdue),
		"card: not yet due": ("Administrator", account_api.not_yet_due),
		"chart: received, last month": chart("stripe_received"),
		"chart: received, last year": chart("stripe_received", timespan="Last Year", time_interval="Monthly"),
		"chart: by method": chart("stripe_received_by_method"),
		"chart: by unit": chart("stripe_received_by_unit"),
		"report: by currency": received("currency"),
		"report: by unit": received("unit"),
	}


def listed(frappe):
	"""What the desk's list asks for."""
	return frappe.get_list(
		"Invoice Payment", fields=["name", "status", "amount", "currency"], order_by="modified desc", limit=20
	)


def counted(frappe):
	"""What the desk's list asks for beside it: it stops counting at 1,000."""
	from frappe.desk import reportview

	frappe.local.form_dict = frappe._dict(
		doctype="Invoice Payment", filters="[]", fields="[]", distinct="false", limit=1001
	)
	return reportview.get_count()


def failed_this_week(frappe):
	from frappe.desk.doctype.number_card.number_card import get_result

	card = frappe.get_doc("Number Card", "Stripe Failed This Week")
	return get_result(card.as_json(), card.filters_json)


def measure(frappe, call, user: str) -> dict:
	"""The median of TIMES calls in milliseconds, each as a request of its own, and the queries of the last."""
	taken, queries = [], 0
	frappe.set_user(user)
	try:
		call()
		for _ in range(TIMES):
			frappe.db.rollback()
			frappe.local.response = frappe._dict(docs=[])
			fresh_request()
			with counted_queries() as seen:
				begin = time.perf_counter()
				call()
				taken.append(time.perf_counter() - begin)
			queries = len(seen)
	finally:
		frappe.set_user("Administrator")
	return {"ms": round(statistics.median(taken) * 1000, 1), "queries": queries}


# Writing


def throughput(frappe, url: str) -> dict:
	"""Payments by a new card, one after the other (three calls to the emulator each), and then the events about them."""
	from stripe_service.api import pay as pay_api
	from stripe_service.webhooks import process, receive

	faker = records.make_faker()
	unit = records.make_unit("/growth/writing")
	payer = records.make_payer(faker, unit=unit)
	invoices = [records.make_invoice(faker, unit=unit) for _ in range(EVENTS // 3)]
	tokens = [confirmation_token(url) for _ in invoices]
	taken = []
	with site.as_user(payer):
		for invoice, token in zip(invoices, tokens, strict=True):
			begin = time.perf_counter()
			answer = pay_api.pay("Portal Invoice", invoice.name, "100.00", "card", confirmation_token=token)
			taken.append(time.perf_counter() - begin)
			if answer["outcome"] != "paid":
				raise SystemExit(f"a payment was not made: {answer}")
	process.process_due()
	store_events(frappe, receive, [invoice.name for invoice in invoices])
	begin = time.perf_counter()
	process.process_due()
	seconds = time.perf_counter() - begin
	return {
		"paying by a new card": {"ms": round(statistics.median(taken) * 1000, 1), "queries": None},
		"events worked off per second": {"per_second": round(EVENTS / seconds, 1)},
	}


def store_events(frappe, receive, invoices: list[str]) -> None:
	"""Three events of each payment that no other answers: they are about different objects."""
	account = frappe._dict(name=accounts.ACCOUNT, mode="Test")
	paid = frappe.get_all(
		"Invoice Payment", {"reference_name": ("in", invoices)}, ["payment_intent_id", "charge_id"]
	)
	for row in paid:
		intent = {"object": "payment_intent", "id": row.payment_intent_id}
		charge = {"object": "charge", "id": row.charge_id, "payment_intent": row.payment_intent_id}
		refund = {"object": "refund", "id": f"re_{row.charge_id}", "payment_intent": row.payment_intent_id}
		for type, about in (
			("payment_intent.succeeded", intent),
			("charge.updated", charge),
			("refund.updated", refund),
		):
			receive.store(account, event(type, about))
	frappe.db.commit()


def report(found: dict[int, dict]) -> None:
	sizes = list(found)
	print("| median of", TIMES, "calls |", " | ".join(f"{size:,} payments" for size in sizes), "|")
	print("|---" * (len(sizes) + 1) + "|")
	for what in found[sizes[0]]:
		print(f"| {what} |", " | ".join(in_words(found[size][what]) for size in sizes), "|")
	print(json.dumps({"cpus": os.cpu_count(), "load": os.getloadavg()[0]}))


def in_words(measured: dict) -> str:
	if "per_second" in measured:
		return f"{measured['per_second']}"
	queries = f", {measured['queries']} queries" if measured["queries"] is not None else ""
	return f"{measured['ms']} ms{queries}"


if __name__ == "__main__":
	raise SystemExit(main())
