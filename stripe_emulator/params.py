"""Which parameters Stripe knows, taken from the official SDK instead of from our memory.

stripe-python describes every call's parameters in TypedDicts (`stripe.params`, from 13 on; the emulator runs with
16). Each is read once into a small schema, which then refuses unknown parameters with Stripe's own message,
demands the required ones and turns the strings of a form into integers, booleans and lists. So a parameter that
the emulator would otherwise silently ignore fails here as it would at Stripe.
"""

import difflib
import importlib
import types
import typing
from functools import cache
from typing import get_origin

from stripe._request_options import RequestOptions

# typing's own is_typeddict does not know typing_extensions' TypedDict, which the SDK uses.
from typing_extensions import NotRequired, Required, is_typeddict  # noqa: UP035

from .errors import StripeError, invalid

REQUEST_OPTIONS = frozenset(RequestOptions.__annotations__)
# Names that the SDK imports for type checkers only; none of them is a parameter's type.
NAMESPACE = {**vars(typing), "StripeContext": object}

# What Stripe.js adds to its calls and no server-side SDK knows; accepted from publishable keys alone.
BROWSER_ONLY = frozenset(
	{"key", "client_secret", "client_attribution_metadata", "payment_user_agent", "expected_payment_method_type",
	 "guid", "muid", "sid", "_stripe_version", "_stripe_account", "referrer", "time_on_page"}
)  # fmt: skip


class Schema:
	"""One TypedDict: its fields, and which of them are required."""

	def __init__(self, typed_dict: type):
		hints = typing.get_type_hints(typed_dict, localns=NAMESPACE, include_extras=True)
		self.fields = {name: _bare(hint) for name, hint in hints.items() if name not in REQUEST_OPTIONS}
		self.required = frozenset(typed_dict.__required_keys__) - REQUEST_OPTIONS


@cache
def schema_of(typed_dict: type) -> Schema:
	"""What a request may hold, read from the SDK's own types. Kept, because reading takes long."""
	return Schema(typed_dict)


@cache
def params_class(name: str) -> type:
	"""`CustomerCreateParams`, or with its namespace `test_helpers.ConfirmationTokenCreateParams`."""
	module, _, cls = name.rpartition(".")
	return getattr(importlib.import_module(f"stripe.params.{module}" if module else "stripe.params"), cls)


def check(name: str | None, given: dict, extra: dict | None = None) -> dict:
	"""The parameters as typed values. `extra` adds fields (name to type) that a browser may send.

	:raises StripeError: parameter_unknown, parameter_missing, parameter_invalid_* as Stripe does
	"""
	schema = schema_of(params_class(name)) if name else None
	fields = {**(schema.fields if schema else {"expand": list[str]}), **(extra or {})}
	required = schema.required if schema else frozenset()
	return _check_fields(fields, required, given, "")


def _check_fields(fields: dict, required: frozenset, given: dict, path: str) -> dict:
	unknown = [_join(path, name) for name in given if name not in fields]
	if unknown:
		raise _unknown(unknown, path, fields)
	for name in required:
		if given.get(name) in (None, ""):
			param = _join(path, name)
			raise invalid(f"Missing required param: {param}.", "parameter_missing", param)
	return {name: _value(fields[name], value, _join(path, name)) for name, value in given.items()}


# Parameters that were, and what Stripe answers to them now.
GONE = {
	"payment_method_types": (
		"payment_method_types_no_longer_supported",
		"The parameter `payment_method_types` is no longer supported in this API version. Use "
		"`allowed_payment_method_types` or `excluded_payment_method_types` instead.",
	)
}


def _unknown(names: list[str], path: str, fields: dict) -> StripeError:
	if names[0] in GONE and "allowed_payment_method_types" in fields:
		code, message = GONE[names[0]]
		return invalid(message, code, names[0])
	if len(names) > 1:
		return invalid(f"Received unknown parameters: {', '.join(names)}", "parameter_unknown", names[0])
	leaf = names[0].rpartition("[")[2].rstrip("]")
	close = difflib.get_close_matches(leaf, fields, n=1, cutoff=0.7)
	hint = f". Did you mean {close[0]}?" if close else ""
	return invalid(f"Received unknown parameter: {names[0]}{hint}", "parameter_unknown", names[0])


def _value(hint, value, path: str):
	alternatives = _alternatives(hint)
	if object in alternatives:
		return value
	if value == "":
		return _empty(alternatives, path)
	if isinstance(value, dict):
		return _hash(alternatives, value, path)
	if isinstance(value, list):
		return _list(alternatives, value, path)
	return _scalar(alternatives, value, path)


def _empty(alternatives: list, path: str):
	"""An empty string unsets a value, where Stripe allows that; the handlers see it as ""."""
	if any(_literals(a) and "" in _literals(a) for a in alternatives) or _is_metadata(alternatives):
		return ""
	raise invalid(
		f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a field; however "
		f"'{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty value.",
		"parameter_invalid_empty",
		path,
	)


def _hash(alternatives: list, value: dict, path: str) -> dict:
	for alternative in alternatives:
		if is_typeddict(alternative):
			schema = schema_of(alternative)
			return _check_fields(schema.fields, schema.required, value, path)
	if _is_metadata(alternatives):
		return _metadata(value, path)
	raise invalid(f"Invalid {_expected(alternatives)}: {value}", None, path)


def _metadata(value: dict, path: str) -> dict:
	for name, entry in value.items():
		if not isinstance(entry, str):
			raise invalid(f"Invalid value for {path}[{name}]: must be a string", None, f"{path}[{name}]")
		if len(name) > 40:
			raise invalid("Metadata keys can be up to 40 characters", None, f"{path}[{name}]")
		if len(entry) > 500:
			raise invalid("Metadata values can be up to 500 characters", None, f"{path}[{name}]")
	if len(value) > 50:
		raise invalid("You can have up to 50 keys in your metadata", None, path)
	return value


def _list(alternatives: list, value: list, path: str) -> list:
	for alternative in alternatives:
		if get_origin(alternative) is list:
			(item,) = typing.get_args(alternative)
			return [_value(item, entry, f"{path}[{index}]") for index, entry in enumerate(value)]
	raise invalid("Invalid array", None, path)


def _scalar(alternatives: list, value: str, path: str):
	allowed = [literal for a in alternatives for literal in _literals(a) if literal != ""]
	if value in allowed:
		return value
	if bool in alternatives and value in ("true", "false", "True", "False"):
		return value in ("true", "True")
	if int in alternatives:
		return _integer(value, path)
	if float in alternatives:
		return float(value)
	if not allowed and any(a in (str, object, typing.Any) for a in alternatives):
		return value
	raise invalid(_why_no_scalar(alternatives, allowed, value, path), None, path)


def _why_no_scalar(alternatives: list, allowed: list, value: str, path: str) -> str:
	"""In Stripe's words."""
	if allowed:
		names = f"{', '.join(allowed[:-1])}, or {allowed[-1]}" if len(allowed) > 1 else allowed[0]
		return f"Invalid {path}: must be one of {names}"
	if bool in alternatives:
		return f"Invalid boolean: {value}"
	return "Invalid array" if any(get_origin(a) is list for a in alternatives) else "Invalid object"


def _integer(value: str, path: str) -> int:
	try:
		return int(value)
	except ValueError:
		raise invalid(f"Invalid integer: {value}", "parameter_invalid_integer", path) from None


def _bare(hint):
	"""The type inside NotRequired[...] or Required[...]."""
	while get_origin(hint) in (NotRequired, Required):
		(hint,) = typing.get_args(hint)
	return hint


def _alternatives(hint) -> list:
	hint = _bare(hint)
	if get_origin(hint) in (typing.Union, types.UnionType):
		return [a for part in typing.get_args(hint) for a in _alternatives(part)]
	return [hint]


def _literals(hint) -> tuple:
	return typing.get_args(hint) if get_origin(hint) is typing.Literal else ()


def _is_metadata(alternatives: list) -> bool:
	return any(get_origin(a) is dict for a in alternatives)


def _expected(alternatives: list) -> str:
	return "array" if any(get_origin(a) is list for a in alternatives) else "string"


def _join(path: str, name: str) -> str:
	return f"{path}[{name}]" if path else name
