"""Invoices, payments and bank accounts in memory; the money is the emulator's, through the app's own gateway.

What the form is answered is recorded from the app's API (answers.py) and only filled in here. What is left to do is what a
recording can't: to charge for real, once for each request, so that tests may lose answers and ask Stripe what was charged.
"""

import threading
import uuid
from datetime import datetime, timezone

from stripe_service.gateway import errors, money
from stripe_service.gateway.client import Credentials, Gateway

from . import answers

DOCTYPE = "Portal Invoice"
BRANDS = {
	"visa": "VISA", "mastercard": "MasterCard", "amex": "American Express", "discover": "Discover",
	"diners": "Diners Club", "jcb": "JCB",
}  # fmt: skip
WALLETS = ["apple_pay", "google_pay", "link"]
OPEN = ("Started", "Action Required", "Processing")
TRIES = {"amounts": 3, "descriptor_code": 10}
STATUS = {
	"requires_action": "Action Required", "processing": "Processing", "succeeded": "Succeeded",
	"requires_payment_method": "Failed", "canceled": "Cancelled",
}  # fmt: skip
# The recorded answer for each status. A payment that has just begun has the fields of one that failed.
ANSWERS = {
	"Succeeded": "paid", "Processing": "processing", "Action Required": "action_required", "Cancelled": "cancelled",
	"Failed": "failed", "Started": "failed",
}  # fmt: skip


BANK_ANSWERS = {
	"Verified": "bank_account_verified", "Verification Pending": "bank_account_pending",
	"Failed": "bank_account_failed",
}  # fmt: skip


class Refused(Exception):
	"""The form's wish was refused before anything was done."""


class Desk:
	def __init__(self, stripe_url: str, secret_key: str, publishable_key: str):
		self.stripe_url = stripe_url
		self.publishable_key = publishable_key
		self.gateway = Gateway(Credentials(secret_key, publishable_key, stripe_url))
		self.lock = threading.RLock()
		self.invoices: dict[str, dict] = {}
		self.payments: dict[str, dict] = {}
		self.customers: dict[str, str] = {}
		self.accounts: dict[str, dict] = {}
		self.methods = {
			"pay.open_form": self.open_form, "pay.pay": self.pay, "pay.payment_status": self.payment_status,
			"pay.finish": self.payment_status, "pay.abandon": self.abandon,
			"methods.start_bank_account": self.start_bank_account,
			"methods.bank_account_confirmed": self.bank_account_confirmed,
			"methods.verify_bank_account": self.verify_bank_account,
			"methods.remove_method": self.remove_method,
		}  # fmt: skip

	def call(self, method: str, user: str, args: dict):
		if method not in self.methods:
			raise Refused(f"No such call: {method}")
		return self.methods[method](user, **args)

	# Invoices

	def add_examples(self) -> None:
		for number, (title, currency, total) in enumerate(
			[
				("Office chairs", "USD", "119.00"), ("Yearly maintenance", "EUR", "1250.50"),
				("Translation", "JPY", "15000"), ("Consulting", "KWD", "42.750"),
			],
			1,
		):  # fmt: skip
			self.add_invoice(name=f"PINV-{number}", title=title, currency=currency, total=total)

	def add_invoice(self, total: str, currency: str = "USD", name: str = "", **more) -> dict:
		"""`more`: title, party, details, partial_allowed, why_not, loading_error, ach_reason, test_mode."""
		invoice = {
			"name": name or f"PINV-{len(self.invoices) + 1:04}",
			"currency": currency,
			"total_minor": money.to_minor(total, currency),
			"title": "Invoice",
			"party": "Branch A",
			"details": [
				{"label": "Posted on", "value": "2026-11-02"},
				{"label": "Due on", "value": "2026-12-02"},
			],
			"partial_allowed": True,
			**more,
		}
		self.invoices[invoice["name"]] = invoice
		return {"name": invoice["name"]}

	def _payments_of(self, invoice: dict, *statuses: str) -> list[dict]:
		return [
			p for p in self.payments.values() if p["invoice"] == invoice["name"] and p["status"] in statuses
		]

	def _available_minor(self, invoice: dict) -> int:
		taken = self._payments_of(invoice, "Succeeded", *OPEN)
		return invoice["total_minor"] - sum(payment["amount_minor"] for payment in taken)

	def _outstanding_minor(self, invoice: dict) -> int:
		return invoice["total_minor"] - sum(
			p["amount_minor"] for p in self._payments_of(invoice, "Succeeded")
		)

	# What the form asks for

	def open_form(self, user: str, doctype: str, name: str) -> dict:
		invoice = self.invoices.get(name)
		if invoice is None:
			raise Refused("There is no such invoice.")
		if not invoice.get("loading_error"):
			for payment in self._payments_of(invoice, *OPEN):
				self._refresh(payment)
		form = answers.answer(
			"open_form",
			invoice=self._shown(invoice),
			why_not=invoice.get("why_not") or self._why_not(invoice),
			loading_error=invoice.get("loading_error"),
			amount=self._amount(invoice),
			methods=self._methods(invoice),
			saved={"cards": self._cards(user), "bank_accounts": self._bank_accounts(user)},
			stripe={
				"publishable_key": self.publishable_key,
				"stripe_js_url": f"{self.stripe_url}/endive/stripe.js",
				"test_mode": invoice.get("test_mode", True),
			},
			under_way=self._under_way(invoice, user),
			resume=self._resume(invoice, user),
		)
		if invoice.get("loading_error"):
			form |= {
				"why_not": None,
				"amount": None,
				"methods": {},
				"saved": {},
				"stripe": None,
				"resume": None,
			}
		return form

	def _shown(self, invoice: dict) -> dict:
		currency = invoice["currency"]
		outstanding, available = self._outstanding_minor(invoice), self._available_minor(invoice)
		return {
			"doctype": DOCTYPE,
			"name": invoice["name"],
			"title": invoice["title"],
			"party": invoice["party"],
			"details": invoice["details"],
			"currency": currency,
			"exponent": money.exponent(currency),
			"total": _major(invoice["total_minor"], currency),
			"outstanding": _major(outstanding, currency),
			"outstanding_minor": outstanding,
			"reserved": _major(outstanding - available, currency),
			"paid": _major(invoice["total_minor"] - outstanding, currency),
			"status": "Paid" if not outstanding else "To Be Paid",
		}

	def _why_not(self, invoice: dict) -> str | None:
		if not self._outstanding_minor(invoice):
			return "This invoice is paid."
		if not money.chargeable_minor(self._available_minor(invoice), invoice["currency"]):
			return "The whole amount is under way already."
		return None

	def _amount(self, invoice: dict) -> dict:
		currency = invoice["currency"]
		available = self._available_minor(invoice)
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
			"reason": "",
		}

	def _methods(self, invoice: dict) -> dict:
		reason = invoice.get("ach_reason") or (
			"" if invoice["currency"] == "USD" else "Bank accounts can only pay invoices in USD."
		)
		return {
			"card": {"allowed": True, "reason": "", "brands": list(BRANDS), "wallets": WALLETS},
			"us_bank_account": {"allowed": not reason, "reason": reason},
		}

	def _under_way(self, invoice: dict, user: str) -> list[dict]:
		return [self._one_under_way(p, user, invoice["currency"]) for p in self._payments_of(invoice, *OPEN)]

	def _one_under_way(self, payment: dict, user: str, currency: str) -> dict:
		mine = payment["user"] == user
		return answers.row(
			"open_form" if mine else "open_form_of_a_colleague",
			"under_way",
			payment=payment["name"],
			payer=payment["user"],
			amount=_major(payment["amount_minor"], currency),
			currency=currency,
			status=payment["status"],
			method_type=payment["method_type"],
			expected_by=None,
			**({"method_label": payment["method_label"]} if mine else {}),
		)

	def _resume(self, invoice: dict, user: str) -> dict | None:
		for payment in self._payments_of(invoice, "Action Required"):
			if payment["user"] == user:
				return {
					"payment": payment["name"],
					"status": payment["status"],
					"client_secret": payment["client_secret"],
				}
		return None

	# Paying

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
		invoice = self.invoices[name]
		known = self._by_request(user, request_id)
		if known:
			return self._result(known)
		if confirmation_token:
			self._check_brand(confirmation_token)
		payment = self._claim(user, invoice, amount, method_type, request_id)
		try:
			self._charge(payment, invoice, confirmation_token, saved_method, bool(save))
		except errors.GatewayError as error:
			self._failed(payment, error)
		return self._result(payment)

	def _by_request(self, user: str, request_id: str) -> dict | None:
		return next(
			(p for p in self.payments.values() if (p["user"], p["request_id"]) == (user, request_id)), None
		)

	def _check_brand(self, token: str) -> None:
		preview = self.gateway.call("confirmation_tokens.retrieve", token)["payment_method_preview"]
		brand = (preview.get("card") or {}).get("brand")
		if brand and brand not in BRANDS:
			raise Refused(f"Cards of this brand ({brand}) are not accepted here. Nothing was charged.")

	def _claim(self, user, invoice, amount, method_type, request_id) -> dict:
		with self.lock:
			limits = self._amount(invoice)
			try:
				minor = money.to_minor(amount, invoice["currency"])
				money.check_chargeable(minor, invoice["currency"])
			except money.AmountError as error:
				raise Refused(f"Stripe does not take this amount ({error.reason}).") from None
			if minor > limits["max_minor"]:
				raise Refused("Someone else has paid meanwhile: this is more than is left to pay.")
			payment = {
				"name": f"PAY-{len(self.payments) + 1:04}",
				"invoice": invoice["name"],
				"user": user,
				"request_id": request_id,
				"idempotency_key": uuid.uuid4().hex,
				"amount_minor": minor,
				"method_type": method_type,
				"method_label": "Card" if method_type == "card" else "Bank account",
				"status": "Started",
				"intent": None,
				"message": "",
			}
			self.payments[payment["name"]] = payment
		return payment

	def _charge(self, payment, invoice, token, saved_method, save) -> None:
		params = {
			"amount": payment["amount_minor"],
			"currency": invoice["currency"].lower(),
			"customer": self._customer(payment["user"]),
			"allowed_payment_method_types": [payment["method_type"]],
			"metadata": {"payment": payment["name"]},
		}
		if save:
			params["setup_future_usage"] = "on_session"
		intent = self.gateway.call(
			"payment_intents.create", params=params, idempotency_key=payment["idempotency_key"]
		)
		payment["intent"] = intent["id"]
		self._take(
			payment,
			self.gateway.call(
				"payment_intents.confirm", intent["id"], params=self._confirm(payment, token, saved_method)
			),
		)

	def _confirm(self, payment, token, saved_method) -> dict:
		if token:
			return {"confirmation_token": token}
		if payment["method_type"] == "card":
			return {"payment_method": saved_method, "use_stripe_sdk": True, "return_url": "http://127.0.0.1/"}
		account = self.accounts[saved_method]
		setup = self.gateway.call("setup_intents.retrieve", account["setup_intent"])
		return {"payment_method": setup["payment_method"], "mandate": setup["mandate"]}

	def _take(self, payment: dict, intent: dict) -> None:
		payment["status"] = STATUS.get(intent["status"], payment["status"])
		payment["client_secret"] = intent["client_secret"]
		if payment["status"] == "Failed":
			error = intent.get("last_payment_error") or {}
			self._failed(payment, errors.CardError(error.get("message"), user_message=error.get("message")))

	def _failed(self, payment: dict, error: errors.GatewayError) -> None:
		"""Declined: cancelled at Stripe, so that nobody can still confirm it, and its amount is free again."""
		payment["status"] = "Failed"
		payment["message"] = error.user_message or str(error)
		if payment["intent"]:
			self.gateway.call("payment_intents.cancel", payment["intent"])

	def _refresh(self, payment: dict) -> None:
		if payment["intent"] and payment["status"] in OPEN:
			self._take(payment, self.gateway.call("payment_intents.retrieve", payment["intent"]))

	def payment_status(self, user, payment=None, doctype=None, name=None, request_id=None) -> dict:
		found = self.payments.get(payment) if payment else self._by_request(user, request_id)
		if not found or found["user"] != user:
			return answers.answer("not_started")
		self._refresh(found)
		return self._result(found)

	def abandon(self, user, payment) -> dict:
		found = self.payments[payment]
		self._refresh(found)
		if found["status"] == "Action Required":
			self.gateway.call("payment_intents.cancel", found["intent"])
			found["status"] = "Cancelled"
		return self._result(found)

	def _result(self, payment: dict) -> dict:
		invoice = self.invoices[payment["invoice"]]
		currency = invoice["currency"]
		rest = self._available_minor(invoice)
		still_to_be_paid = {"outstanding_minor": rest, "outstanding": _major(rest, currency)}
		more = {
			"Started": {"outcome": "unknown"},
			"Action Required": {"client_secret": payment.get("client_secret")},
			"Processing": still_to_be_paid,
			"Succeeded": still_to_be_paid,
		}
		return answers.answer(
			ANSWERS[payment["status"]],
			payment=payment["name"],
			status=payment["status"],
			amount=_major(payment["amount_minor"], currency),
			amount_minor=payment["amount_minor"],
			currency=currency,
			method_label=payment["method_label"],
			message=payment["message"],
			receipt_url=self._receipt(payment),
			**more.get(payment["status"], {}),
		)

	def _receipt(self, payment: dict) -> str | None:
		if payment["status"] != "Succeeded":
			return None
		intent = self.gateway.call(
			"payment_intents.retrieve", payment["intent"], params={"expand": ["latest_charge"]}
		)
		return intent["latest_charge"]["receipt_url"]

	# Saved cards and bank accounts

	def _customer(self, user: str) -> str:
		with self.lock:
			if user not in self.customers:
				self.customers[user] = self.gateway.call("customers.create", params={"email": user})["id"]
			return self.customers[user]

	def _cards(self, user: str) -> list[dict]:
		if user not in self.customers:
			return []
		found = self.gateway.call(
			"payment_methods.list", params={"customer": self.customers[user], "type": "card"}
		)
		return [_card_row(method, index == 0) for index, method in enumerate(found["data"])]

	def _bank_accounts(self, user: str) -> list[dict]:
		return [self._bank_row(account) for account in self.accounts.values() if account["user"] == user]

	def start_bank_account(self, user, account) -> dict:
		setup = self.gateway.call(
			"setup_intents.create",
			params={
				"customer": self._customer(user),
				"allowed_payment_method_types": ["us_bank_account"],
				"usage": "off_session",
			},
		)
		return answers.answer(
			"bank_account_started",
			client_secret=setup["client_secret"],
			setup_intent=setup["id"],
			billing_details={"name": "", "email": user},
		)

	def bank_account_confirmed(self, user, setup_intent) -> dict:
		known = next((a for a in self.accounts.values() if a["setup_intent"] == setup_intent), None)
		if known is None:
			known = {
				"name": f"BANK-{len(self.accounts) + 1:04}",
				"user": user,
				"setup_intent": setup_intent,
				"tried": 0,
				"last": None,
			}
			self.accounts[known["name"]] = known
		return self._bank_row(known)

	def verify_bank_account(
		self, user, name, first_amount=None, second_amount=None, descriptor_code=None
	) -> dict:
		account = self.accounts[name]
		params = (
			{"descriptor_code": descriptor_code}
			if descriptor_code
			else {"amounts": [first_amount, second_amount]}
		)
		try:
			self.gateway.call("setup_intents.verify_microdeposits", account["setup_intent"], params=params)
		except errors.InvalidRequest as error:
			account["tried"] += 1
			raise Refused(error.message) from None
		return self._bank_row(account)

	def remove_method(self, user, name) -> dict:
		if self.accounts.get(name, {}).get("user") != user:
			raise Refused("There is no such payment method of yours.")
		del self.accounts[name]
		return {}

	def _bank_row(self, account: dict) -> dict:
		setup = self.gateway.call(
			"setup_intents.retrieve", account["setup_intent"], params={"expand": ["payment_method"]}
		)
		method = setup["payment_method"] or (setup.get("last_setup_error") or {}).get("payment_method") or {}
		account["last"] = method.get("us_bank_account") or account["last"] or {}
		waiting = (setup.get("next_action") or {}).get("verify_with_microdeposits") or {}
		kind = waiting.get("microdeposit_type")
		return answers.answer(
			BANK_ANSWERS[_bank_status(setup)],
			name=account["name"],
			bank_name=account["last"].get("bank_name"),
			last4=account["last"].get("last4"),
			microdeposit_type=kind,
			arrival_date=_date(waiting.get("arrival_date")),
			attempts_left=TRIES[kind] - account["tried"] if kind else None,
			is_default=False,
		)


def _bank_status(setup: dict) -> str:
	if setup["status"] == "succeeded":
		return "Verified"
	if setup["status"] == "requires_action":
		return "Verification Pending"
	return "Failed"


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
