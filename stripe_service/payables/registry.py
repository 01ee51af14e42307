"""Which DocTypes can be paid, and where each keeps its money.

The rows of Payable DocType are read on every save on the site (is this document one of ours?), so they are held in
the cache as plain values: a DocType that nobody made payable costs a look into a dict and no query. They are few and
change rarely; every change of a row, or of a DocType's name, drops the whole of them.
"""

from dataclasses import dataclass, fields

import frappe

from stripe_service.utils.cache import forget_cached, read_cached

CACHE_KEY = "stripe_service:payable_doctypes"
THE_DOCUMENT = "The document"
# What users of the portal may pay, who have no desk (access.portal).
UNITS, CONTACTS = "Documents of Their Units", "Documents of Their Contacts"


@dataclass(frozen=True)
class PayableConfig:
	"""One row of Payable DocType. The `*_fieldname`s are fields of `document_type`, None where not given."""

	document_type: str
	enabled: bool
	stripe_account: str | None
	unit_control: bool
	title_fieldname: str | None
	party_fieldname: str | None
	currency_fieldname: str
	total_fieldname: str
	outstanding_fieldname: str | None
	outstanding_kept_by: str
	paid_fieldname: str | None
	reserved_fieldname: str | None
	unit_fieldname: str | None
	due_date_fieldname: str | None
	detail_fieldnames: tuple[str, ...]
	status_fieldname: str | None
	payable_statuses: tuple[str, ...]
	void_statuses: tuple[str, ...]
	docstatus_required: str
	status_partly_paid: str | None
	status_paid: str | None
	status_to_be_paid: str | None
	portal_access: str | None = None
	portal_party_fieldname: str | None = None

	@property
	def keeps_outstanding(self) -> bool:
		"""Whether the document itself keeps its outstanding amount, as ERPNext's Sales Invoice does."""
		return self.outstanding_kept_by == THE_DOCUMENT

	@property
	def own_statuses(self) -> frozenset[str]:
		"""The states between which payment moves the document; from any other it moves nothing."""
		named = (self.status_partly_paid, self.status_paid, self.status_to_be_paid)
		return frozenset(filter(None, (*named, *self.payable_statuses)))


LINES = frozenset({"detail_fieldnames", "payable_statuses", "void_statuses"})
CHECKS = frozenset({"enabled", "unit_control"})


def config_from(row) -> PayableConfig:
	"""A Payable DocType document or row as a PayableConfig."""
	values = {field.name: row.get(field.name) or None for field in fields(PayableConfig)}
	values |= {name: lines(values[name]) for name in LINES}
	values |= {name: bool(values[name]) for name in CHECKS}
	return PayableConfig(**values)


def lines(text: str | None) -> tuple[str, ...]:
	"""A field that holds one value a line, without blanks."""
	return tuple(line.strip() for line in (text or "").splitlines() if line.strip())


def get_all_configs() -> dict[str, PayableConfig]:
	"""All rows by DocType, the disabled ones too: what they say of access holds while payment is switched off."""
	return dict(_rows())


def get_enabled_config(doctype: str) -> PayableConfig | None:
	"""The row by which `doctype` can be paid now; None if there is none or it is disabled."""
	config = _rows().get(doctype)
	return config if config and config.enabled else None


def get_config(doctype: str) -> PayableConfig | None:
	"""As get_enabled_config, but a disabled row counts too: what was paid before must still be settled."""
	return _rows().get(doctype)


def clear_cache(doc=None, method=None, *args) -> None:
	"""doc_events: a row, or the name of a DocType, has changed."""
	forget_cached(CACHE_KEY)


def _rows() -> dict[str, PayableConfig]:
	return read_cached(CACHE_KEY, _read_rows) or {}


def _read_rows() -> dict[str, PayableConfig] | None:
	"""None while the app is being installed or removed."""
	if not frappe.db.table_exists("Payable DocType"):
		return None
	rows = frappe.get_all("Payable DocType", fields=["*"], order_by="document_type")
	return {row.document_type: config_from(row) for row in rows}
