"""Which documents can be paid by one payment, and which can stand in one payment link: the rules for choosing several, in words
for whoever chose them."""

import frappe
from frappe import _

# So many rows are locked together, and named in the 500 characters of a refund's metadata (`refund`).
MOST_DOCUMENTS = 40


class NotTogether(frappe.ValidationError):
	"""These documents can't be paid by one payment; the message says why."""

	http_status_code = 417


def check_count(documents: int) -> None:
	"""Raises NotTogether for more documents than one payment may name."""
	if documents > MOST_DOCUMENTS:
		frappe.throw(
			_("At most {0} documents can be paid at once. Choose fewer.").format(MOST_DOCUMENTS), NotTogether
		)


def check_together(payables: list) -> None:
	"""Raises NotTogether unless all can be paid by one payment: another document each, one currency, one Stripe Account."""
	if len({(payable.doctype, payable.name) for payable in payables}) < len(payables):
		frappe.throw(_("A document can be chosen only once."), NotTogether)
	if why := why_not_together(payables):
		frappe.throw(why, NotTogether, title=_("Cannot be paid together"))


def why_not_together(payables: list) -> str | None:
	"""Why not all of these can be paid by one payment, translated; None if they can."""
	currencies = sorted({payable.currency for payable in payables})
	if len(currencies) > 1:
		return _(
			"Amounts in {0} can't be paid together. Pay the documents of each currency by themselves."
		).format(", ".join(currencies))
	if len({payable.account for payable in payables}) > 1:
		return _(
			"These documents are paid to different Stripe Accounts, so they can't be paid together. Pay those of each account by"
			" themselves."
		)
	return None


def check_one_link(payables: list) -> None:
	"""Raises NotTogether unless all can stand in one payment link: they can be paid together, and bill one party. Whoever has the
	link sees all of them, and nobody may see what another party owes."""
	check_count(len(payables))
	check_together(payables)
	if len(payables) > 1 and (why := _why_not_one_party(payables)):
		frappe.throw(why, NotTogether, title=_("Cannot share one link"))


def _why_not_one_party(payables: list) -> str | None:
	for payable in payables:
		if not payable.party:
			return _(
				"{0} does not say whom it bills, so it can only have a link of its own. A link for several documents shows all"
				" of them to whoever has it."
			).format(frappe.utils.escape_html(payable.name))
	parties = {payable.party_key: payable.party for payable in payables}
	if len(parties) > 1:
		return _(
			"These documents bill different parties ({0}). A link shows all its documents to whoever has it: choose those of one"
			" party."
		).format(frappe.utils.escape_html(", ".join(sorted(parties.values()))))
	return None
