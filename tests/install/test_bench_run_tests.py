"""The DocTypes' own tests also run the way Frappe's developers run them."""

import re


def test_bench_run_tests_runs_the_doctypes_own_tests(throw_away_site):
	if "stripe_service" not in throw_away_site.run("list-apps"):
		throw_away_site.run("install-app", "stripe_service")
	throw_away_site.run("set-config", "allow_tests", "true")

	printed = throw_away_site.run("run-tests", "--app", "stripe_service")

	ran = re.search(r"Ran (\d+) tests?", printed)
	assert ran and int(ran[1]) > 0, printed[-2000:]
	assert re.search(r"^OK", printed, re.MULTILINE), printed[-2000:]
