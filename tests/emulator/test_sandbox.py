"""The run against a Stripe sandbox, tried here with the emulator in Stripe's place."""

import os
import subprocess
import sys

import pytest

from tests.emulator.conftest import REPO

pytestmark = pytest.mark.emulator_only


def run(key: str, url: str, *arguments: str) -> subprocess.CompletedProcess:
	"""The contract tests in a process of their own, with `key` for the sandbox."""
	return subprocess.run(
		[sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/emulator", *arguments],
		cwd=REPO,
		env={**os.environ, "STRIPE_SANDBOX_KEY": key, "STRIPE_SANDBOX_URL": url},
		capture_output=True,
		text=True,
		timeout=300,
	)


@pytest.mark.parametrize("kind", ["sk", "rk"])
def test_live_keys_are_refused_before_anything_is_asked(emulator_url, control, kind):
	control.clear_requests()
	outcome = run(f"{kind}_live_emulator_us", emulator_url, "-k", "test_bad_email")
	assert outcome.returncode == 4
	assert "must be a test key" in outcome.stdout + outcome.stderr
	assert control.count_requests() == 0


def test_what_needs_the_controls_is_left_out(account, emulator_url, control):
	outcome = run(
		account["keys"]["secret"][0], emulator_url, "-k", "test_refund_by_payment_intent or test_fee_is"
	)
	assert outcome.returncode == 0, outcome.stdout
	assert "differs from the emulator in 0 lines" in outcome.stdout
	outcome = run(account["keys"]["secret"][0], emulator_url, "-k", "test_debit_settles", "--collect-only")
	assert "test_debit_settles" not in outcome.stdout


def test_lines_that_differ_are_named(account, emulator_url, control):
	control.update_account(account["name"], charges_enabled=False)
	outcome = run(
		account["keys"]["secret"][0], emulator_url, "-k", "test_refund_by_payment_intent or test_bad_email"
	)
	assert outcome.returncode == 1
	assert "differs from the emulator in 1 lines" in outcome.stdout
	_, _, report = outcome.stdout.partition("differs from the emulator")
	assert "tests/emulator/test_refunds_disputes_and_balance.py:" in report
	assert "cannot currently make live charges" in report
