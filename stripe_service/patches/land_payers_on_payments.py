"""Payers who were there before the workspace Payments begin there, as those who come after it."""

from stripe_service.access import landing


def execute() -> None:
	landing.set_for_all_payers()
