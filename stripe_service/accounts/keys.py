"""What a Stripe API key may look like, and where it may be sent.

Stripe would refuse a wrong key too, but not say which field it came from. So everything that a key tells by itself is
checked first: its kind, its mode, whether it was cut off or copied in its masked form. The addresses belong here as
well: a key, or a payer's card number, must go to Stripe and nowhere else, unless it is a test key and the address is
this machine (the emulator).
"""

import re
from dataclasses import dataclass

import frappe
from frappe import _, _lt
from frappe.utils import cstr

TEST = "Test"
LIVE = "Live"

_KEY = re.compile(r"(pk|sk|rk)_(test|live)_[A-Za-z0-9_]+")
_WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9_+/=-]+")
# Written out rather than taken apart with urlsplit: browsers read `http://elsewhere\@127.0.0.1` differently.
_LOOPBACK = re.compile(
	r"https?://(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?"
)
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00a0"

_KINDS = {
	"pk": _lt("publishable key"),
	"sk": _lt("secret key"),
	"rk": _lt("restricted key"),
	"whsec": _lt("webhook signing secret"),
}


class KeyRefused(frappe.ValidationError):
	"""The keys can't be used as they were entered; nothing was saved."""


@dataclass(frozen=True)
class Keys:
	"""A pair that belongs together as far as it can be told without asking Stripe."""

	publishable: str
	secret: str
	mode: str = TEST

	def __repr__(self) -> str:
		# Tracebacks print local variables.
		return f"<Keys {self.mode}>"

	@property
	def restricted(self) -> bool:
		"""Whether the secret key is a restricted one: https://docs.stripe.com/keys#limit-access"""
		return self.secret.startswith("rk_")


def check_pair(publishable: str | None, secret: str | None) -> Keys:
	"""The two keys, without the white space around them. Raises KeyRefused, which says which one is wrong and how."""
	publishable, secret = tidy(publishable), tidy(secret)
	_check_present(publishable, secret)
	kinds = _kind(publishable), _kind(secret)
	if kinds[0] in ("sk", "rk") and kinds[1] == "pk":
		_refuse(_("The two keys are swapped: enter the one that starts with pk_ as the publishable key."))
	_check_kind(kinds[0], ("pk",), _("Publishable Key"), "pk_")
	_check_kind(kinds[1], ("sk", "rk"), _("Secret Key"), _("sk_ or rk_"))
	_check_shape(publishable, _("Publishable Key"))
	_check_shape(secret, _("Secret Key"))
	modes = mode_of(publishable), mode_of(secret)
	if modes[0] != modes[1]:
		_refuse(
			_(
				"The publishable key is a test key and the secret key a live key. Copy both from the same mode of the Stripe Dashboard."
			)
			if modes[0] == TEST
			else _(
				"The publishable key is a live key and the secret key a test key. Copy both from the same mode of the Stripe Dashboard."
			)
		)
	return Keys(publishable, secret, modes[0])


def check_webhook_secret(secret: str | None) -> str:
	"""A pasted signing secret without the white space around it; raises KeyRefused for anything else."""
	secret = tidy(secret)
	if not _WEBHOOK_SECRET.fullmatch(secret):
		_refuse(
			_(
				"The field {0} holds no webhook signing secret. It starts with whsec_ and is shown on the endpoint's page in the Stripe Dashboard."
			).format(frappe.bold(_("Signing Secret")))
		)
	return secret


def check_addresses(mode: str, api_base: str | None, stripe_js_url: str | None) -> None:
	"""Raises KeyRefused unless these are empty, or belong to this machine and the keys are test keys."""
	for label, address in ((_("Stripe API Address"), api_base), (_("Stripe.js Address"), stripe_js_url)):
		if not address:
			continue
		if mode == LIVE:
			_refuse(_("{0} can only be set together with test keys.").format(frappe.bold(label)))
		if not _LOOPBACK.fullmatch(address):
			_refuse(
				_(
					"{0} must be an address of this machine, such as http://127.0.0.1:12100: keys and card details go nowhere else."
				).format(frappe.bold(label))
			)


def mode_of(key: str) -> str:
	""" "Live" or "Test", by the second part of the key."""
	return LIVE if key.split("_")[1:2] == ["live"] else TEST


def is_masked(value: str | None) -> bool:
	"""Whether this is what Frappe shows in place of a stored password."""
	return bool(value) and set(cstr(value)) == {"*"}


def tidy(value: str | None) -> str:
	"""The key without the white space and the invisible characters that copying adds."""
	return cstr(value).strip().strip(_INVISIBLE).strip()


def _check_present(publishable: str, secret: str) -> None:
	if publishable and secret:
		return
	missing = _("Secret Key") if publishable else _("Publishable Key")
	_refuse(
		_(
			"{0} is missing. Enter both keys; they are side by side under Developers > API keys in the Stripe Dashboard."
		).format(frappe.bold(missing))
	)


def _check_kind(kind: str, wanted: tuple, label: str, start: str) -> None:
	if kind in wanted:
		return
	if kind in _KINDS:
		_refuse(
			_("The field {0} holds a {1}. The key that belongs there starts with {2}.").format(
				frappe.bold(label), str(_KINDS[kind]), start
			)
		)
	_refuse(_("The field {0} holds no Stripe key: it must start with {1}.").format(frappe.bold(label), start))


def _check_shape(key: str, label: str) -> None:
	if _KEY.fullmatch(key):
		return
	if re.search(r"\s", key):
		_refuse(_("{0} has a space or a line break in it. Copy it again.").format(frappe.bold(label)))
	if re.search(r"[*…•]|\.\.", key):
		_refuse(
			_(
				"{0} is the shortened form that the Stripe Dashboard shows. Reveal the key there and copy all of it."
			).format(frappe.bold(label))
		)
	_refuse(
		_("{0} is incomplete or holds a character that no Stripe key has. Copy it again.").format(
			frappe.bold(label)
		)
	)


def _kind(value: str) -> str:
	return value.split("_", 1)[0] if "_" in value else ""


def _refuse(message: str) -> None:
	frappe.throw(message, KeyRefused, title=_("Stripe keys not saved"))
