"""The amounts that a payable document shows are the payments' doing: a save never changes them.

Runs on every save on the site, so the first line decides for nearly all of them, without a query.
"""

from stripe_service.payables.registry import config_of, open_payable


def keep_amounts(doc, method=None) -> None:
	"""doc_events: put paid, under way and outstanding back to what the payments say, whatever the form, an import
	or the REST API sent along; the outstanding amount follows a total that was edited."""
	if not config_of(doc.doctype):
		return
	payable = open_payable(doc)
	config = payable.config
	if not any((config.paid_fieldname, config.reserved_fieldname, config.outstanding_fieldname)):
		return
	from stripe_service.payments.balance import Balance, balance_of

	# The row is locked by the save; a locking read, because this transaction may be older than the last claim.
	if doc.is_new():
		total = payable.total_minor
		balance = Balance(payable.currency, total, 0, 0, outstanding_minor=max(total, 0), unallocated_minor=0)
	else:
		balance = balance_of(payable, lock=True)
	doc.update(payable.amounts(balance))
