"""The same contract against Stripe itself: STRIPE_SANDBOX_KEY=sk_test_... python -m pytest tests/emulator

Every test that only uses Stripe's API runs against the sandbox of that key; those that steer the emulator (its clock, faults,
webhooks) are marked `emulator_only` and left out. The run ends with the lines at which Stripe differs from the emulator.
Nobody is known to have done this yet. STRIPE_SANDBOX_URL names another API than Stripe's: with the emulator's, this file
itself is tested.
"""

import linecache
import os
import time

import pytest

KEY = os.environ.get("STRIPE_SANDBOX_KEY")
URL = os.environ.get("STRIPE_SANDBOX_URL", "https://api.stripe.com")
TEST_KEYS = ("sk_test_", "rk_test_")

# What a test can't have at Stripe.
CONTROLS = {"control", "emulator", "emulator_url", "browser", "receiver", "endpoint"}


def refuse_live_keys() -> None:
	"""These tests charge cards and make customers: never with a key to real money."""
	if KEY and not KEY.startswith(TEST_KEYS):
		pytest.exit(
			"STRIPE_SANDBOX_KEY must be a test key (sk_test_... or rk_test_...): these tests make payments.",
			4,
		)


def leave_out_controls(config, items: list) -> None:
	"""Mark what needs the emulator's controls; against a sandbox it is left out, and not counted as passed."""
	ours = [item for item in items if "tests/emulator/" in item.path.as_posix()]
	for item in ours:
		if CONTROLS & set(item.fixturenames):
			item.add_marker("emulator_only")
	if not KEY:
		return
	left_out = [item for item in ours if item.get_closest_marker("emulator_only")]
	config.hook.pytest_deselected(items=left_out)
	items[:] = [item for item in items if item not in left_out]


def wait(seconds: float) -> None:
	"""For what Stripe does a moment later by itself: the fee, the dispute of a test card."""
	time.sleep(seconds)


class Differences:
	"""Where Stripe did not do what the contract says, by line."""

	def __init__(self):
		self.lines: dict[str, tuple[str, str]] = {}

	def add(self, report, root) -> None:
		crash = getattr(report.longrepr, "reprcrash", None)
		if not report.failed or crash is None:
			return
		path, line = self._line_of_the_test(report, crash, root)
		self.lines[f"{path}:{line}"] = (
			linecache.getline(str(root / path), line).strip(),
			crash.message.splitlines()[0],
		)

	def _line_of_the_test(self, report, crash, root) -> tuple[str, int]:
		"""The line in the test's own file, however deep in the SDK the error arose."""
		own = report.location[0]
		entries = getattr(getattr(report.longrepr, "reprtraceback", None), "reprentries", [])
		for entry in reversed(entries):
			place = getattr(entry, "reprfileloc", None)
			if place and str(place.path).endswith(own):
				return own, place.lineno
		return os.path.relpath(crash.path, root), crash.lineno

	def write(self, terminal) -> None:
		terminal.section(f"{URL} differs from the emulator in {len(self.lines)} lines")
		for place, (source, message) in sorted(self.lines.items()):
			terminal.line(f"{place}\n    {source}\n    {message}")
