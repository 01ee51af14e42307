"""What a handler is given, and how it says that an event is none of its business."""

from dataclasses import dataclass


class Ignore(Exception):
	"""The event is none of this site's business; the message says why."""


@dataclass(frozen=True)
class Event:
	"""What a handler may know. `object` is the object as it was when Stripe wrote the event: good for ids only."""

	name: str
	type: str
	account: str
	object: dict

	@property
	def object_id(self) -> str:
		return str(self.object.get("id") or "")

	def related(self, field: str) -> str | None:
		"""The id of another object, which Stripe gives bare or expanded."""
		value = self.object.get(field)
		return value.get("id") if isinstance(value, dict) else value
