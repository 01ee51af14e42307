"""A copy of the site, with the database and so the keys of the original, does nothing at Stripe."""

import frappe
import pytest

from stripe_service.accounts import binding, stripe_account
from stripe_service.api import account as account_api


@pytest.fixture
def elsewhere(site_only):
	"""Changes the site's configuration, as a copy of the site has another one; undone afterwards."""
	conf, before = frappe.local.conf, dict(frappe.local.conf)
	yield lambda **changes: conf.update(changes)
	conf.clear()
	conf.update(before)


def test_an_account_works_where_its_keys_were_entered(connected):
	assert connected.document().bound_installation
	assert connected.name in stripe_account.usable_accounts()
	stripe_account.gateway_for(connected.name)


@pytest.mark.parametrize(
	"copy",
	[
		{"host_name": "https://staging.example.com"},
		{"host_name": "https://portal.example.com:8443"},
		{binding.MARK: "of-another-installation"},
	],
	ids=["another host", "another port", "same names on another machine"],
)
def test_on_a_copy_every_call_stops_and_jobs_pass_it_over_quietly(connected, elsewhere, emulator, copy):
	emulator.clear_requests()
	elsewhere(**copy)
	with pytest.raises(stripe_account.BoundElsewhere, match="connected by the site"):
		stripe_account.gateway_for(connected.name)
	with pytest.raises(stripe_account.BoundElsewhere):
		stripe_account.browser_facts(connected.name)
	assert "until an administrator confirms" in stripe_account.loading_error(connected.name)["message"]
	assert connected.name not in stripe_account.usable_accounts()
	with pytest.raises(stripe_account.BoundElsewhere):
		account_api.rotate_webhook_secret(connected.name)
	account_api.register_webhook(connected.name)
	assert emulator.count_requests(path="/v1/*") == 0


def test_a_site_of_another_name_is_a_copy(connected, monkeypatch):
	monkeypatch.setattr(frappe.local, "site", "copy.localhost")
	assert not binding.is_here(connected.document())


def test_a_backup_restored_where_the_mark_is_missing_is_a_copy(connected, elsewhere, tmp_path, monkeypatch):
	"""site_config.json is no part of a database backup."""
	elsewhere(**{binding.MARK: None})
	(tmp_path / "site_config.json").write_text("{}")
	monkeypatch.setattr(frappe.local, "site_path", str(tmp_path))
	assert not binding.is_here(frappe.get_doc("Stripe Account", connected.name))


def test_a_process_with_an_old_configuration_does_not_take_itself_for_a_copy(connected, elsewhere):
	elsewhere(**{binding.MARK: None})
	stripe_account.gateway_for(connected.name)


def test_moving_from_http_to_https_is_no_other_place(connected, elsewhere):
	elsewhere(host_name=f"https://{binding.configured_host()}/")
	stripe_account.gateway_for(connected.name)


def test_confirming_lets_the_copy_act_and_leaves_the_originals_endpoint_alone(connected, elsewhere):
	[original] = connected.endpoints()
	elsewhere(host_name="http://127.0.0.1:9")
	message = account_api.confirm_binding(connected.name)["message"]

	assert original["id"] in message and "when that site is gone" in message
	doc = connected.document()
	assert (doc.bound_host, doc.bound_by) == ("127.0.0.1:9", "Administrator")
	stripe_account.gateway_for(connected.name)
	urls = [endpoint["url"] for endpoint in connected.endpoints()]
	assert len(urls) == 2 and original["url"] in urls
	assert doc.webhook_url.startswith("http://127.0.0.1:9/")


def test_removing_on_a_copy_forgets_the_keys_and_touches_nothing_at_stripe(connected, elsewhere, emulator):
	elsewhere(host_name="https://staging.example.com")
	emulator.clear_requests()
	account_api.remove_account(connected.name)
	assert emulator.count_requests(path="/v1/*") == 0
	assert connected.document().status == "Removed"
	assert len(connected.endpoints()) == 1


def test_entering_keys_on_a_copy_is_an_administrators_confirmation(connected, elsewhere):
	elsewhere(host_name="http://127.0.0.1:9")
	doc = connected.document()
	doc.secret_key = connected.keys["secret_key"]
	doc.save()
	assert doc.bound_host == "127.0.0.1:9"
	stripe_account.gateway_for(connected.name)


def test_changing_only_the_publishable_key_on_a_copy_asks_nothing_of_stripe(connected, elsewhere, emulator):
	elsewhere(host_name="https://staging.example.com")
	emulator.clear_requests()
	doc = connected.document()
	doc.publishable_key += "x"
	with pytest.raises(stripe_account.BoundElsewhere):
		doc.save()
	assert emulator.count_requests(path="/v1/*") == 0


@pytest.mark.parametrize(
	"address",
	[
		"https://api.example.com",
		"http://127.0.0.1@example.com",
		"http://example.com\\@127.0.0.1",
		"http://127.0.0.1.example.com",
		"http://127.0.0.1:80/#@example.com",
		"ftp://127.0.0.1",
		"http://localhost.example.com/stripe.js",
	],
)
@pytest.mark.parametrize("field", ["api_base", "stripe_js_url"])
def test_keys_and_card_details_go_to_stripe_or_to_this_machine(connected, emulator, field, address):
	emulator.clear_requests()
	doc = connected.document()
	doc.set(field, address)
	with pytest.raises(frappe.ValidationError, match="address of this machine"):
		doc.save()
	# Written past the controller, it is stopped all the same.
	frappe.db.set_value("Stripe Account", connected.name, field, address)
	with pytest.raises(frappe.ValidationError, match="address of this machine"):
		stripe_account.gateway_for(connected.name)
	with pytest.raises(frappe.ValidationError, match="address of this machine"):
		stripe_account.browser_facts(connected.name)
	assert emulator.count_requests(path="/v1/*") == 0


def test_a_live_key_goes_to_stripe_only(site_only, make_account, emulator):
	account = make_account()
	# Put together here, so that no scanner for secrets takes it for one.
	live = {
		"publishable_key": "_".join(("pk", "live", "neverissued")),
		"secret_key": "_".join(("sk", "live", "neverissued")),
	}
	emulator.clear_requests()
	with pytest.raises(frappe.ValidationError, match="only be set together with test keys"):
		account.new_document(**live).insert()
	assert emulator.count_requests(path="/v1/*") == 0
