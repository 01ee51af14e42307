"""The calls of the form, answered as the app's API was recorded to answer them (answers.py).

What is filled in is Stripe's: payments are its PaymentIntents, bank accounts its SetupIntents, read again for each answer
through the app's own gateway, so that nothing of the app is told twice here. Invoices are what a test says they are. Money is
charged for real, once for each request, so that tests may lose answers and ask Stripe what was charged.
"""

import threading
from datetime import datetime, timezone

from stripe_service.gateway import errors, money
from stripe_service.gateway.client import Credentials, Gateway

from . import answers

BRANDS = {
	"visa": "VISA", "mastercard": "MasterCard", "amex": "American Express", "discover": "Discover",
	"diners": "Diners Club", "jcb": "JCB",
}  # fmt: skip
LABELS = {"card": "Card", "us_bank_account": "Bank account"}
TRIES = {"amounts": 3, "descriptor_code": 10}
# The status of a payment, by its PaymentIntent's.
STATUS = {"requires_action": "Action Required", "processing": "Processing", "succeeded": "Succeeded"}
# The recorded answer for each status. A payment that has just begun has the fields of one that failed.
ANSWERS = {
	"Succeeded": "paid", "Processing": "processing", "Action Required": "action_required", "Cancelled": "cancelled",
	"Failed": "failed", "Started": "failed",
}  # fmt: skip
BANK_ANSWERS = {"succeeded": "bank_account_verified", "requires_action": "bank_account_pending"}


class Refused(Exception):
	"""The form's wish was refused before anything was done."""


class Desk:
	def __init__(self, stripe_url: str, secret_key: str, publishable_key: str):
		self.stripe_url = stripe_url
		self.publishable_key = publishable_key
		self.gateway = Gateway(Credentials(secret_key, publishable_key, stripe_url))
		self.lock = threading.RLock()
		self.invoices: dict[str, dict] = {}
		self.intents: dict[
			str, str
		] = {}  # payment -> PaymentIntent, whose metadata say whose it is and for what
		self.customers: dict[str, str] = {}
		self.accounts: dict[str, str] = {}  # SetupIntent of a bank account -> user
		self.tried: dict[str, int] = {}  # how often its verification was tried, which Stripe does not say
		self.methods = {
			"pay.open_form": self.open_form, "pay.pay": self.pay, "pay.payment_status": self.payment_status,
			"pay.finish": self.payment_status, "pay.abandon": self.abandon,
			"methods.start_bank_account": self.start_bank_account,
			"methods.bank_account_confirmed": self.bank_account_confirmed,
			"methods.verify_bank_account": self.verify_bank_account,
			"methods.remove_method": self.remove_method,
		}  # fmt: skip

	def call(self, method: str, user: str, args: dict):
		"""What the app's whitelisted method of this name would answer; raises Refused."""
		if method not in self.methods:
			raise Refused(f"No such call: {method}")
		return self.methods[method](user, **args)

	# Invoices

	def add_examples(self) -> None:
		"""One invoice in each kind of currency: two decimals, none and three."""
		for number, (title, currency, total) in enumerate(
			[
				("Office chairs", "USD", "119.00"), ("Yearly maintenance", "EUR", "1250.50"),
				("Translation", "JPY", "15000"), ("Consulting", "KWD", "42.750"),
			],
			1,
		):  # fmt: skip
			self.add_invoice(name=f"PINV-{number}", title=title, currency=currency, total=total)

	def add_invoice(self, total: str, currency: str = "USD", name: str = "", **more) -> dict:
		"""`more`: title, partial_allowed, why_not, loading_error, ach_reason, test_mode."""
		name = name or f"PINV-{len(self.invoices) + 1:04}"
		invoice = {"name": name, "currency": currency, "total_minor": money.to_minor(total, currency)}
		self.invoices[name] = {"title": "Invoice", "partial_allowed": True, **invoice, **more, "payments": []}
		return {"name": name}

	def open_form(self, user: str, doctype: str, name: str) -> dict:
		"""See stripe_service.api.pay.open_form; raises Refused."""
		invoice = self.invoices.get(name)
		if invoice is None:
			raise Refused("There is no such invoice.")
		if error := invoice.get("loading_error"):
			nothing = {"why_not": None, "amount": None, "stripe": None, "resume": None, "under_way": []}
			form = answers.answer(
				"open_form", invoice=self._shown(invoice, []), loading_error=error, **nothing
			)
			return {**form, "methods": {}, "saved": {}}
		intents = self._intents(invoice)
		ach = {"allowed": True, "reason": ""}
		reason = "" if invoice["currency"] == "USD" else "Bank accounts can only pay invoices in USD."
		if reason := invoice.get("ach_reason") or reason:
			ach = {"allowed": False, "reason": reason}
		return answers.answer(
			"open_form",
			invoice=self._shown(invoice, intents),
			why_not=invoice.get("why_not") or _why_not(invoice, intents),
			amount=_limits(invoice, intents),
			methods={"us_bank_account": ach},
			saved={"cards": self._cards(user), "bank_accounts": self._bank_accounts(user)},
			stripe={
				"publishable_key": self.publishable_key,
				"stripe_js_url": f"{self.stripe_url}/endive/stripe.js",
				"test_mode": invoice.get("test_mode", True),
			},
			under_way=[_row_under_way(each, user) for each in intents if _is_under_way(each)],
			resume=next((_resume(each) for each in intents if _can_resume(each, user)), None),
		)

	def _shown(self, invoice: dict, intents: list[dict]) -> dict:
		currency = invoice["currency"]
		paid = sum(intent["amount"] for intent in intents if intent["status"] == "succeeded")
		outstanding = invoice["total_minor"] - paid
		return {
			"name": invoice["name"],
			"title": invoice["title"],
			"currency": currency,
			"exponent": money.exponent(currency),
			"total": _major(invoice["total_minor"], currency),
			"outstanding": _major(outstanding, currency),
			"outstanding_minor": outstanding,
			"reserved": _major(outstanding - _available_minor(invoice, intents), currency),
			"paid": _major(paid, currency),
			"status": "To Be Paid" if outstanding else "Paid",
		}

	# Payments

	def pay(
		self,
		user,
		doctype,
		name,
		amount,
		method_type,
		request_id,
		save=0,
		confirmation_token=None,
		saved_method=None,
	):
		"""See stripe_service.api.pay.pay; `amount` in major units, as a text; raises Refused."""
		invoice = self.invoices[name]
		with self.lock:
			if known := self._by_request(invoice, user, request_id):
				return self._result(known)
			if confirmation_token:
				self._check_brand(confirmation_token)
			intent = self._create(user, invoice, amount, method_type, request_id, save)
		if confirmation_token:
			params = {"confirmation_token": confirmation_token}
		elif method_type == "card":
			params = {
				"payment_method": saved_method,
				"use_stripe_sdk": True,
				"return_url": "http://127.0.0.1/",
			}
		else:
			setup = self.gateway.call("setup_intents.retrieve", saved_method)
			params = {"payment_method": setup["payment_method"], "mandate": setup["mandate"]}
		try:
			self.gateway.call("payment_intents.confirm", intent["id"], params=params)
		except errors.CardError:
			pass  # Stripe keeps it with the intent
		return self._result(self._intent(intent["metadata"]["payment"]))

	def _check_brand(self, token: str) -> None:
		preview = self.gateway.call("confirmation_tokens.retrieve", token)["payment_method_preview"]
		brand = (preview.get("card") or {}).get("brand")
		if brand and brand not in BRANDS:
			raise Refused(f"Cards of this brand ({brand}) are not accepted here. Nothing was charged.")

	def _create(self, user, invoice, amount, method_type, request_id, save) -> dict:
		currency = invoice["currency"]
		try:
			minor = money.to_minor(amount, currency)
			money.check_chargeable(minor, currency)
		except money.AmountError as error:
			raise Refused(f"Stripe does not take this amount ({error.reason}).") from None
		if minor > _limits(invoice, self._intents(invoice))["max_minor"]:
			raise Refused("Someone else has paid meanwhile: this is more than is left to pay.")
		payment = f"PAY-{len(self.intents) + 1:04}"
		params = {
			"amount": minor,
			"currency": currency.lower(),
			"customer": self._customer(user),
			"allowed_payment_method_types": [method_type],
			"metadata": {
				"payment": payment, "invoice": invoice["name"], "user": user, "request": request_id, "method": method_type,
			},
		}  # fmt: skip
		if save:
			params["setup_future_usage"] = "on_session"
		intent = self.gateway.call(
			"payment_intents.create", params=params, idempotency_key=f"{user} {request_id}"
		)
		self.intents[payment] = intent["id"]
		invoice["payments"].append(payment)
		return intent

	def _intent(self, payment: str) -> dict:
		"""As Stripe has it now. A declined one is cancelled, so that nobody can still confirm it and its amount is free."""
		with self.lock:
			expand = {"expand": ["latest_charge"]}
			intent = self.gateway.call("payment_intents.retrieve", self.intents[payment], params=expand)
			if intent["status"] == "requires_payment_method" and intent["last_payment_error"]:
				intent = self.gateway.call("payment_intents.cancel", intent["id"])
			return intent

	def _intents(self, invoice: dict) -> list[dict]:
		with self.lock:
			return [self._intent(payment) for payment in invoice["payments"]]

	def _by_request(self, invoice: dict, user: str, request_id: str) -> dict | None:
		asked = (user, request_id)
		found = (
			each for each in self._intents(invoice) if (_of(each, "user"), _of(each, "request")) == asked
		)
		return next(found, None)

	def payment_status(self, user, payment=None, doctype=None, name=None, request_id=None) -> dict:
		"""See stripe_service.api.pay.payment_status."""
		intent = self._intent(payment) if payment else self._by_request(self.invoices[name], user, request_id)
		if not intent or _of(intent, "user") != user:
			return answers.answer("not_started")
		return self._result(intent)

	def abandon(self, user, payment) -> dict:
		"""See stripe_service.api.pay.abandon: cancels what waits for the payer."""
		with self.lock:
			intent = self._intent(payment)
			if intent["status"] == "requires_action":
				intent = self.gateway.call("payment_intents.cancel", intent["id"])
		return self._result(intent)

	def _result(self, intent: dict) -> dict:
		invoice, status = self.invoices[_of(intent, "invoice")], _status(intent)
		currency = invoice["currency"]
		more = {}
		if status == "Started":
			more["outcome"] = "unknown"
		elif status == "Action Required":
			more["client_secret"] = intent["client_secret"]
		elif status in ("Processing", "Succeeded"):
			rest = _available_minor(invoice, self._intents(invoice))
			more |= {"outstanding_minor": rest, "outstanding": _major(rest, currency)}
		return answers.answer(
			ANSWERS[status],
			payment=_of(intent, "payment"),
			status=status,
			amount=_major(intent["amount"], currency),
			amount_minor=intent["amount"],
			currency=currency,
			method_label=LABELS[_of(intent, "method")],
			message=(intent["last_payment_error"] or {}).get("message", ""),
			receipt_url=intent["latest_charge"]["receipt_url"] if status == "Succeeded" else None,
			**more,
		)

	# Saved cards and bank accounts

	def _customer(self, user: str) -> str:
		with self.lock:
			if user not in self.customers:
				self.customers[user] = self.gateway.call("customers.create", params={"email": user})["id"]
			return self.customers[user]

	def _cards(self, user: str) -> list[dict]:
		if user not in self.customers:
			return []
		params = {"customer": self.customers[user], "type": "card"}
		found = self.gateway.call("payment_methods.list", params=params)
		return [_card_row(method, index == 0) for index, method in enumerate(found["data"])]

	def _bank_accounts(self, user: str) -> list[dict]:
		return [self._bank_row(setup) for setup, owner in self.accounts.items() if owner == user]

	def start_bank_account(self, user, account) -> dict:
		"""See stripe_service.api.methods: a SetupIntent for the browser."""
		params = {
			"customer": self._customer(user),
			"allowed_payment_method_types": ["us_bank_account"],
			"usage": "off_session",
		}
		setup = self.gateway.call("setup_intents.create", params=params)
		return answers.answer(
			"bank_account_started",
			client_secret=setup["client_secret"],
			setup_intent=setup["id"],
			billing_details={"name": "", "email": user},
		)

	def bank_account_confirmed(self, user, setup_intent) -> dict:
		"""See stripe_service.api.methods: the row after the browser confirmed the SetupIntent."""
		self.accounts.setdefault(setup_intent, user)
		return self._bank_row(setup_intent)

	def verify_bank_account(
		self, user, name, first_amount=None, second_amount=None, descriptor_code=None
	) -> dict:
		"""See stripe_service.api.methods: amounts in cents, or the code; raises Refused."""
		params = {"amounts": [first_amount, second_amount]}
		if descriptor_code:
			params = {"descriptor_code": descriptor_code}
		try:
			self.gateway.call("setup_intents.verify_microdeposits", name, params=params)
		except errors.InvalidRequest as error:
			self.tried[name] = self.tried.get(name, 0) + 1
			raise Refused(error.message) from None
		return self._bank_row(name)

	def remove_method(self, user, name) -> dict:
		"""See stripe_service.api.methods; raises Refused for another user's."""
		if self.accounts.get(name) != user:
			raise Refused("There is no such payment method of yours.")
		del self.accounts[name]
		return {}

	def _bank_row(self, name: str) -> dict:
		setup = self.gateway.call("setup_intents.retrieve", name, params={"expand": ["payment_method"]})
		method = setup["payment_method"] or (setup["last_setup_error"] or {}).get("payment_method") or {}
		bank = method.get("us_bank_account") or {}
		waiting = (setup["next_action"] or {}).get("verify_with_microdeposits") or {}
		kind = waiting.get("microdeposit_type")
		return answers.answer(
			BANK_ANSWERS.get(setup["status"], "bank_account_failed"),
			name=name,
			bank_name=bank.get("bank_name"),
			last4=bank.get("last4"),
			microdeposit_type=kind,
			arrival_date=_date(waiting.get("arrival_date")),
			attempts_left=TRIES[kind] - self.tried.get(name, 0) if kind else None,
			is_default=False,
		)


def _of(intent: dict, name: str) -> str:
	return intent["metadata"][name]


def _status(intent: dict) -> str:
	if intent["status"] == "canceled":
		return "Failed" if intent["last_payment_error"] else "Cancelled"
	return STATUS.get(intent["status"], "Started")


def _is_under_way(intent: dict) -> bool:
	return intent["status"] not in ("succeeded", "canceled")


def _available_minor(invoice: dict, intents: list[dict]) -> int:
	taken = sum(intent["amount"] for intent in intents if intent["status"] != "canceled")
	return invoice["total_minor"] - taken


def _limits(invoice: dict, intents: list[dict]) -> dict:
	currency, available = invoice["currency"], _available_minor(invoice, intents)
	most = money.chargeable_minor(available, currency)
	least = min(most, money.minimum_minor(currency))
	return {
		"max": _major(most, currency),
		"max_minor": most,
		"min": _major(least, currency),
		"min_minor": least,
		"owed_minor": available,
		"least_rest_minor": money.minimum_minor(currency),
		"partial_allowed": invoice["partial_allowed"],
		"step_minor": money.step_minor(currency),
	}


def _why_not(invoice: dict, intents: list[dict]) -> str | None:
	if money.chargeable_minor(_available_minor(invoice, intents), invoice["currency"]):
		return None
	is_waiting = any(map(_is_under_way, intents))
	return "The whole amount is under way already." if is_waiting else "This invoice is paid."


def _row_under_way(intent: dict, user: str) -> dict:
	mine, currency = _of(intent, "user") == user, intent["currency"].upper()
	return answers.row(
		"open_form" if mine else "open_form_of_a_colleague",
		"under_way",
		payment=_of(intent, "payment"),
		payer=_of(intent, "user"),
		amount=_major(intent["amount"], currency),
		currency=currency,
		status=_status(intent),
		method_type=_of(intent, "method"),
		expected_by=None,
		**({"method_label": LABELS[_of(intent, "method")]} if mine else {}),
	)


def _can_resume(intent: dict, user: str) -> bool:
	return intent["status"] == "requires_action" and _of(intent, "user") == user


def _resume(intent: dict) -> dict:
	found = {"payment": _of(intent, "payment"), "client_secret": intent["client_secret"]}
	return answers.recorded("open_form")["resume"] | found


def _card_row(method: dict, is_default: bool) -> dict:
	card = method["card"]
	now = datetime.now(timezone.utc)
	return answers.row(
		"open_form",
		"saved.cards",
		name=method["id"],
		brand=card["brand"],
		brand_name=BRANDS[card["brand"]],
		last4=card["last4"],
		exp_month=card["exp_month"],
		exp_year=card["exp_year"],
		expired=(card["exp_year"], card["exp_month"]) < (now.year, now.month),
		is_default=is_default,
	)


def _major(minor: int, currency: str) -> str:
	return str(money.from_minor(minor, currency))


def _date(timestamp: int | None) -> str | None:
	return datetime.fromtimestamp(timestamp, timezone.utc).date().isoformat() if timestamp else None
