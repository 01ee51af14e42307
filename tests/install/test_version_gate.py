"""On a version of Frappe that nobody tried, the app is neither installed nor migrated."""

import pytest

OTHERS = ("14.99.0", "17.0.0-dev")
SENTENCE = "Stripe Service runs on Frappe 15 and 16, and this is Frappe {version}"


@pytest.mark.parametrize("version", OTHERS)
def test_installing_is_refused_with_one_sentence(throw_away_site, version):
	done = throw_away_site.run_on_frappe(version, "install-app", "stripe_service")

	assert done.returncode != 0
	assert SENTENCE.format(version=version) in done.stdout
	assert "Traceback" not in done.stdout
	assert "stripe_service" not in throw_away_site.run("list-apps")


@pytest.fixture(scope="module")
def installed(throw_away_site):
	throw_away_site.run("install-app", "stripe_service")
	return throw_away_site


@pytest.mark.parametrize("version", OTHERS)
def test_migrating_is_refused_with_one_sentence(installed, version):
	done = installed.run_on_frappe(version, "migrate", "--skip-search-index")

	assert done.returncode != 0
	assert SENTENCE.format(version=version) in done.stdout
	assert "Traceback" not in done.stdout
