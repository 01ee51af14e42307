"""What Stripe or a person wrote is text, also where Frappe shows a field as HTML.

Frappe sanitises what is saved through a document, but not what `frappe.db.set_value` and `db_insert` write, and shows
Small Text as HTML. So whoever writes such a text past the document, or puts it into a message, escapes it here.
"""

from html import escape


def as_text(value: str | None) -> str | None:
	"""`value` with its markup made harmless: a browser shows it as it was written. Quotes stay, because the text stands
	between tags and never in an attribute. What can't be written as UTF-8 (a lone surrogate) becomes a question mark. None
	stays None."""
	if value is None:
		return None
	return escape(str(value).encode("utf-8", "replace").decode(), quote=False)
