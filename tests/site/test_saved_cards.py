"""A payer's saved cards: kept by choice, used again, renewed by the bank, removed here and elsewhere."""

import frappe
import pytest

from stripe_service.accounts.customers import customer_for
from stripe_service.api import methods as api
from stripe_service.saved_methods import cards
from stripe_service.saved_methods.saved_method import payment_params
from stripe_service.utils.stripe_errors import StripeUnavailable

ACCOUNT = "Emulator"


@pytest.fixture
def payer(site, make_payer, as_user, emulator):
	"""Someone with the right to pay who has no card yet."""
	yield CardHolder(make_payer(), as_user)
	emulator.clear_faults()


class CardHolder:
	def __init__(self, user, as_user):
		self.user, self.as_user = user, as_user
		self.customer = customer_for(ACCOUNT, user)

	def does(self, call, *args, **kwargs):
		with self.as_user(self.user):
			return call(*args, **kwargs)

	def has_paid_with(self, token="pm_card_visa"):
		"""The PaymentMethod that a payment with "save for next time" leaves attached to the payer's Customer."""
		return gateway().call("payment_methods.attach", token, params={"customer": self.customer})

	def saves(self, token="pm_card_visa"):
		return cards.remember(ACCOUNT, self.customer, self.has_paid_with(token), consent=True)

	def sees(self):
		return self.does(api.my_methods)["cards"]


def gateway():
	from stripe_service.accounts.stripe_account import gateway_for

	return gateway_for(ACCOUNT)


def row_of(name):
	frappe.db.rollback()
	return frappe.get_doc("Saved Card", name)


# saving


def test_a_saved_card_is_listed_by_brand_last_four_and_expiry(payer):
	name = payer.saves("pm_card_mastercard")

	(card,) = payer.sees()
	assert (card["name"], card["brand"], card["brand_name"]) == (name, "mastercard", "MasterCard")
	assert (card["last4"], card["expired"], card["is_default"]) == ("4444", False, True)
	row = row_of(name)
	assert (row.user, row.owner, row.stripe_customer) == (payer.user, payer.user, payer.customer)
	assert row.consent_at


def test_saving_the_same_payment_twice_makes_one_row(payer):
	method = payer.has_paid_with()
	names = {cards.remember(ACCOUNT, payer.customer, method, consent=True) for _ in range(3)}
	assert names == {method["id"]}
	assert len(payer.sees()) == 1


@pytest.mark.parametrize("consent", [None, False, 0, ""])
def test_without_consent_nothing_is_saved(payer, consent):
	assert cards.remember(ACCOUNT, payer.customer, payer.has_paid_with(), consent) is None
	assert payer.sees() == []


def test_a_card_that_stripe_did_not_attach_to_this_payer_is_not_saved(payer, make_payer, as_user):
	anothers = CardHolder(make_payer(), as_user).has_paid_with()
	loose = gateway().call("payment_methods.retrieve", anothers["id"]) | {"customer": None}
	for method in (anothers, loose):
		assert cards.remember(ACCOUNT, payer.customer, method, consent=True) is None
	assert payer.sees() == []


def test_the_same_card_saved_again_leaves_the_newer_one_and_its_default(payer):
	first = payer.saves()
	payer.saves("pm_card_amex")
	second = payer.saves()

	assert next(card["name"] for card in payer.sees()) == second
	assert len(payer.sees()) == 2
	assert row_of(second).is_default
	assert row_of(first).status == "Removed"
	assert gateway().call("payment_methods.retrieve", first)["customer"] is None


def test_a_duplicate_that_stripe_does_not_let_go_now_goes_with_the_next(payer, emulator):
	first = payer.saves()
	emulator.fault("error_before", path="/v1/payment_methods/*/detach", count=-1)
	payer.saves()
	assert row_of(first).status == "Active"

	emulator.clear_faults()
	third = payer.saves()
	assert [card["name"] for card in payer.sees()] == [third]


def test_two_payers_with_the_same_card_each_have_their_own(payer, make_payer, as_user):
	colleague = CardHolder(make_payer(), as_user)
	assert payer.saves() != colleague.saves()
	assert len(payer.sees()) == len(colleague.sees()) == 1


# saved by paying, and gone when paying


@pytest.fixture
def scene(site, make_unit, make_payer, make_invoice, as_user, emulator, emulator_url, drain):
	from tests.support.scene import Scene

	return Scene(make_unit(), make_payer, make_invoice, as_user, emulator, emulator_url, drain)


def test_a_card_is_saved_by_the_payment_that_asked_for_it_and_pays_the_next(scene):
	assert scene.pay("30.00", save=1)["outcome"] == "paid"
	scene.drain()
	(card,) = scene.form()["saved"]["cards"]
	assert (card["brand"], card["last4"], card["is_default"]) == ("visa", "4242", True)

	assert scene.pay("20.00", saved_method=card["name"])["outcome"] == "paid"
	assert scene.received_minor() == 5000


def test_a_card_that_was_not_to_be_saved_is_not(scene):
	assert scene.pay("30.00")["outcome"] == "paid"
	scene.drain()
	assert scene.form()["saved"]["cards"] == []


@pytest.mark.parametrize("kind", ["card", "bank account"])
def test_a_method_that_was_removed_elsewhere_is_noticed_when_it_is_to_pay(scene, kind):
	if kind == "card":
		scene.pay("30.00", save=1)
		name = scene.form()["saved"]["cards"][0]["name"]
		gateway().call("payment_methods.detach", name)
		outcome = scene.pay("20.00", saved_method=name)
	else:
		name = scene.add_bank_account()
		gateway().call(
			"payment_methods.detach", frappe.db.get_value("Stripe Bank Account", name, "payment_method_id")
		)
		outcome = scene.pay_by_ach(name, "20.00")

	assert outcome["outcome"] == "failed"
	assert f"This {kind} was removed. Use another one" in outcome["message"]
	saved_now = scene.form()["saved"]
	assert saved_now["cards"] == saved_now["bank_accounts"] == []
	assert scene.reread().reserved_amount == 0


# the default


def test_the_default_comes_first_and_there_is_one(payer):
	visa, amex = payer.saves(), payer.saves("pm_card_amex")
	assert [card["name"] for card in payer.sees()] == [visa, amex]

	listed = payer.does(api.set_default, amex)["cards"]

	assert [(card["name"], card["is_default"]) for card in listed] == [(amex, True), (visa, False)]


def test_two_defaults_chosen_at_the_same_instant_leave_one(payer, http):
	from concurrent.futures import ThreadPoolExecutor

	from tests.support.records import PASSWORD

	names = [payer.saves(token) for token in ("pm_card_visa", "pm_card_amex", "pm_card_mastercard")]
	tabs = [http.login(payer.user, PASSWORD) for _ in names]
	with ThreadPoolExecutor(len(tabs)) as together:
		for _ in range(5):
			answers = together.map(
				lambda tab, name: tab.call("stripe_service.api.methods.set_default", name=name), tabs, names
			)
			assert [answer.status_code for answer in answers] == [200, 200, 200]
			frappe.db.rollback()
			assert [card["is_default"] for card in payer.sees()] == [True, False, False]


def test_a_card_saved_after_the_default_was_removed_becomes_the_default(payer):
	payer.does(api.remove_method, payer.saves())
	assert row_of(payer.saves("pm_card_amex")).is_default


# expiry and renewal


def test_an_expired_card_is_marked_and_does_not_pay(payer, emulator):
	name = payer.saves()
	emulator.update_card(name, 3, 2021)
	cards.refresh(name)

	assert payer.sees()[0]["expired"] is True
	with pytest.raises(frappe.ValidationError, match="expired 03/2021"):
		payment_params(name, payer.user, ACCOUNT, "card")
	with pytest.raises(frappe.ValidationError, match="expired"):
		payer.does(api.set_default, name)


@pytest.mark.parametrize("months, expired", [(-1, True), (0, False), (1, False)])
def test_a_card_is_good_until_the_end_of_its_month(site, months, expired):
	month = frappe.utils.add_months(frappe.utils.get_first_day(frappe.utils.nowdate()), months)
	card = frappe.get_doc(doctype="Saved Card", exp_month=month.month, exp_year=month.year)
	assert card.has_expired is expired


def test_a_card_that_its_bank_renewed_has_the_new_expiry_and_number(payer, emulator):
	name = payer.saves()
	emulator.update_card(name, 7, 2039, last4="1881")

	cards.refresh(name)

	(card,) = payer.sees()
	assert (card["exp_month"], card["exp_year"], card["last4"]) == (7, 2039, "1881")


# removing


def test_removing_a_card_detaches_it_at_stripe_and_keeps_the_row(payer):
	name = payer.saves()

	assert payer.does(api.remove_method, name)["cards"] == []

	assert gateway().call("payment_methods.retrieve", name)["customer"] is None
	row = row_of(name)
	assert (row.status, row.is_default) == ("Removed", 0)
	assert row.removed_at
	with pytest.raises(frappe.ValidationError, match="was removed"):
		payment_params(name, payer.user, ACCOUNT, "card")


def test_a_card_that_was_detached_elsewhere_is_noticed(payer):
	name = payer.saves()
	gateway().call("payment_methods.detach", name)

	cards.refresh(name)

	assert row_of(name).status == "Removed"
	assert payer.sees() == []


def test_removing_here_what_is_gone_at_stripe_is_no_error(payer):
	name = payer.saves()
	gateway().call("payment_methods.detach", name)
	assert payer.does(api.remove_method, name)["cards"] == []
	assert payer.does(api.remove_method, name)["cards"] == []


def test_nothing_is_removed_while_stripe_can_not_be_reached(payer, emulator):
	name = payer.saves()
	emulator.fault("error_before", path="/v1/payment_methods/*", count=-1)
	with pytest.raises(StripeUnavailable):
		payer.does(api.remove_method, name)
	assert row_of(name).status == "Active"


# paying, and whose it is


def test_a_saved_card_pays(payer):
	name = payer.saves()
	assert payment_params(name, payer.user, ACCOUNT, "card") == {
		"payment_method": name,
		"display": {"brand": "visa", "last4": "4242", "method_label": "VISA •••• 4242"},
	}


def test_a_card_of_another_stripe_account_does_not_pay_here(payer):
	with pytest.raises(frappe.ValidationError, match="another Stripe account"):
		payment_params(payer.saves(), payer.user, "Somewhere Else", "card")


@pytest.mark.parametrize(
	"call",
	[
		lambda name: api.remove_method(name),
		lambda name: api.set_default(name),
		lambda name: payment_params(name, frappe.session.user, ACCOUNT, "card"),
	],
	ids=["remove", "set_default", "pay"],
)
def test_anothers_card_is_answered_as_none_by_every_call(payer, make_payer, make_user, as_user, call):
	name = payer.saves()
	for stranger in (make_payer(), make_user(roles=["Stripe Administrator"]), "Administrator"):
		for wanted in (name, "pm_none", "", "%"):
			with as_user(stranger), pytest.raises(frappe.PermissionError) as refused:
				call(wanted)
			assert str(refused.value) == "You have no such saved payment method."
	assert row_of(name).status == "Active"


def test_a_card_whose_customer_was_deleted_pays_no_more(payer):
	from stripe_service.accounts.customers import delete_customer

	name = payer.saves()
	delete_customer(payer.customer)
	assert payer.sees() == []
	with pytest.raises(frappe.PermissionError):
		payment_params(name, payer.user, ACCOUNT, "card")


def test_one_payer_lists_and_reads_nothing_of_another(payer, make_payer, as_user):
	name = payer.saves()
	with as_user(make_payer()):
		assert frappe.get_list("Saved Card", pluck="name") == []
		assert not frappe.has_permission("Saved Card", "read", doc=name)
	with as_user(payer.user):
		assert frappe.get_list("Saved Card", pluck="name") == [name]
		assert frappe.has_permission("Saved Card", "read", doc=name)


def test_a_reader_who_also_pays_sees_all_and_uses_only_the_own(payer, make_payer, as_user):
	name = payer.saves()
	both = make_payer(roles=["Stripe Reader", "Stripe Payer"])
	with as_user(both):
		assert name in frappe.get_list("Saved Card", pluck="name", limit=0)
		with pytest.raises(frappe.PermissionError, match="no such"):
			payment_params(name, both, ACCOUNT, "card")


def test_the_payers_own_are_told_by_user_and_not_by_who_made_the_row(payer, make_payer, as_user):
	name = payer.saves()
	colleague = make_payer()
	frappe.db.set_value("Saved Card", name, "owner", colleague)
	frappe.db.commit()
	with as_user(colleague):
		assert frappe.get_list("Saved Card", pluck="name") == []
		assert not frappe.has_permission("Saved Card", "read", doc=name)


def test_nobody_writes_a_row_by_form_rest_or_import(payer):
	row = row_of(payer.saves())
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
			"stripe_customer": payer.customer,
			"user": payer.user,
		}
	)
	with pytest.raises(frappe.PermissionError):
		made_up.insert()
	frappe.db.rollback()
	assert not frappe.db.exists("Saved Card", "pm_made_up")


# over HTTP, as a browser calls


def test_over_http_each_payer_gets_the_own_cards_and_a_refusal_of_anothers(payer, make_payer, http):
	from tests.support.records import PASSWORD

	name = payer.saves()
	owner, other = http.login(payer.user, PASSWORD), http.login(make_payer(), PASSWORD)

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
