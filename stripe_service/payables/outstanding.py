"""What many documents owe at once: the rules of `payable` and `balance`, as conditions and columns of one query.

A list that asked each document would cost a query for each. So the database picks and sums the documents here, and only
those that are shown are then looked at one by one, with the figures that one more query brings for all of them. Both sides
have to say the same: tests/site/test_payer_home.py compares them.

The SQL is complete: names of fields come from the registry, values are escaped, nothing is left to be filled in.
"""

import frappe
from frappe.utils import nowdate

from stripe_service.gateway import money
from stripe_service.payables.registry import PayableConfig

NOTHING = "1=0"
# With a limit MariaDB works the inner query out once; without one it puts its columns, each a sum of its own, wherever they
# are named outside: three times as long.
_ALL_ROWS = 2**64 - 1


def state_conditions(config: PayableConfig) -> list[str]:
	"""Which documents of the DocType are in a state in which they can be paid (`Payable.why_not_payable`, but for the
	amounts), as conditions on its rows."""
	if not _is_set_up(config):
		return [NOTHING]
	conditions = [_docstatus(config), f"ifnull({_column(config, 'currency')}, '') != ''"]
	if config.status_fieldname:
		status = _column(config, "status")
		if config.payable_statuses:
			conditions.append(f"{status} in ({_listed(config.payable_statuses)})")
		if config.void_statuses:
			conditions.append(f"ifnull({status}, '') not in ({_listed(config.void_statuses)})")
	elif config.payable_statuses:
		conditions.append(NOTHING)
	return conditions


def owing(config: PayableConfig, conditions: list[str]) -> str:
	"""A select of the documents for which `conditions` hold and which owe something: name, due_date, currency, and
	outstanding_minor and reserved_minor as `balance_of` would say."""
	table = f"`tab{config.document_type}`"
	due = f"date({_column(config, 'due_date')})" if config.due_date_fieldname else "null"
	where = " and ".join(f"({condition})" for condition in conditions) or "1=1"
	return f"""
		select name, due_date, currency, outstanding_minor, reserved_minor
		from (
			select
				{table}.`name` as name,
				{due} as due_date,
				upper({_column(config, 'currency')}) as currency,
				{_outstanding(config)} as outstanding_minor,
				{_of_payments(config, "reserved_minor")} as reserved_minor
			from {table}
			where {where}
			limit {_ALL_ROWS}
		) documents
		where outstanding_minor > 0
	"""


def sums(query: str) -> list:
	"""Per currency of what `owing` selects, in minor units: `to_pay` (outstanding, and not under way), the `overdue` part of it,
	`under_way`; and how many documents they are."""
	free = "greatest(outstanding_minor - reserved_minor, 0)"
	today = frappe.db.escape(nowdate(), percent=False)
	statement = f"""
		select
			currency,
			count(*) as documents,
			sum({free}) as to_pay,
			sum(case when due_date < {today} then {free} else 0 end) as overdue,
			sum(reserved_minor) as under_way
		from ({query}) owing
		group by currency
	"""
	return frappe.db.sql(statement, as_dict=True)


def first_due(query: str, limit: int) -> list:
	"""The first `limit` documents of what `owing` selects, in the order of `order_of`: what is due first comes first, what is
	being paid already last."""
	statement = f"""
		select * from ({query}) owing
		order by (outstanding_minor <= reserved_minor), (due_date is null), due_date, name
		limit {int(limit)}
	"""
	return frappe.db.sql(statement, as_dict=True)


def order_of(row) -> tuple:
	"""The order of `first_due`, for rows of several DocTypes."""
	return (
		row.outstanding_minor <= row.reserved_minor,
		row.due_date is None,
		row.due_date or "",
		row.name,
	)


def _is_set_up(config: PayableConfig) -> bool:
	meta = frappe.get_meta(config.document_type)
	named = (
		config.currency_fieldname,
		config.total_fieldname,
		config.outstanding_fieldname,
		config.status_fieldname,
		config.due_date_fieldname,
	)
	return config.enabled and all(meta.has_field(name) for name in named if name)


def _docstatus(config: PayableConfig) -> str:
	column = f"`tab{config.document_type}`.`docstatus`"
	return {"Submitted": f"{column} = 1", "Draft": f"{column} = 0"}.get(
		config.docstatus_required, f"{column} != 2"
	)


def _outstanding(config: PayableConfig) -> str:
	if config.keeps_outstanding:
		unpaid = (
			f"{_minor(config, 'outstanding')} - {_of_payments(config, 'settled_minor - booked_minor')}"
			f" - {_of_adjustments(config, 'Written Off')}"
		)
	else:
		unpaid = (
			f"{_minor(config, 'total')} - {_of_payments(config, 'settled_minor')} - {_of_adjustments(config)}"
		)
	return f"greatest({unpaid}, 0)"


def _of_payments(config: PayableConfig, amount: str) -> str:
	return f"""(
		select coalesce(sum({amount}), 0) from `tabInvoice Payment Reference`
		where reference_doctype = {frappe.db.escape(config.document_type, percent=False)}
			and reference_name = `tab{config.document_type}`.`name`
	)"""


def _of_adjustments(config: PayableConfig, kind: str | None = None) -> str:
	of_kind = f"and kind = {frappe.db.escape(kind, percent=False)}" if kind else ""
	return f"""(
		select coalesce(sum(amount_minor), 0) from `tabPayment Adjustment`
		where reference_doctype = {frappe.db.escape(config.document_type, percent=False)}
			and reference_name = `tab{config.document_type}`.`name` and status = 'Recorded' {of_kind}
	)"""


def _minor(config: PayableConfig, kind: str) -> str:
	"""As `money.round_to_minor`."""
	currency = f"upper({_column(config, 'currency')})"
	factor = (
		f"case when {currency} in ({_listed(sorted(money.ZERO_DECIMAL))}) then 1"
		f" when {currency} in ({_listed(sorted(money.THREE_DECIMAL))}) then 1000 else 100 end"
	)
	return f"cast(round(ifnull({_column(config, kind)}, 0) * ({factor})) as signed)"


def _column(config: PayableConfig, kind: str) -> str:
	return f"`tab{config.document_type}`.`{getattr(config, f'{kind}_fieldname')}`"


def _listed(values) -> str:
	return ", ".join(frappe.db.escape(value, percent=False) for value in values)
