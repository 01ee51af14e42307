"""Whom each document of a payment link billed when the link was made: its row keeps that.

A link is sent to one party, and a document may be billed to another later. What its holder may see is therefore decided anew at
each opening and each payment: a document that bills somebody else by then is left out, and comes back with the party.

The party decides, wherever the document lies. Only where a document names none, its unit says whose it is.
"""

from frappe.utils import cstr

# What a Data column holds.
LENGTH = 140
PARTY = ("party_doctype", "party", "billed_to")


def facts_of(payable) -> dict:
	"""What the row of a link keeps: `party_doctype` and `party` where the party is a record, which Frappe renames here, too;
	`billed_to` where it is a text; `organisation_unit` where there is none."""
	facts = dict.fromkeys([*PARTY, "organisation_unit"])
	party, doctype = payable.party_key, payable.party_doctype
	if party and doctype:
		return facts | {"party_doctype": doctype, "party": party}
	if text := _as_kept(party):
		return facts | {"billed_to": text}
	return facts | {"organisation_unit": payable.unit}


def is_unchanged(row, payable) -> bool:
	"""Whether the document of this row still bills whom it billed. True where neither a party nor a unit was named."""
	if row.party or row.billed_to:
		now = facts_of(payable)
		return all(cstr(row.get(field)) == cstr(now[field]) for field in PARTY)
	return not row.organisation_unit or row.organisation_unit == payable.unit


def _as_kept(party) -> str:
	"""As a Data field keeps it: without what Frappe would take for HTML, and change."""
	return cstr(party).strip().replace("<", "‹").replace(">", "›")[:LENGTH].rstrip()
