"""Work items, for the buttons of a form and a list."""

import frappe
from frappe import _

from stripe_service.access import work_items
from stripe_service.access.pay import why_not_pay as _why_not_pay
from stripe_service.payables import registry


@frappe.whitelist(methods=["POST"])
def reprocess(doctype: str, name: str) -> dict:
	"""A fresh work item for the document, although its state was entered before; the one that is open is closed.

	Needs write on the document. {"made": whether its state leads anywhere}. Raises frappe.PermissionError, and
	frappe.ValidationError for a DocType that is not payable.
	"""
	doc = _payable(doctype, name, "write")
	made = work_items.renew(doc, frappe.session.user)
	if made:
		doc.add_comment("Workflow", _("Reprocessed: a new work item was created."))
	return {"made": made}


@frappe.whitelist()
def why_not_pay(doctype: str, name: str) -> dict:
	"""{"may_pay": bool, "why_not": why the session user may not pay the document now, or null}.

	Needs read on the document; raises frappe.PermissionError without it, whether or not the document exists.
	"""
	reason = _why_not_pay(_payable(doctype, name, "read"))
	return {"may_pay": reason is None, "why_not": reason}


def _payable(doctype: str, name: str, right: str):
	if not registry.get_enabled_config(doctype):
		frappe.throw(
			_("{0} cannot be paid here: nobody has made a Payable DocType for it.").format(
				frappe.utils.escape_html(_(doctype))
			)
		)
	try:
		doc = frappe.get_doc(doctype, name)
	except frappe.DoesNotExistError:
		frappe.clear_last_message()
		raise frappe.PermissionError
	doc.check_permission(right)
	return doc
