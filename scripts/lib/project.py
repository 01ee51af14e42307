"""What pyproject.toml says, read without a TOML parser: Python 3.10 has none."""

import re

from .place import REPO


def needed_by_tests() -> list[str]:
	"""The requirements of [tool.bench.dev-dependencies], which `bench setup requirements --dev` installs as well."""
	section = re.search(r"^\[tool\.bench\.dev-dependencies\]\n((?:[^\[\n].*\n|\n)*)", _text(), re.MULTILINE)
	found = re.findall(r'^([\w.-]+) = "([^"]*)"', section[1], re.MULTILINE)
	return [name + version for name, version in found]


def oldest_stripe() -> str:
	"""The lower end of the range of stripe-python versions."""
	return re.search(r'"stripe>=([\d.]+)', _text())[1]


def _text() -> str:
	return (REPO / "pyproject.toml").read_text()
