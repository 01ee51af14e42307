"""What leaves the emulator: objects without their private fields, expanded where asked, in pages."""

from . import errors

MAX_DEPTH = 4


def public(obj: dict) -> dict:
	"""The object as Stripe shows it: without what only the emulator keeps, whose names begin with _."""
	return {name: value for name, value in obj.items() if not name.startswith("_")}


def expand(ctx, answer: dict, paths: list[str]) -> dict:
	"""`answer` with each of `paths` (`latest_charge.balance_transaction`, `data.customer`) replaced by objects."""
	for path in paths:
		parts = path.split(".")
		if len(parts) > MAX_DEPTH:
			raise errors.invalid(
				f"You cannot expand more than {MAX_DEPTH} levels of a property ({path}).", None, "expand"
			)
		_expand(ctx, answer, parts, path)
	return answer


def _expand(ctx, node, parts: list[str], path: str) -> None:
	name, rest = parts[0], parts[1:]
	if node.get("object") == "charge" and name == "refunds":
		refunds = [public(refund) for refund in reversed(ctx.all("refund", "charge", node["id"]))]
		node["refunds"] = {
			"object": "list",
			"data": refunds[:10],
			"has_more": len(refunds) > 10,
			"url": f"/v1/charges/{node['id']}/refunds",
		}
	if name not in node:
		raise errors.invalid(f"This property cannot be expanded ({path}).", None, "expand")
	node[name] = _expanded(ctx, node[name], path, is_list=name == "data")
	children = node[name] if isinstance(node[name], list) else [node[name]]
	for child in children:
		if rest and isinstance(child, dict):
			_expand(ctx, child, rest, path)


def _expanded(ctx, value, path: str, is_list: bool = False):
	if isinstance(value, list) and not is_list:
		return [_expanded(ctx, entry, path) for entry in value]
	if not isinstance(value, str):
		return value
	found = ctx.store.objects.get(value)
	if found is None or found["_space"] != ctx.space:
		raise errors.invalid(f"This property cannot be expanded ({path}).", None, "expand")
	return public(found)


def page(ctx, kind: str, params: dict, url: str, matches=None, ids=None) -> dict:
	"""A list page, newest first: limit, starting_after, ending_before, created and `matches` applied.

	:param ids: ids oldest first, where an index narrows the search; else all of this kind
	"""
	limit = params.get("limit", 10)
	if not 1 <= limit <= 100:
		raise errors.invalid(
			f"This value must be between 1 and 100 (it currently is '{limit}').", None, "limit"
		)
	ordered = reversed(ids) if ids is not None else ctx.store.objects.newest_first(ctx.space, kind)
	after, before = params.get("starting_after"), params.get("ending_before")
	for cursor, name in ((after, "starting_after"), (before, "ending_before")):
		if cursor:
			ctx.get(kind, cursor, name)
	rows = (ctx.store.objects[i] for i in ordered)
	rows = (row for row in rows if _in_range(row, params.get("created")) and (not matches or matches(row)))
	data, more = _window(rows, limit, after, before)
	return {"object": "list", "data": [public(row) for row in data], "has_more": more, "url": url}


def _window(rows, limit: int, after: str | None, before: str | None) -> tuple[list, bool]:
	if before:
		newer = []
		for row in rows:
			if row["id"] == before:
				break
			newer.append(row)
		return newer[-limit:], len(newer) > limit
	data: list = []
	started = after is None
	for row in rows:
		if not started:
			started = row["id"] == after
			continue
		if len(data) == limit:
			return data, True
		data.append(row)
	return data, False


def _in_range(row: dict, created) -> bool:
	if created is None:
		return True
	if isinstance(created, int):
		return row["created"] == created
	value = row["created"]
	return (
		value >= created.get("gte", value)
		and value > created.get("gt", value - 1)
		and value <= created.get("lte", value)
		and value < created.get("lt", value + 1)
	)
