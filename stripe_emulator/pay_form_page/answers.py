"""What the app's API answered on a real site, recorded, and filled with what an invoice of the test page says.

`answers/*.json` are written by tests/site/test_pay_form_answers.py (RECORD_ANSWERS=1), which at other times holds them against
what the site answers. So the page has the fields that the API has, and none besides: to fill in a field that was not
recorded is an error. Format: one file for each answer, as the API gives it to the browser, with whatever differs from one
recording to the next (names, ids, dates) replaced by a fixed value (`steady`).
"""

import copy
import json
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "answers"

# Keys whose values are another site's, user's or day's.
STEADY = {
	"payment": "PAY-0001",
	"payer": "Jenny Rosen",
	"party": "Branch A",
	"title": "Invoice",
	"account": "Emulator",
	"name": "NAME-0001",
	"email": "payer@example.com",
	"account_holder_name": "Jenny Rosen",
	"client_secret": "secret",
	"setup_intent": "seti_0001",
	"receipt_url": "https://example.com/receipt",
	"publishable_key": "pk_test_emulator_us",
	"value": "Value",
	"stripe_js_url": "http://127.0.0.1:12100/endive/stripe.js",
}
# A day as a value, and in words.
DAYS = {
	re.compile(r"\d{4}-\d{2}-\d{2}|\d{2}-\d{2}-\d{4}"): "2026-12-01",
	re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4}"): "Dec 1, 2026",
}


class NotRecorded(Exception):
	"""The page wants to answer what the app's API does not."""


def answer(name: str, /, **values):
	"""A recorded answer with `values` in place of the recorded ones; rows of a list are filled one by one."""
	return _filled(recorded(name), values, name)


def row(name: str, key: str, /, **values) -> dict:
	"""The first row of the list `key` of a recorded answer, filled: `row("open_form", "under_way", payment="PAY-1")`."""
	found = recorded(name)
	for part in key.split("."):
		found = found[part]
	return _filled(found[0], values, f"{name}.{key}")


def recorded(name: str):
	"""An answer of the real API, as tests/site/test_pay_form_answers.py recorded it; a copy."""
	return copy.deepcopy(_read(name))


def steady(value, key: str = ""):
	"""The answer as it is recorded: the same on every site and every day."""
	if isinstance(value, dict):
		return {name: steady(entry, name) for name, entry in value.items()}
	if isinstance(value, list):
		return [steady(entry, key) for entry in value]
	if value is None or value == "":
		return value
	if key in STEADY:
		return STEADY[key]
	# Dates are still objects where the answer has not been through HTTP.
	if isinstance(value, bool | int | float):
		return value
	text = str(value)
	for day, fixed in DAYS.items():
		text = day.sub(fixed, text)
	return text


def save(name: str, content) -> None:
	"""Record an answer; called with RECORD_ANSWERS=1 only."""
	FOLDER.mkdir(exist_ok=True)
	(FOLDER / f"{name}.json").write_text(json.dumps(content, indent="\t", sort_keys=True) + "\n")


@cache
def _read(name: str):
	return json.loads((FOLDER / f"{name}.json").read_text())


def _filled(template, values: dict, path: str) -> dict:
	unknown = set(values) - set(template)
	if unknown:
		raise NotRecorded(f"{path} has no {', '.join(sorted(unknown))}: record the answers anew")
	for name, value in values.items():
		if isinstance(value, dict) and isinstance(template[name], dict):
			value = _filled(template[name], value, f"{path}.{name}")
		template[name] = value
	return template
