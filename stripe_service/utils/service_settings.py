"""What Stripe Service Settings say.

From Frappe's cache, but for a minute after they were changed: a request that was under way reads them as they were, and would
write that to the cache after it was emptied. What an administrator switched off would be on again until the next change.
"""

import frappe

from stripe_service.utils.cache import changed_lately, forget_cached

DOCTYPE = "Stripe Service Settings"
CACHE_KEY = "stripe_service_settings"


def service_settings():
	"""Stripe Service Settings, to be read only. Whoever calls need not be allowed to read them."""
	return frappe.get_doc(DOCTYPE) if changed_lately(CACHE_KEY) else frappe.get_cached_doc(DOCTYPE)


def forget_settings() -> None:
	"""After a change."""
	forget_cached(CACHE_KEY)
	frappe.db.after_commit.add(lambda: frappe.clear_document_cache(DOCTYPE, DOCTYPE))
