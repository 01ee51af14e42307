"""What keeps a Stripe Account from being paid and only an administrator can mend: a revoked key, a missing right, an account
that may not charge, a method that is not switched on.

`AccountGateway`, through which every call to Stripe goes, notes a problem when Stripe says so, and clears it when the same
kind of call works again. Each is kept once, with the time since when, and administrators are told once, until it is over.
"""

import json
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.utils import now

from stripe_service.gateway import errors
from stripe_service.gateway.client import Gateway
from stripe_service.utils.notices import notify_administrators
from stripe_service.utils.plain_text import as_text
from stripe_service.utils.transaction import in_fresh_transaction

DOCTYPE = "Stripe Account"
ANY = "*"
KEY = "key"
CHARGING = ("payment_intents.create", "payment_intents.confirm", "setup_intents.create")
# A right that the app can do without: what is missing is shown where it is used.
OPTIONAL = ("accounts.", "webhook_endpoints.", "customers.list")
METHODS_PAGE = "https://dashboard.stripe.com/settings/payment_methods"
KEYS_PAGE = "https://dashboard.stripe.com/apikeys"


@dataclass(frozen=True)
class Problem:
	"""`code` names it, `message` says what to do, and a success of one of `operations` shows that it is over."""

	code: str
	message: str
	operations: tuple[str, ...]


class AccountGateway(Gateway):
	"""The gateway of one Stripe Account, which remembers on it what Stripe refuses for the account's own sake."""

	def __init__(self, credentials, account: str, known: str | None):
		super().__init__(credentials)
		self._account = account
		self._known = read(known)

	def call(
		self, operation: str, *args: str, params: dict | None = None, idempotency_key: str | None = None
	) -> dict:
		"""Like Gateway.call. Commits where a problem began or ended."""
		wanted = (params or {}).get("allowed_payment_method_types") or []
		try:
			answer = super().call(operation, *args, params=params, idempotency_key=idempotency_key)
		except errors.GatewayError as error:
			for problem in _problems_of(operation, error, wanted):
				note(self._account, problem)
			if KEY in self._known and _took_the_key(error):
				self._clear([KEY])
			raise
		off = [method for method in wanted if method not in (answer.get("payment_method_types") or wanted)]
		for method in off:
			note(self._account, _method_problem(method))
		if self._known:
			self._clear(
				[key for key, entry in self._known.items() if _is_over(key, entry, operation, wanted, off)]
			)
		return answer

	def _clear(self, keys: list[str]) -> None:
		clear(self._account, keys)
		self._known = {key: entry for key, entry in self._known.items() if key not in keys}


def read(stored: str | None) -> dict[str, dict]:
	"""The stored problems: {key: {"message", "since", "operations", "told"}}."""
	return json.loads(stored) if stored else {}


def note(account: str, problem: Problem) -> None:
	"""Remember a problem, and tell administrators of it if it is new. Commits; never raises."""
	try:
		if in_fresh_transaction(lambda: _add(account, problem)):
			tell(account)
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Stripe Service: a problem of {account} was not noted"[:140])


def tell(account: str) -> None:
	"""Tell administrators of the account's problems of which nobody was told yet. Commits; never raises."""
	try:
		in_fresh_transaction(lambda: _tell(account))
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Stripe Service: nobody was told of a problem of {account}"[:140])


def clear(account: str, keys: list[str] | None = None) -> None:
	"""These problems (None: all) are over. Commits."""
	if keys or keys is None:
		in_fresh_transaction(lambda: _remove(account, keys))


def missing_rights(account: str) -> list[str]:
	"""The keys of the problems that are rights which a restricted key lacks."""
	stored = read(frappe.db.get_value(DOCTYPE, account, "problems"))
	return [key for key in stored if key.startswith("right:")]


def method_problem(stored: str | None, method_type: str) -> str | None:
	"""Why the account can't be paid by this method, as far as Stripe has said so."""
	entry = read(stored).get(f"method:{method_type}")
	return entry["message"] if entry else None


def _problems_of(operation: str, error: errors.GatewayError, wanted: list[str]) -> list[Problem]:
	if not error.our_fault:
		return []
	if error.code == errors.METHOD_NOT_ON:
		return [_method_problem(method) for method in wanted]
	if isinstance(error, errors.AuthenticationFailed):
		return [
			Problem(
				KEY,
				_("Stripe no longer accepts the secret key of this account. Enter a new one ({0}).").format(
					KEYS_PAGE
				),
				(ANY,),
			)
		]
	if isinstance(error, errors.PermissionMissing):
		if operation.startswith(OPTIONAL):
			return []
		right = error.missing_right or operation
		return [
			Problem(
				f"right:{right}",
				_(
					"The restricted key of this account lacks the permission {0} ({1}). Add it in the Stripe Dashboard: {2}"
				).format(right, operation, KEYS_PAGE),
				(operation,),
			)
		]
	return [
		Problem(
			f"account:{error.code or operation}",
			_("Stripe refuses {0} for this account: {1}").format(operation, error.message),
			CHARGING if operation in CHARGING else (operation,),
		)
	]


def _took_the_key(error: errors.GatewayError) -> bool:
	"""Whether Stripe answered to the key, if only to refuse something else."""
	return not isinstance(error, errors.AuthenticationFailed | errors.Unreachable | errors.RateLimited)


def _method_problem(method_type: str) -> Problem:
	name = (
		_("payment by bank account (ACH Direct Debit)")
		if method_type == "us_bank_account"
		else _("payment by card")
	)
	message = _(
		"At Stripe {0} is not switched on for this account. Switch it on in the Stripe Dashboard: {1}"
	).format(name, METHODS_PAGE)
	return Problem(f"method:{method_type}", message, ())


def _is_over(key: str, entry: dict, operation: str, wanted: list[str], off: list[str]) -> bool:
	kind, _separator, name = key.partition(":")
	if kind == "method":
		return name in wanted and name not in off
	return ANY in entry["operations"] or operation in entry["operations"]


def _add(account: str, problem: Problem) -> bool:
	known = _locked(account)
	if problem.code in known:
		return False
	known[problem.code] = {
		"message": problem.message,
		"operations": problem.operations,
		"since": now(),
		"told": False,
	}
	_store(account, known)
	return True


def _remove(account: str, keys: list[str] | None) -> None:
	known = _locked(account)
	left = {key: entry for key, entry in known.items() if keys is not None and key not in keys}
	if left != known:
		_store(account, left)


def _tell(account: str) -> None:
	known = _locked(account)
	untold = [entry for entry in known.values() if not entry["told"]]
	for entry in untold:
		notify_administrators(DOCTYPE, account, f"{account}: {entry['message']}")
		entry["told"] = True
	if untold:
		_store(account, known)


def _locked(account: str) -> dict[str, dict]:
	return read(frappe.db.get_value(DOCTYPE, account, "problems", for_update=True))


def _store(account: str, known: dict[str, dict]) -> None:
	values = {
		"problems": json.dumps(known) if known else None,
		"problem": as_text("\n".join(entry["message"] for entry in known.values())) or None,
	}
	frappe.db.set_value(DOCTYPE, account, values, update_modified=False)
