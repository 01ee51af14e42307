"""In whose language a text is written that outlives the request.

Frappe translates into the language of whoever asks: a request's user, and in a job nobody, which is English. But notices
are read by others than whoever causes them, and what a job writes on a record is read by administrators. So a text
for one user is written in that user's language, and one for administrators in the site's (System Settings).
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import frappe
from frappe.translate import extract_messages_from_javascript_code, get_all_translations


@contextmanager
def language_of(user: str) -> Iterator[None]:
	"""Within the block texts, dates and amounts are in the language of this user, or of the site where they chose none."""
	# Not frappe.translate.get_user_lang: a user who is gone must not stop the notice.
	with in_language(frappe.db.get_value("User", user, "language") or _of_site()):
		yield


@contextmanager
def site_language() -> Iterator[None]:
	"""Within the block texts, dates and amounts are in the language of the site: for what administrators read."""
	with in_language(_of_site()):
		yield


def use_site_language(method: str, kwargs: dict, transaction_type: str) -> None:
	"""before_job. Only this app's jobs, by method or by the scheduled job's name: other apps' are not ours to change."""
	if "stripe_service." in f"{method} {kwargs.get('job_type')}":
		frappe.local.lang = _of_site()


def page_messages() -> dict[str, str]:
	"""The translations that the pay form and the pages of the portal need on a website page, where Frappe brings none.
	The desk has them all. For templates/includes/stripe_service_messages.html."""
	known = get_all_translations(frappe.local.lang)
	return {text: known[text] for text in _texts_of_pages() if known.get(text)}


@functools.cache
def _texts_of_pages() -> tuple[str, ...]:
	"""The `__("...")` of the scripts, read once in a process: they change with the app only."""
	scripts = Path(frappe.get_app_path("stripe_service", "public", "js"))
	texts = {
		text
		for part in ("pay_form", "my_methods", "payer_home", "portal_payments")
		for path in sorted((scripts / part).rglob("*.js"))
		for _line, text, _context in extract_messages_from_javascript_code(path.read_text())
	}
	return tuple(sorted(texts))


def words_for(user: str | None, subject: str | Callable[[], str]) -> str:
	"""A text that is there already as it is; a function's in the language of `user`, or of the site for None."""
	if isinstance(subject, str):
		return subject
	with language_of(user) if user else site_language():
		return subject()


def _of_site() -> str:
	return frappe.db.get_single_value("System Settings", "language") or "en"


@contextmanager
def in_language(language: str) -> Iterator[None]:
	"""frappe.translate.print_language does not go back where an error is raised."""
	before = frappe.local.lang
	frappe.local.lang = language
	try:
		yield
	finally:
		frappe.local.lang = before
