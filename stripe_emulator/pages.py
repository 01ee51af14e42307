"""Pages for people: the start page, the bank's 3-D Secure page, micro-deposit verification, a receipt.

Plain forms, which work without Stripe.js; each also takes JSON. The 3-D Secure page tells the page that opened or framed it
when it is done.
"""

from html import escape
from urllib.parse import urlencode, urlsplit, urlunsplit

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from . import control_routes, errors, money, testdata
from .resources import payment_intents, setup_intents
from .resources.account import shape as account_shape

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1f36; }
table { border-collapse: collapse; width: 100%; margin: 0 0 1.5rem; }
td, th { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #e3e8ee; vertical-align: top; }
code { background: #f6f9fc; padding: .1rem .3rem; border-radius: 3px; }
button { font: inherit; padding: .5rem 1.25rem; margin-right: .5rem; border: 1px solid #697386; border-radius: 4px; }
button.primary { background: #533afd; border-color: #533afd; color: #fff; }
.note { color: #697386; }
"""


def respond(emulator, request: Request) -> Response:
	"""The emulator's HTML pages: 3-D Secure, micro-deposits, receipts, home; raises NotFound."""
	parts = request.path.strip("/").split("/")
	kind, object_id = (parts[1], parts[2]) if len(parts) == 3 else ("", "")
	handler = {"3ds": authentication, "microdeposits": verification, "receipts": receipt}.get(kind)
	if handler is None:
		if parts == ["emulator"]:
			return home(emulator, request)
		raise NotFound("No such control route; see docs/emulator.md.")
	with emulator.store.lock:
		try:
			return handler(emulator, request, object_id)
		finally:
			emulator.store.flush()


# 3-D Secure


def authentication(emulator, request: Request, intent_id: str) -> Response:
	"""GET shows Complete and Fail; POST `outcome` finishes, and goes back to the return URL where there is one."""
	intent = _intent(emulator, intent_id, request)
	if request.method == "GET":
		return _authentication_page(intent, request)
	outcome = _given(request).get("outcome")
	if outcome not in ("complete", "fail"):
		raise BadRequest("outcome must be complete or fail")
	action = intent["next_action"] or {}
	control_routes.finish_authentication(emulator.context(intent["_space"]), intent, outcome == "complete")
	if request.is_json:
		return control_routes._json({"status": intent["status"]})
	back = (action.get("redirect_to_url") or {}).get("return_url") or intent["_confirm"].get("return_url")
	if action.get("type") == "redirect_to_url" and back:
		return redirect(_with_outcome(back, intent, outcome), 303)
	return _page(
		"Authentication done",
		f'<p id="outcome" data-outcome="{outcome}">You can close this window.</p>'
		"<script>(window.opener || window.parent).postMessage({ stripeEmulator: '3ds', outcome: "
		f"'{outcome}', intent: '{escape(intent_id)}' }}, '*');</script>",
	)


def _authentication_page(intent: dict, request: Request) -> Response:
	if intent["status"] != "requires_action":
		return _page("Nothing to authenticate", f"<p>This {intent['object']} is {intent['status']}.</p>")
	amount = (
		money.shown(intent["amount"], intent["currency"])
		if "amount" in intent
		else "no amount: saving a card"
	)
	secret = escape(intent["client_secret"])
	return _page(
		"3D Secure 2 test page",
		f"<p>Your bank asks you to confirm this payment: <strong>{amount}</strong></p>"
		f'<form method="post"><input type="hidden" name="client_secret" value="{secret}">'
		'<button class="primary" id="test-source-authorize-3ds" name="outcome" value="complete">Complete</button>'
		'<button id="test-source-fail-3ds" name="outcome" value="fail">Fail</button></form>'
		'<p class="note">This page is the emulator\'s; a real bank shows its own.</p>',
	)


def _with_outcome(url: str, intent: dict, outcome: str) -> str:
	"""The return URL with what Stripe appends to it."""
	name = intent["object"]
	status = (
		"succeeded" if outcome == "complete" and intent["status"] in ("succeeded", "processing") else "failed"
	)
	added = urlencode(
		{name: intent["id"], f"{name}_client_secret": intent["client_secret"], "redirect_status": status}
	)
	scheme, host, path, query, fragment = urlsplit(url)
	return urlunsplit((scheme, host, path, f"{query}&{added}" if query else added, fragment))


# Micro-deposits


def verification(emulator, request: Request, intent_id: str) -> Response:
	"""In place of the page on which Stripe asks for the amounts or the code of the micro-deposits."""
	intent = _intent(emulator, intent_id, request)
	problem = ""
	if request.method == "POST":
		try:
			_verify(emulator, intent, _given(request))
		except errors.StripeError as error:
			problem = f'<p role="alert">{escape(str(error))}</p>'
	waiting = intent.get("_microdeposits")
	if not waiting:
		return _page(
			"Bank account", f'{problem}<p id="status">The {intent["object"]} is {intent["status"]}.</p>'
		)
	secret = escape(intent["client_secret"])
	fields = (
		'<label>First amount (cents) <input name="first"></label> <label>Second <input name="second"></label>'
		if waiting["type"] == "amounts"
		else '<label>Code (SM....) <input name="descriptor_code"></label>'
	)
	return _page(
		"Verify your bank account",
		f'{problem}<form method="post"><input type="hidden" name="client_secret" value="{secret}">{fields} '
		'<button class="primary">Verify</button></form>'
		'<p class="note">Right: 32 and 45, or SM11AA.</p>',
	)


def _verify(emulator, intent: dict, given: dict) -> None:
	params: dict = {}
	if given.get("descriptor_code"):
		params["descriptor_code"] = given["descriptor_code"]
	else:
		params["amounts"] = [
			int(given.get(n) or 0) if str(given.get(n) or "").isdigit() else 0 for n in ("first", "second")
		]
	module = payment_intents if intent["object"] == "payment_intent" else setup_intents
	module.verify(emulator.context(intent["_space"]), intent, params)


# Receipts


def receipt(emulator, request: Request, token: str) -> Response:
	"""The receipt of a charge. `token` is the charge's id, then letters that make the address as long as Stripe's."""
	charge = emulator.store.objects.get(token.partition("-")[0])
	if charge is None or charge["object"] != "charge":
		raise NotFound()
	account = account_shape(emulator.store.spaces[charge["_space"]])
	details = charge["payment_method_details"]
	paid_with = details[details["type"]]
	name = paid_with.get("brand") or paid_with.get("bank_name")
	rows = [
		("Paid", money.shown(charge["amount"], charge["currency"])),
		("Refunded", money.shown(charge["amount_refunded"], charge["currency"])),
		("With", f"{name} •••• {paid_with['last4']}"),
		("For", charge["description"] or ""),
		("Receipt to", charge["receipt_email"] or ""),
		("Payment", charge["payment_intent"]),
	]
	return _page(f"Receipt from {account['business_profile']['name']}", _table(rows))


# Start


def home(emulator, request: Request) -> Response:
	"""Accounts with their keys, test cards and test bank accounts."""
	accounts = [
		(
			f"{escape(record['business_name'])}<br><span class=note>{record['id']}, {record['country']}</span>",
			"<br>".join(f"<code>{escape(key)}</code>" for keys in record["keys"].values() for key in keys),
		)
		for record in emulator.store.spaces.values()
	]
	cards = [(f"<code>{c.number}</code> {c.brand}", _what_happens(c)) for c in testdata.CARDS.values()]
	banks = [(f"<code>{b.number}</code>", _what_the_bank_does(b)) for b in testdata.BANKS.values()]
	body = (
		"<p>A development server that behaves like Stripe, and misbehaves on demand. How to control it: "
		"<code>docs/emulator.md</code>.</p>"
		f"<h2>Accounts and keys</h2>{_table(accounts, raw=True)}"
		"<h2>Control</h2><p>"
		'<a href="/emulator/state">state</a> · <a href="/emulator/requests">requests</a> · '
		'<a href="/emulator/webhooks/log">webhooks</a> · <a href="/emulator/faults">faults</a> · '
		'<a href="/emulator/testdata">test data</a> · <a href="/emulator/health">health</a></p>'
		"<h2>Test cards</h2><p class=note>Any future date, any three digits (four for American Express).</p>"
		f"{_table(cards, raw=True)}"
		"<h2>Test bank accounts</h2><p class=note>Routing number 110000000. Micro-deposits: 32 and 45, or SM11AA.</p>"
		f"{_table(banks, raw=True)}"
	)
	return _page("Stripe emulator", body)


def _what_happens(card: testdata.Card) -> str:
	parts = []
	if card.authentication:
		parts.append(f"3-D Secure: {card.authentication.replace('_', ' ')}")
	if card.decline:
		parts.append(f"declined: {card.decline.decline_code or card.decline.code}")
	if card.dispute:
		parts.append(f"{'inquiry' if card.inquiry else 'disputed'}: {card.dispute}")
	if card.early_fraud_warning:
		parts.append("early fraud warning")
	if card.refund != "succeeds":
		parts.append(f"refund {card.refund.replace('_', ' ')}")
	return ", then ".join(parts) or "succeeds"


def _what_the_bank_does(bank: testdata.Bank) -> str:
	if bank.failure or bank.refused:
		return f"fails: {bank.failure or bank.refused}"
	if bank.microdeposits_fail:
		return "micro-deposits fail"
	if bank.dispute:
		return "succeeds, then disputed"
	return "stays processing" if bank.stays_processing else "succeeds"


# Helpers


def _intent(emulator, intent_id: str, request: Request) -> dict:
	intent = emulator.store.objects.get(intent_id)
	given = request.args.get("client_secret") or _given(request).get("client_secret")
	if intent is None or intent.get("client_secret") != given:
		raise NotFound("No such intent, or the wrong client secret.")
	return intent


def _given(request: Request) -> dict:
	return (request.get_json(silent=True) or {}) if request.is_json else dict(request.form)


def _table(rows, raw: bool = False) -> str:
	shown = (lambda value: value) if raw else escape
	return (
		"<table>" + "".join(f"<tr><td>{shown(a)}</td><td>{shown(b)}</td></tr>" for a, b in rows) + "</table>"
	)


def _page(title: str, body: str) -> Response:
	html = (
		f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
		f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
	)
	return Response(html, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})
