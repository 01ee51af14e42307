"""Whom each document of a payment link billed when the link was made: its row keeps that.

A link is sent to one party, and a document may be billed to another later. What its holder may see is therefore decided anew at
each opening and each payment: a document that bills somebody else by then is left out, and comes back with the party.

The party decides, wherever the document lies. Only where a document names none, its unit says whose it is.
"""

from frappe.utils import cstr

# What a Data or Link column holds.
LENGTH = 140


def facts_of(payable) -> dict:
	"""What the row of a link keeps: `party_doctype` and `party`, or `organisation_unit`. A party that is a record is kept as a link
	to it, so that Frappe renames both."""
	party = _as_kept(payable.party_key)
	return {
		"party_doctype": payable.party_doctype if party else None,
		"party": party or None,
		"organisation_unit": None if party else payable.unit,
	}


def is_unchanged(row, payable) -> bool:
	"""Whether the document of this row (its DocType's fields, or a dict) still bills whom it billed. True where neither a party nor
	a unit was named."""
	now = facts_of(payable)
	if row.party:
		return (row.party_doctype or None, row.party) == (now["party_doctype"] or None, now["party"])
	return not row.organisation_unit or row.organisation_unit == payable.unit


def _as_kept(party) -> str:
	"""Without what Frappe would take for HTML, and change."""
	return cstr(party).strip().replace("<", "‹").replace(">", "›")[:LENGTH].rstrip()
