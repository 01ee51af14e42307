"""Stripe's form encoding: `a[b][0][c]=v` in a body or a query string becomes nested dicts and lists."""

from urllib.parse import parse_qsl

from .errors import invalid


def parse(text: str) -> dict:
	"""Nested parameters of a query string or form body; every leaf is a string."""
	root: dict = {}
	for name, value in parse_qsl(text, keep_blank_values=True):
		_put(root, _path(name), value)
	return {name: _lists(value) for name, value in root.items()}


def flat(params: dict, prefix: str = "") -> list[tuple[str, str]]:
	"""The inverse, sorted: what idempotency compares."""
	pairs: list[tuple[str, str]] = []
	items = params.items() if isinstance(params, dict) else enumerate(params)
	for name, value in items:
		path = f"{prefix}[{name}]" if prefix else str(name)
		if isinstance(value, dict | list):
			pairs.extend(flat(value, path))
		else:
			pairs.append((path, str(value)))
	return sorted(pairs)


def _path(name: str) -> list[str]:
	head, _, rest = name.partition("[")
	if not rest:
		return [head]
	return [head, *rest.rstrip("]").split("][")]


def _put(node: dict, path: list[str], value: str) -> None:
	for part in path[:-1]:
		node = node.setdefault(part if part else str(len(node)), {})
		if not isinstance(node, dict):
			raise invalid("Invalid request: a parameter is given both as a value and as a hash.")
	leaf = path[-1] if path[-1] else str(len(node))
	node[leaf] = value


def _lists(node):
	"""A dict whose keys are 0, 1, 2 ... is a list."""
	if not isinstance(node, dict):
		return node
	children = {name: _lists(value) for name, value in node.items()}
	if children and all(name.isdigit() for name in children):
		return [children[name] for name in sorted(children, key=int)]
	return children
