"""Jobs that only bring forward what the scheduler does as well."""

import frappe


def enqueue_or_leave_to_scheduler(method: str, **arguments) -> None:
	"""Queue `method` (its dotted path) with `arguments`, which may include those of frappe.enqueue. Never raises: the money is
	recorded, so no failure of Redis may reach the caller."""
	try:
		frappe.enqueue(method, queue="short", **arguments)
	except Exception as error:
		frappe.logger("stripe_service").warning(
			f"{method} {arguments or ''}: not queued, left to the scheduler: {type(error).__name__}"
		)
