"""The dashboard needs the right to view and the right to read, and shows nobody more than they may read."""

import json

import frappe
import pytest
from frappe.desk.desktop import get_desktop_page, get_workspace_sidebar_items

from stripe_service.accounts import figures
from stripe_service.api import account as account_api
from stripe_service.setup import checklist
from stripe_service.stripe_service.dashboard_chart_source.stripe_received import stripe_received
from stripe_service.stripe_service.dashboard_chart_source.stripe_received_by_method import (
	stripe_received_by_method,
)
from stripe_service.stripe_service.dashboard_chart_source.stripe_received_by_unit import (
	stripe_received_by_unit,
)

PAGE = json.dumps({"name": "Stripe", "title": "Stripe", "public": 1})


@pytest.fixture
def looks(make_user, as_user):
	"""Be somebody with these roles."""
	return lambda *roles: as_user(make_user(roles=list(roles)))


def sidebar() -> list[str]:
	return [page["name"] for page in get_workspace_sidebar_items()["pages"]]


def names(part: str) -> set[str]:
	return {item.get("label") for item in get_desktop_page(PAGE)[part]["items"]}


@pytest.mark.parametrize("roles", [("Stripe Viewer", "Stripe Reader"), ("Stripe Administrator",)])
def test_who_may_view_and_read_sees_the_workspace_with_its_figures(site, looks, roles):
	with looks(*roles):
		assert "Stripe" in sidebar()
		assert {"Received This Month", "Under Way", "Failed This Week", "Needing Attention"} <= names(
			"number_cards"
		)
		assert names("charts") == {"Received", "Received by Method", "Received by Unit"}
		assert names("quick_lists") == {"Customers", "Bank Accounts Added"}
		assert names("custom_blocks") == {"Stripe Overview", "Stripe Latest Payments"}
		assert "Stripe Account" in names("shortcuts")


@pytest.mark.parametrize("roles", [("Stripe Viewer",), ("Stripe Reader",), ("Stripe Payer",), ()])
def test_neither_right_alone_opens_it(site, looks, roles):
	with looks(*roles):
		assert "Stripe" not in sidebar()


def test_a_viewer_without_the_right_to_read_gets_no_figure(site, looks):
	with looks("Stripe Viewer"):
		for call in (
			account_api.received_this_month,
			account_api.under_way,
			account_api.overdue,
			account_api.not_yet_due,
			account_api.needing_attention,
			account_api.overview,
		):
			with pytest.raises(frappe.PermissionError):
				call()
		for chart in (stripe_received, stripe_received_by_method, stripe_received_by_unit):
			with pytest.raises(frappe.PermissionError):
				chart.get(chart_name="Stripe Received")
		with pytest.raises(frappe.PermissionError):
			account_api.checklist()


def test_the_overview_shows_the_account_without_its_secrets(connected, looks):
	with looks("Stripe Viewer", "Stripe Reader"):
		answer = account_api.overview()
	[shown] = [row for row in answer["accounts"] if row.name == connected.name]
	assert (shown.business_name, shown.country, shown.bound_here, shown.ach_available) == (
		"Faber & Sons",
		"US",
		True,
		True,
	)
	assert answer["test_mode"] is True
	assert answer["may_edit"] is False
	assert not any("key" in field or "secret" in field or "token" in field for field in shown)


def test_what_was_received_is_counted_for_each_as_far_as_they_may_read(
	account_world, connected, as_user, looks, make_payer
):
	account_world.pay_new_invoice()
	stranger = make_payer(unit="/dev-v51/Elsewhere")
	with as_user(account_world.payer):
		assert received_today() == {"USD": 10000}
	with as_user(stranger):
		assert received_today() == {}
	with looks("Stripe Reader", "Stripe Viewer"):
		assert received_today()["USD"] >= 10000


def received_today() -> dict[str, int]:
	return {figure.currency: figure.net_minor for figure in figures.received(frappe.utils.today())}


def test_the_charts_add_up_to_the_same(account_world, as_user):
	account_world.pay_new_invoice()
	account_world.pay_new_invoice(card="mastercard")
	with as_user(account_world.payer):
		by_day = stripe_received.get(timespan="Last Week", time_interval="Daily")
		by_month = stripe_received.get(timespan="Last Year", time_interval="Monthly")
		by_method = stripe_received_by_method.get()
	assert len(by_day["labels"]) == 8 and by_day["datasets"][0]["values"][-1] == 200
	assert len(by_month["labels"]) in (12, 13) and by_month["datasets"][0]["values"][-1] == 200
	# The brand of a card is of a permission level that payers don't hold.
	assert dict(zip(by_method["labels"], by_method["datasets"][0]["values"], strict=True)) == {"Card": 200}


def test_the_chart_by_unit_names_units_as_short_as_they_can_be_told_apart(
	account_world, as_user, make_unit, make_payer
):
	company = make_unit()
	payer = make_payer(unit=company)
	for branch, amount in {"North/Office": 40, "South/Office": 30, "Harbour": 20, "Others": 10}.items():
		invoice = account_world.make_invoice(total=amount, unit=f"{company}/{branch}")
		account_world.pay(str(amount), invoice=invoice, user=payer)
	with as_user(payer):
		chart = stripe_received_by_unit.get(timespan="Last Week")
	assert dict(zip(chart["labels"], chart["datasets"][0]["values"], strict=True)) == {
		f"{company}/North/Office": 40,
		f"{company}/South/Office": 30,
		"Harbour": 20,
		"Others": 10,
	}


def test_whoever_reads_the_account_sees_the_sums_by_brand(account_world, as_user, make_user):
	account_world.pay_new_invoice()
	account_world.pay_new_invoice(card="mastercard")
	reader = make_user(roles=["Stripe Reader"])
	frappe.db.commit()
	with as_user(reader):
		assert {"MasterCard", "VISA"} <= set(stripe_received_by_method.get()["labels"])


def test_amounts_of_another_currency_are_not_added(account_world, as_user):
	account_world.pay_new_invoice()
	payment = account_world.pay_new_invoice()["payment"]
	frappe.db.set_value("Invoice Payment", payment, "currency", "EUR")
	frappe.db.commit()
	with as_user(account_world.payer):
		assert received_today() == {"USD": 10000, "EUR": 10000}


def test_a_payment_that_needs_somebody_is_counted_and_listed(account_world, as_user):
	quiet, broken = account_world.pay_new_invoice()["payment"], account_world.pay_new_invoice()["payment"]
	account_world.drain()
	frappe.db.set_value("Invoice Payment", broken, "after_payment_status", "Failed")
	frappe.db.commit()
	with as_user(account_world.payer):
		card = account_api.needing_attention()
	assert card["value"] == 1
	assert card["route_options"] == {"name": ["in", [broken]]} and quiet != broken


def test_the_counting_card_names_fields_and_states_that_exist(site):
	from frappe.desk.doctype.number_card.number_card import get_result

	doc = frappe.get_doc("Number Card", "Stripe Failed This Week")
	filters = json.loads(doc.filters_json)
	for doctype, field, _operator, value, *_rest in filters:
		df = frappe.get_meta(doctype).get_field(field)
		for state in value if isinstance(value, list) else [value]:
			assert df is None or df.fieldtype != "Select" or state in df.options.split("\n")
	assert get_result(doc.as_json(), json.dumps(filters)) >= 0


def test_the_other_cards_call_what_is_there(site):
	from stripe_service.accounts.figures import UNPAID_STATES

	cards = frappe.get_all("Number Card", {"module": "Stripe Service", "type": "Custom"}, pluck="method")
	assert len(cards) == 5
	for method in cards:
		assert frappe.get_attr(method)() is not None
	states = frappe.get_all("Workflow Document State", {"parent": "Invoice Payment"}, pluck="state")
	assert set(UNPAID_STATES) < set(states)
	assert not frappe.db.exists("Number Card", "Stripe Invoices Due")


def parts() -> dict[str, dict]:
	return {part["part"]: part for part in account_api.checklist()}


def test_the_checklist_tells_how_each_part_stands(connected, default_account):
	default_account(connected.name)
	found = parts()
	assert list(found) == [
		"account", "webhook", "wallets", "payables", "workflow", "units", "roles", "script", "server_scripts", "scheduler", "workers",
	]  # fmt: skip
	for name in ("account", "payables", "workflow", "script"):
		assert found[name]["state"] == "Done", found[name]
	for part in found.values():
		assert part["message"] and part["state"] in ("Done", "To Do", "Warning")


def test_a_part_that_is_missing_is_told_and_made(site):
	from stripe_service.setup.after_payment_script import NAME

	frappe.delete_doc("Server Script", NAME, force=True)
	frappe.db.commit()
	missing = parts()["script"]
	assert (missing["state"], missing["action"]["make"]) == ("To Do", "script")
	after = {part["part"]: part for part in account_api.make_missing("script")}
	frappe.db.commit()
	assert after["script"]["state"] == "Done"
	assert frappe.db.get_value("Server Script", NAME, "disabled") == 1


def test_who_may_make_no_script_is_told_whom_to_ask(site, looks):
	from stripe_service.setup.after_payment_script import NAME

	frappe.delete_doc("Server Script", NAME, force=True)
	frappe.db.commit()
	try:
		with looks("Stripe Administrator"):
			missing = parts()["script"]
			assert missing["action"] is None and "Script Manager" in missing["message"]
	finally:
		account_api.make_missing("script")
		frappe.db.commit()


def test_the_checklist_follows_what_is_switched(site, default_account):
	default_account(None)
	assert parts()["account"]["state"] == "To Do"
	switch = "Stripe Service Settings"
	frappe.db.set_single_value(switch, "built_in_after_payment", 0)
	try:
		assert parts()["script"]["state"] == "Warning"
	finally:
		frappe.db.set_single_value(switch, "built_in_after_payment", 1)
		frappe.db.commit()


def test_only_who_may_edit_the_settings_makes_parts_and_only_known_ones(site, looks):
	with looks("Stripe Reader", "Stripe Viewer"), pytest.raises(frappe.PermissionError):
		account_api.make_missing("workflow")
	with looks("Stripe Administrator"):
		with pytest.raises(frappe.ValidationError, match="no part"):
			account_api.make_missing("os.system")
		account_api.make_missing("workflow")


def test_every_part_that_the_checklist_offers_to_make_can_be_made():
	from stripe_service.install import PARTS

	source = open(checklist.__file__).read()
	offered = {part for part in PARTS if f'make="{part}"' in source}
	assert offered == {"payables", "workflow", "script"}


def test_settings_refuse_a_default_account_without_keys_and_no_card_brand(site, account):
	frappe.get_doc(doctype="Stripe Account", account_name=account.name).insert()
	settings = frappe.get_doc("Stripe Service Settings")
	settings.default_account = account.name
	with pytest.raises(frappe.ValidationError, match="must be connected"):
		settings.save()
	settings.reload()
	settings.update(
		{f"brand_{brand}": 0 for brand in ("visa", "mastercard", "amex", "discover", "diners", "jcb")}
	)
	with pytest.raises(frappe.ValidationError, match="at least one card brand"):
		settings.save()
