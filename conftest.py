"""Makes the shared fixtures known everywhere, also to the DocTypes' own tests inside the app."""

from pathlib import Path

pytest_plugins = ["tests.support.fixtures"]

APP = Path(__file__).parent / "stripe_service"


def pytest_collection_modifyitems(items):
	"""Frappe's test cases expect a connected site before their class is set up; `bench run-tests` gives them one."""
	for item in items:
		if item.path.is_relative_to(APP):
			item.fixturenames.insert(0, "frappe_site")
