"""What one object of Stripe says of another."""


def id_of(reference: dict | str | None) -> str | None:
	"""The id behind a field that Stripe may have expanded into the whole object."""
	return reference.get("id") if isinstance(reference, dict) else reference
