"""What the number cards of the Stripe workspace show.

A card of Frappe's shows one number. Amounts of several currencies can't be added, so a card holds a line for each: a link
that leads to the payments or invoices which the amount sums. Frappe shows a custom card's text as it is.
"""

from frappe import _
from frappe.utils import add_days, escape_html, flt, get_first_day, today

from stripe_service.accounts import figures
from stripe_service.accounts.figure_links import FAR_OFF, LONG_AGO, between, link, list_path
from stripe_service.gateway import money
from stripe_service.gateway.payment_states import RECEIVED, RESERVING
from stripe_service.utils.labels import money_in_words


def received_this_month() -> str:
	"""Net of refunds and disputes."""
	first, last = get_first_day(today()), today()
	lines = []
	for figure in figures.received(first):
		path = list_path(
			figures.PAYMENT,
			currency=figure.currency,
			status=["in", list(RECEIVED)],
			settled_at=between(first, last),
		)
		lines.append(link(path, money_in_words(figure.net_minor, figure.currency)))
	return _lines(lines)


def under_way() -> str:
	"""Sum and number of the payments that may still succeed or fail, a line for each currency."""
	lines = []
	for figure in figures.under_way():
		path = list_path(figures.PAYMENT, currency=figure.currency, status=["in", list(RESERVING)])
		lines.append(
			_counted(path, money_in_words(figure.under_way_minor, figure.currency), figure.under_way_count)
		)
	return _lines(lines)


def overdue() -> str:
	"""What is outstanding on Portal Invoices past their due date, a line for each currency."""
	return _lines(_unpaid(figures.OVERDUE, due_date=between(LONG_AGO, add_days(today(), -1))))


def not_yet_due() -> str:
	"""Due today counts here; so do invoices without a due date, in lines of their own."""
	dated = _unpaid(figures.NOT_YET_DUE, due_date=between(today(), FAR_OFF))
	undated = _unpaid(figures.UNDATED, due_date=["is", "not set"])
	note = f' <span class="text-muted small">{escape_html(_("without due date"))}</span>'
	return _lines([*dated, *(line + note for line in undated)])


def _unpaid(when: str, **due) -> list[str]:
	"""What is outstanding on Portal Invoices that wait for money."""
	lines = []
	for row in figures.unpaid(when):
		path = list_path(
			figures.INVOICE,
			currency=row.currency,
			workflow_state=["in", list(figures.UNPAID_STATES)],
			outstanding_amount=[">", 0],
			**due,
		)
		minor = money.round_to_minor(flt(row.amount), row.currency)
		lines.append(_counted(path, money_in_words(minor, row.currency), row.count))
	return lines


def _counted(path: str, amount: str, count: int) -> str:
	# Isolated, so that an amount in Arabic letters does not carry the count to its other side.
	return f'<bdi>{link(path, amount)}</bdi> <span class="text-muted small">({int(count)})</span>'


def _lines(lines: list[str]) -> str:
	"""Nothing at all is nothing of the account's own currency."""
	return "<br>".join(lines) or money_in_words(0, figures.account_currency())
