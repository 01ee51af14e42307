"""A payer's saved cards: kept by choice, used again, renewed by the bank, removed here and elsewhere."""

import frappe
import pytest

from stripe_service.api import methods as api
from stripe_service.saved_methods import cards
from stripe_service.saved_methods.saved_method import payment_params
from stripe_service.utils.stripe_errors import StripeUnavailable

ACCOUNT = "Emulator"


@pytest.fixture
def world(make_world):
	"""Someone with the right to pay who has no card yet."""
	return make_world()


def row_of(name):
	frappe.db.rollback()
	return frappe.get_doc("Saved Card", name)


# saving


def test_a_saved_card_is_listed_by_brand_last_four_and_expiry(world):
	name = world.save_card("pm_card_mastercard")

	(card,) = world.saved_cards()
	assert (card["name"], card["brand"], card["brand_name"]) == (name, "mastercard", "MasterCard")
	assert (card["last4"], card["expired"], card["is_default"]) == ("4444", False, True)
	row = row_of(name)
	assert (row.user, row.owner, row.stripe_customer) == (world.payer, world.payer, world.make_customer())
	assert row.consent_at


def test_saving_the_same_payment_twice_makes_one_row(world):
	method = world.attach_card()
	names = {cards.remember(ACCOUNT, world.make_customer(), method, consent=True) for _ in range(3)}
	assert names == {method["id"]}
	assert len(world.saved_cards()) == 1


@pytest.mark.parametrize("consent", [None, False, 0, ""])
def test_without_consent_nothing_is_saved(world, consent):
	assert cards.remember(ACCOUNT, world.make_customer(), world.attach_card(), consent) is None
	assert world.saved_cards() == []


def test_a_card_that_stripe_did_not_attach_to_this_payer_is_not_saved(world, make_payer):
	anothers = world.attach_card(user=make_payer())
	loose = world.gateway.call("payment_methods.retrieve", anothers["id"]) | {"customer": None}
	for method in (anothers, loose):
		assert cards.remember(ACCOUNT, world.make_customer(), method, consent=True) is None
	assert world.saved_cards() == []


def test_the_same_card_saved_again_leaves_the_newer_one_and_its_default(world):
	first = world.save_card()
	world.save_card("pm_card_amex")
	second = world.save_card()

	assert next(card["name"] for card in world.saved_cards()) == second
	assert len(world.saved_cards()) == 2
	assert row_of(second).is_default
	assert row_of(first).status == "Removed"
	assert world.gateway.call("payment_methods.retrieve", first)["customer"] is None


def test_a_duplicate_that_stripe_does_not_let_go_now_goes_with_the_next(world, emulator):
	first = world.save_card()
	emulator.fault("error_before", path="/v1/payment_methods/*/detach", count=-1)
	world.save_card()
	assert row_of(first).status == "Active"

	emulator.clear_faults()
	third = world.save_card()
	assert [card["name"] for card in world.saved_cards()] == [third]


def test_two_payers_with_the_same_card_each_have_their_own(world, make_payer):
	colleague = make_payer()
	assert world.save_card() != world.save_card(user=colleague)
	assert len(world.saved_cards()) == len(world.saved_cards(colleague)) == 1


# saved by paying, and gone when paying


def test_a_card_is_saved_by_the_payment_that_asked_for_it_and_pays_the_next(world):
	assert world.pay("30.00", save=1)["outcome"] == "paid"
	world.drain()
	(card,) = world.form()["saved"]["cards"]
	assert (card["brand"], card["last4"], card["is_default"]) == ("visa", "4242", True)

	assert world.pay("20.00", saved_method=card["name"])["outcome"] == "paid"
	assert world.received_minor() == 5000


def test_a_card_that_was_not_to_be_saved_is_not(world):
	assert world.pay("30.00")["outcome"] == "paid"
	world.drain()
	assert world.form()["saved"]["cards"] == []


@pytest.mark.parametrize("kind", ["card", "bank account"])
def test_a_method_that_was_removed_elsewhere_is_noticed_when_it_is_to_pay(world, kind):
	if kind == "card":
		world.pay("30.00", save=1)
		name = world.form()["saved"]["cards"][0]["name"]
		world.gateway.call("payment_methods.detach", name)
		outcome = world.pay("20.00", saved_method=name)
	else:
		name = world.add_bank_account()
		world.gateway.call(
			"payment_methods.detach", frappe.db.get_value("Stripe Bank Account", name, "payment_method_id")
		)
		outcome = world.pay_by_ach(name, "20.00")

	assert outcome["outcome"] == "failed"
	assert f"This {kind} was removed. Use another one" in outcome["message"]
	saved_now = world.form()["saved"]
	assert saved_now["cards"] == saved_now["bank_accounts"] == []
	assert world.reread().reserved_amount == 0


# the default


def test_the_default_comes_first_and_there_is_one(world):
	visa, amex = world.save_card(), world.save_card("pm_card_amex")
	assert [card["name"] for card in world.saved_cards()] == [visa, amex]

	listed = world.does(api.set_default, amex)["cards"]

	assert [(card["name"], card["is_default"]) for card in listed] == [(amex, True), (visa, False)]


def test_two_defaults_chosen_at_the_same_instant_leave_one(world, http):
	from concurrent.futures import ThreadPoolExecutor

	from tests.support.records import PASSWORD

	names = [world.save_card(token) for token in ("pm_card_visa", "pm_card_amex", "pm_card_mastercard")]
	tabs = [http.login(world.payer, PASSWORD) for _ in names]
	with ThreadPoolExecutor(len(tabs)) as together:
		for _ in range(5):
			answers = together.map(
				lambda tab, name: tab.call("stripe_service.api.methods.set_default", name=name), tabs, names
			)
			assert [answer.status_code for answer in answers] == [200, 200, 200]
			frappe.db.rollback()
			assert [card["is_default"] for card in world.saved_cards()] == [True, False, False]


def test_a_card_saved_after_the_default_was_removed_becomes_the_default(world):
	world.does(api.remove_method, world.save_card())
	assert row_of(world.save_card("pm_card_amex")).is_default


# expiry and renewal


def test_an_expired_card_is_marked_and_does_not_pay(world, emulator):
	name = world.save_card()
	emulator.update_card(name, 3, 2021)
	cards.refresh(name)

	assert world.saved_cards()[0]["expired"] is True
	with pytest.raises(frappe.ValidationError, match="expired 03/2021"):
		payment_params(name, world.payer, ACCOUNT, "card")
	with pytest.raises(frappe.ValidationError, match="expired"):
		world.does(api.set_default, name)


@pytest.mark.parametrize("months, expired", [(-1, True), (0, False), (1, False)])
def test_a_card_is_good_until_the_end_of_its_month(site, months, expired):
	month = frappe.utils.add_months(frappe.utils.get_first_day(frappe.utils.nowdate()), months)
	card = frappe.get_doc(doctype="Saved Card", exp_month=month.month, exp_year=month.year)
	assert card.has_expired is expired


def test_a_card_that_its_bank_renewed_has_the_new_expiry_and_number(world, emulator):
	name = world.save_card()
	emulator.update_card(name, 7, 2039, last4="1881")

	cards.refresh(name)

	(card,) = world.saved_cards()
	assert (card["exp_month"], card["exp_year"], card["last4"]) == (7, 2039, "1881")


# removing


def test_removing_a_card_detaches_it_at_stripe_and_keeps_the_row(world):
	name = world.save_card()

	assert world.does(api.remove_method, name)["cards"] == []

	assert world.gateway.call("payment_methods.retrieve", name)["customer"] is None
	row = row_of(name)
	assert (row.status, row.is_default) == ("Removed", 0)
	assert row.removed_at
	with pytest.raises(frappe.ValidationError, match="was removed"):
		payment_params(name, world.payer, ACCOUNT, "card")


def test_a_card_that_was_detached_elsewhere_is_noticed(world):
	name = world.save_card()
	world.gateway.call("payment_methods.detach", name)

	cards.refresh(name)

	assert row_of(name).status == "Removed"
	assert world.saved_cards() == []


def test_removing_here_what_is_gone_at_stripe_is_no_error(world):
	name = world.save_card()
	world.gateway.call("payment_methods.detach", name)
	assert world.does(api.remove_method, name)["cards"] == []
	assert world.does(api.remove_method, name)["cards"] == []


def test_nothing_is_removed_while_stripe_can_not_be_reached(world, emulator):
	name = world.save_card()
	emulator.fault("error_before", path="/v1/payment_methods/*", count=-1)
	with pytest.raises(StripeUnavailable):
		world.does(api.remove_method, name)
	assert row_of(name).status == "Active"


# paying, and whose it is


def test_a_saved_card_pays(world):
	name = world.save_card()
	assert payment_params(name, world.payer, ACCOUNT, "card") == {
		"payment_method": name,
		"display": {"brand": "visa", "last4": "4242", "method_label": "VISA •••• 4242"},
	}


def test_a_card_of_another_stripe_account_does_not_pay_here(world):
	with pytest.raises(frappe.ValidationError, match="another Stripe account"):
		payment_params(world.save_card(), world.payer, "Somewhere Else", "card")


@pytest.mark.parametrize(
	"call",
	[
		lambda name: api.remove_method(name),
		lambda name: api.set_default(name),
		lambda name: payment_params(name, frappe.session.user, ACCOUNT, "card"),
	],
	ids=["remove", "set_default", "pay"],
)
def test_anothers_card_is_answered_as_none_by_every_call(world, make_payer, make_user, as_user, call):
	name = world.save_card()
	for stranger in (make_payer(), make_user(roles=["Stripe Administrator"]), "Administrator"):
		for wanted in (name, "pm_none", "", "%"):
			with as_user(stranger), pytest.raises(frappe.PermissionError) as refused:
				call(wanted)
			assert str(refused.value) == "You have no such saved payment method."
	assert row_of(name).status == "Active"


def test_a_card_whose_customer_was_deleted_pays_no_more(world):
	from stripe_service.accounts.customers import delete_customer

	name = world.save_card()
	delete_customer(world.make_customer())
	assert world.saved_cards() == []
	with pytest.raises(frappe.PermissionError):
		payment_params(name, world.payer, ACCOUNT, "card")


def test_one_payer_lists_and_reads_nothing_of_another(world, make_payer, as_user):
	name = world.save_card()
	with as_user(make_payer()):
		assert frappe.get_list("Saved Card", pluck="name") == []
		assert not frappe.has_permission("Saved Card", "read", doc=name)
	with as_user(world.payer):
		assert frappe.get_list("Saved Card", pluck="name") == [name]
		assert frappe.has_permission("Saved Card", "read", doc=name)


def test_a_reader_who_also_pays_sees_all_and_uses_only_the_own(world, make_payer, as_user):
	name = world.save_card()
	both = make_payer(roles=["Stripe Reader", "Stripe Payer"])
	with as_user(both):
		assert name in frappe.get_list("Saved Card", pluck="name", limit=0)
		with pytest.raises(frappe.PermissionError, match="no such"):
			payment_params(name, both, ACCOUNT, "card")


def test_the_payers_own_are_told_by_user_and_not_by_who_made_the_row(world, make_payer, as_user):
	name = world.save_card()
	colleague = make_payer()
	frappe.db.set_value("Saved Card", name, "owner", colleague)
	frappe.db.commit()
	with as_user(colleague):
		assert frappe.get_list("Saved Card", pluck="name") == []
		assert not frappe.has_permission("Saved Card", "read", doc=name)


def test_nobody_writes_a_row_by_form_rest_or_import(world):
	row = row_of(world.save_card())
	row.is_default = 0
	with pytest.raises(frappe.PermissionError):
		row.save()
	with pytest.raises(frappe.PermissionError):
		frappe.delete_doc("Saved Card", row.name)
	with pytest.raises(frappe.PermissionError):
		frappe.rename_doc("Saved Card", row.name, "pm_mine")
	made_up = frappe.get_doc(
		{
			"doctype": "Saved Card",
			"payment_method_id": "pm_made_up",
			"stripe_account": ACCOUNT,
			"stripe_customer": world.make_customer(),
			"user": world.payer,
		}
	)
	with pytest.raises(frappe.PermissionError):
		made_up.insert()
	frappe.db.rollback()
	assert not frappe.db.exists("Saved Card", "pm_made_up")


# over HTTP, as a browser calls


def test_over_http_each_payer_gets_the_own_cards_and_a_refusal_of_anothers(world, make_payer, http):
	from tests.support.records import PASSWORD

	name = world.save_card()
	owner, other = http.login(world.payer, PASSWORD), http.login(make_payer(), PASSWORD)

	assert [
		card["name"]
		for card in owner.call("stripe_service.api.methods.my_methods").json()["message"]["cards"]
	] == [name]
	refusals = [
		other.call("stripe_service.api.methods.remove_method", name=wanted) for wanted in (name, "pm_none")
	]
	assert [refusal.status_code for refusal in refusals] == [403, 403]
	assert refusals[0].json()["exception"] == refusals[1].json()["exception"]
	assert refusals[0].json().get("exc") == refusals[1].json().get("exc")
	assert other.get("/api/resource/Saved Card").json()["data"] == []
	assert other.get(f"/api/resource/Saved Card/{name}").status_code == 403
	assert owner.get("/api/method/stripe_service.api.methods.remove_method", name=name).status_code in (
		403,
		405,
	)
	assert owner.call("stripe_service.api.methods.remove_method", name=name).json()["message"]["cards"] == []


def test_in_print_a_brand_has_its_name(world):
	card = frappe.get_doc("Saved Card", world.save_card("pm_card_amex"))
	payment = world.payment(world.new_payment(card="visa"))
	for doc, name, stripes_word in ((card, "American Express", "amex"), (payment, "VISA", "visa")):
		printed = frappe.get_print(doc.doctype, doc.name, print_format="Standard")
		assert name in printed and f"{stripes_word}\n" not in printed, doc.doctype
		assert doc.get_formatted("brand") == name
	debit = frappe.get_doc(doctype="Invoice Payment", method_type="us_bank_account", brand="STRIPE TEST BANK")
	assert debit.get_formatted("brand") == "STRIPE TEST BANK"
