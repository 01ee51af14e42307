"""What many documents owe at once: the rules of `payable` and `balance`, as conditions and columns of one query.

A list that asked each document would cost a query for each. So the database picks and sums the documents here, and only
those that are shown are then looked at one by one, with the figures that one more query brings for all of them. Both sides
have to say the same: tests/site/test_payer_home.py compares them.

The SQL is complete: names of fields come from the registry, values are escaped, nothing is left to be filled in.
"""

from collections import Counter, defaultdict
from functools import cached_property

import frappe
from frappe.utils import add_days, getdate, nowdate

from stripe_service.gateway import money
from stripe_service.gateway.payment_states import RESERVING
from stripe_service.payables.registry import PayableConfig

NOTHING = "1=0"
# With a limit MariaDB works the inner query out once; without one it puts its columns, each a sum of its own, wherever they
# are named outside: three times as long.
_ALL_ROWS = 2**64 - 1
MOST_DOUBTFUL = 5_000
# What follows a payment, its document's amounts among it, is still to be done.
NOT_DONE = "'Pending', 'Failed'"


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


class Owing:
	"""The documents of a DocType for which `conditions` (on its rows) hold and which owe something.

	Of nearly all of them their own fields say how much, and an index holds these fields: a payer may have 100,000 documents, and
	to sum the payments of each takes seconds. Every claim, settling, adjustment and save writes the fields in its own
	transaction. The others are summed over their payments (`_rows`): those of which something is under way or written off, whose
	payments have changed while they could not be updated, or whose total was changed past them, so that it does not add up.
	"""

	def __init__(self, config: PayableConfig, conditions: list[str]):
		self.config = config
		self.table = f"`tab{config.document_type}`"
		self.where = " and ".join(f"({condition})" for condition in conditions) or "1=1"
		self.told = _told_by_fields(config)

	def sums(self) -> dict[str, dict[str, int]]:
		"""By currency, in minor units: `to_pay` (outstanding, and not under way), the `overdue` part of it, `under_way`; and how
		many `documents` they are."""
		found: dict = defaultdict(Counter)
		for row in self._days:
			found[row.currency] += self._counted(row, row.documents)
		for row in self._doubtful:
			if row.told:  # so the fields were summed above
				found[row.currency] -= self._counted(row)
		today = getdate(nowdate())
		for row in self._rows:
			free = max(row.outstanding_minor - row.reserved_minor, 0)
			found[row.currency] += Counter(
				documents=1,
				to_pay=free,
				overdue=free if row.due_date and row.due_date < today else 0,
				under_way=row.reserved_minor,
			)
		return {currency: dict(sums) for currency, sums in found.items() if sums["documents"]}

	def first_due(self, limit: int) -> list:
		"""name, due_date, currency, outstanding_minor and reserved_minor, as `balance_of` would say, of the first `limit` of them in
		the order of `order_of`: what is due first comes first, what is being paid already last."""
		asked_again = {row.name for row in self._doubtful}
		rows = [row for row in self._first_by_fields(limit + len(asked_again)) if row.name not in asked_again]
		return sorted([*rows, *self._rows], key=order_of)[:limit]

	@cached_property
	def _doubtful(self) -> list:
		"""Those whose fields may not say what they owe, and whether they seem to (`told`). Empty where all are summed anyway."""
		if not self.told:
			return []
		fields = f"{self.table}.`name` as name, ({self.told}) is true as told, {self._fields()}"
		statement = f"""(select {fields} from {self.table} where {self.where} and ({self.told}) is not true)
			union (select {fields} from {self._with_payments} where {self.where} and payment.status in ({_listed(RESERVING)}))
			union (select {fields} from {self._with_payments} where {self.where} and payment.after_payment_status in ({NOT_DONE}))
			limit {MOST_DOUBTFUL + 1}"""
		rows = frappe.db.sql(statement, as_dict=True)
		if len(rows) <= MOST_DOUBTFUL:
			return rows
		# A DocType that was made payable later: nobody has written the fields of its older documents.
		self.told = None
		return []

	@cached_property
	def _rows(self) -> list:
		"""Those that are doubtful, or all, summed over their payments."""
		names = [row.name for row in self._doubtful]
		where = (
			f"{self.where} and {self.table}.`name` in ({_listed(names) or 'null'})"
			if self.told
			else self.where
		)
		statement = f"""
			select name, due_date, currency, outstanding_minor, reserved_minor
			from (
				select
					{self.table}.`name` as name,
					{self._due} as due_date,
					upper({_column(self.config, 'currency')}) as currency,
					cast({_outstanding(self.config)} as signed) as outstanding_minor,
					cast({_of_payments(self.config, "reserved_minor")} as signed) as reserved_minor
				from {self.table}
				where {where}
				limit {_ALL_ROWS}
			) documents
			where outstanding_minor > 0
			"""
		return frappe.db.sql(statement, as_dict=True)

	@cached_property
	def _days(self) -> list:
		"""What the fields say, summed by currency and due date: one reading of the index for the sums, and for where the first of
		them end (`_first_by_fields`)."""
		if not self._is_told:
			return []
		currency, outstanding = _column(self.config, "currency"), _column(self.config, "outstanding")
		statement = f"""
			select upper({currency}) as currency, {self._due} as due_date, count(*) as documents,
				cast(sum({outstanding}) as char) as amount
			from {self.table} where {self.where} and {self.told} group by {currency}, {self._due}
			"""
		return frappe.db.sql(statement, as_dict=True)

	def _first_by_fields(self, limit: int) -> list:
		if not self._is_told:
			return []
		until, counted = "", 0
		# To sort the names of all of them takes long.
		for day in sorted(self._days, key=lambda day: (day.due_date is None, day.due_date or "")):
			counted += day.documents
			if counted >= limit and day.due_date:
				until = f"and {_column(self.config, 'due_date')} < '{add_days(day.due_date, 1)}'"
				break
		statement = f"""
			select {self.table}.`name` as name, {self._fields()} from {self.table}
			where {self.where} and {self.told} {until}
			order by ({self._due} is null), {self._due}, {self.table}.`name` limit {int(limit)}
			"""
		rows = frappe.db.sql(statement, as_dict=True)
		for row in rows:
			row.update(outstanding_minor=self._counted(row)["to_pay"], reserved_minor=0)
		return rows

	@property
	def _with_payments(self) -> str:
		doctype = frappe.db.escape(self.config.document_type, percent=False)
		return f"""{self.table}
			join (select parent, reference_doctype, reference_name from `tabInvoice Payment Reference`) reference
				on reference.reference_doctype = {doctype} and reference.reference_name = {self.table}.`name`
			join (select name as payment_name, status, after_payment_status from `tabInvoice Payment`) payment
				on payment.payment_name = reference.parent"""

	@property
	def _is_told(self) -> bool:
		"""After a look at how many are doubtful."""
		return self._doubtful is not None and bool(self.told)

	def _fields(self) -> str:
		return (
			f"upper({_column(self.config, 'currency')}) as currency, {self._due} as due_date,"
			f" cast({_column(self.config, 'outstanding')} as char) as amount"
		)

	@property
	def _due(self) -> str:
		return f"date({_column(self.config, 'due_date')})" if self.config.due_date_fieldname else "null"

	def _counted(self, row, documents: int = 1) -> Counter:
		to_pay = money.round_to_minor(row.amount, row.currency)
		overdue = to_pay if row.due_date and row.due_date < getdate(nowdate()) else 0
		return Counter(documents=documents, to_pay=to_pay, overdue=overdue)


def order_of(row) -> tuple:
	"""The order of `Owing.first_due`, also for rows of several DocTypes."""
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


def _told_by_fields(config: PayableConfig) -> str | None:
	"""A condition on the documents whose own fields seem to say what they owe; None where they can't."""
	fields = (config.paid_fieldname, config.reserved_fieldname, config.outstanding_fieldname)
	if config.keeps_outstanding or not all(fields):
		return None
	total, paid, reserved, outstanding = (
		_column(config, kind) for kind in ("total", "paid", "reserved", "outstanding")
	)
	return f"({outstanding} > 0 and {outstanding} = {total} - {paid} and {reserved} = 0)"


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
