"""The two tables that tie code to names: API routes, and tasks that the clock starts."""

from collections.abc import Callable
from dataclasses import dataclass

ROUTES: list["Route"] = []
TASKS: dict[str, Callable] = {}


@dataclass(frozen=True, eq=False)
class Route:
	method: str
	path: str
	handler: Callable
	# The SDK's class of the call's parameters, None for those that take only `expand`.
	params: str | None
	# The restricted key's permission, without `rak_`; None: any secret key may call it.
	permission: str | None
	# Whether a browser may call it with a publishable key.
	publishable: bool
	# Fields a browser may send besides the SDK's, as name to type.
	browser: dict | None


def route(
	method: str,
	path: str,
	params: str | None = None,
	*,
	permission: str | None = None,
	publishable: bool = False,
	browser: dict | None = None,
):
	"""Register a handler: `handler(ctx, params, **path_values) -> object or list page`."""

	def register(handler: Callable) -> Callable:
		ROUTES.append(Route(method, path, handler, params, permission, publishable, browser))
		return handler

	return register


def task(name: str):
	"""Register what happens at a later time: `handler(ctx, **arguments)`."""

	def register(handler: Callable) -> Callable:
		TASKS[name] = handler
		return handler

	return register
