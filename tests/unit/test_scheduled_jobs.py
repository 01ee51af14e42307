"""The jobs that hooks.py gives to Frappe's scheduler."""

from collections import Counter

from stripe_service.hooks import scheduler_events


def methods() -> list[str]:
	events = dict(scheduler_events)
	cron = events.pop("cron")
	return [method for group in (*events.values(), *cron.values()) for method in group]


def test_no_two_jobs_have_one_name():
	"""Frappe 15 names a Scheduled Job Type by the last two words of its method. Of two with the same name each migrate would
	delete one and make the other."""
	names = Counter(".".join(method.split(".")[-2:]) for method in methods())
	assert [name for name, count in names.items() if count > 1] == []
