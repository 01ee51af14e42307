"""A payment link of several documents: one party's, paid by one payment, each with an amount of its own."""

import json

import frappe
import pytest
from frappe.model.rename_doc import rename_doc
from frappe.utils import add_days, today

from stripe_service.api import payment_links
from stripe_service.patches import fill_link_references
from stripe_service.payments.together import MOST_DOCUMENTS, NotTogether
from tests.support import records
from tests.support.payment_links import Stranger, make_link, make_link_of, name_of, row_of
from tests.support.records import unique
from tests.support.several import check_adds_up, owed, payment_of, states

LINK = "Stripe Payment Link"
ROW = "Stripe Payment Link Reference"
PARTY = "Ostrander & Sons"


@pytest.fixture
def make_bill(world):
	return lambda total="10.00", **given: world.make_invoice(total=total, **{"bill_to": PARTY, **given})


@pytest.fixture
def three(make_bill):
	return [make_bill(total, title=f"Month {total}") for total in ("10.00", "20.00", "30.00")]


@pytest.fixture
def token(three):
	return make_link_of(three)


@pytest.fixture
def stranger(world, token):
	return Stranger(token, world.url)


def rows_of(form) -> dict:
	"""By the document's name, what the form says of it."""
	return {part["name"]: part for part in form["documents"]}


def amounts_of(form, amounts: dict) -> dict:
	"""`amounts` by (invoice's name) as the page sends them."""
	rows = rows_of(form)
	return {rows[name]["row"]: amount for name, amount in amounts.items()}


def left_out(form) -> dict:
	return {one["name"]: one["reason"] for one in form["left_out"]}


def refused(call, *args, **given) -> Exception:
	with pytest.raises(frappe.ValidationError) as raised:
		call(*args, **given)
	frappe.clear_messages()
	frappe.db.rollback()
	return raised.value


# Making it


@pytest.mark.parametrize(
	("other", "words"),
	[
		({"bill_to": "Somebody Else"}, "different parties"),
		({"currency": "EUR"}, "Amounts in EUR, USD"),
	],
)
def test_documents_that_can_not_stand_in_one_link_are_refused_in_words(make_bill, other, words):
	chosen = [make_bill(), make_bill(**other)]
	assert words in str(refused(make_link_of, chosen))
	assert not frappe.db.exists(ROW, {"reference_name": chosen[0].name})


def test_documents_of_two_accounts_too_many_and_one_twice_are_refused(three, monkeypatch):
	from stripe_service.payables.payable import Payable

	assert "only once" in str(refused(make_link_of, [three[0], three[0]]))
	too_many = refused(make_link_of, [three[0]] * (MOST_DOCUMENTS + 1))
	assert isinstance(too_many, NotTogether)
	accounts = {three[0].name: "One", three[1].name: "Another"}
	monkeypatch.setattr(Payable, "account", property(lambda payable: accounts[payable.name]))
	assert "different Stripe Accounts" in str(refused(make_link_of, three[:2]))


def test_a_document_that_bills_nobody_has_a_link_of_its_own_only(make_bill):
	chosen = [make_bill(), make_bill()]
	frappe.db.set_value("Portal Invoice", chosen[1].name, "bill_to", "")
	assert "does not say whom it bills" in str(refused(make_link_of, chosen))
	assert make_link(chosen[1])


def test_who_makes_one_must_be_allowed_to_on_each_and_sees_those_alone(
	world, make_bill, make_user, make_invoice
):
	here = make_user(roles=["Stripe Administrator"], unit=world.unit)
	foreign = make_invoice(unit=records.make_unit(), total="10.00", bill_to=PARTY)
	own = [make_bill(), make_bill()]
	with pytest.raises(frappe.PermissionError):
		make_link_of([*own, foreign], user=here)
	frappe.db.rollback()
	for user in (world.payer, "Guest"):
		with pytest.raises(frappe.PermissionError):
			make_link_of(own, user=user)
	frappe.db.rollback()
	mine, mixed = make_link_of(own, user=here), make_link_of([own[0], foreign])
	with world.as_user(here):
		assert frappe.get_list(LINK, {"name": ("in", [name_of(mine), name_of(mixed)])}, pluck="name") == [
			name_of(mine)
		]
		assert not frappe.has_permission(LINK, doc=name_of(mixed))
		assert frappe.has_permission(LINK, doc=name_of(mine))
		# Nor the rows by themselves, which name the other unit's document.
		listed = frappe.get_list(ROW, {"parent": name_of(mixed)}, ["reference_name"], parent_doctype=LINK)
		assert listed == []
		assert len(frappe.get_list(ROW, {"parent": name_of(mine)}, parent_doctype=LINK)) == 2


def test_the_same_documents_have_one_open_link_beside_each_ones_own(world, three):
	own = make_link(three[0])
	first, second = make_link_of(three), make_link_of(three[::-1])
	assert row_of(first).revoked and not row_of(second).revoked and not row_of(own).revoked
	fewer = make_link_of(three[:2])
	assert not row_of(second).revoked
	facts = payment_links.get_link("Portal Invoice", three[0].name)
	assert facts["url"].endswith(own) and facts["shared"] == 2
	named = json.dumps([{"doctype": one.doctype, "name": one.name} for one in three])
	assert payment_links.get_link(documents=named)["url"].endswith(second)
	assert payment_links.revoke_link(documents=named) == {"revoked": 1}
	frappe.db.commit()
	assert refused(Stranger(second, world.url).open).http_status_code == 410
	assert not row_of(fewer).revoked and not row_of(own).revoked


def test_links_of_before_get_their_one_row_once(world, three):
	token = make_link(three[0])
	frappe.db.delete(ROW, {"parent": name_of(token)})
	for _run in range(2):
		fill_link_references.execute()
	frappe.db.commit()
	assert frappe.db.count(ROW, {"parent": name_of(token)}) == 1
	assert Stranger(token, world.url).open()["invoice"]["name"] == three[0].name


# Opening and paying it


def test_a_stranger_sees_these_documents_and_nothing_else(world, three, stranger):
	form = stranger.open()
	assert [(part["name"], part["outstanding"]) for part in form["documents"]] == [
		(three[0].name, "10.00"),
		(three[1].name, "20.00"),
		(three[2].name, "30.00"),
	]
	assert form["invoice"]["outstanding"] == form["amount"]["max"] == "60.00"
	assert set(form["methods"]) == {"card"} and form["left_out"] == []
	told = frappe.as_json(form)
	for secret in (world.invoice.name, world.unit, world.payer, PARTY, "Emulator", "Portal Invoice"):
		assert secret not in told, secret


def test_they_are_paid_by_one_payment_with_a_row_each(world, token, three, stranger):
	first, second, third = three
	form = stranger.open()
	wanted = {third.name: "30.00", first.name: "10.00", second.name: "5.00"}
	outcome = stranger.pay_several(amounts_of(form, wanted))
	assert (outcome["outcome"], outcome["outstanding"]) == ("paid", "15.00")
	world.drain()
	payment = payment_of(outcome)
	check_adds_up(payment)
	assert (payment.user, payment.payment_link, payment.amount_minor) == ("Guest", name_of(token), 4500)
	assert {row.reference_name: row.settled_minor for row in payment.references} == {
		first.name: 1000,
		second.name: 500,
		third.name: 3000,
	}
	assert states(*three) == ["Paid", "Partly Paid", "Paid"]
	again = stranger.pay_several(amounts_of(form, wanted), request_id=stranger.request_id)
	assert again["payment"] == outcome["payment"] and owed(*three) == [0, 15, 0]
	# What is left can be paid by the same link.
	form = Stranger(token, world.url).open()
	assert list(rows_of(form)) == [second.name]
	assert left_out(form) == {first.name: "This invoice is paid", third.name: "This invoice is paid"}


def test_one_that_is_paid_or_cancelled_meanwhile_refuses_all_and_is_left_out_then(world, three, stranger):
	first, second, third = three
	form = stranger.open()
	world.pay("10.00", invoice=first)
	world.drain()
	wanted = {one.name: str(one.total) for one in three}
	refusal = refused(stranger.pay_several, amounts_of(form, wanted))
	assert refusal.http_status_code == 410 and first.name in str(refusal)
	records.move_to(world.reread(second), "Cancelled")
	frappe.db.commit()
	form = stranger.open()
	assert left_out(form) == {
		first.name: "This invoice is paid",
		second.name: "This invoice was cancelled",
	}
	assert stranger.pay_several(amounts_of(form, {third.name: "30.00"}))["outcome"] == "paid"
	assert not world.intents(second)


def test_what_somebody_else_is_paying_at_the_moment_is_left_out(world, three, stranger):
	world.pay("10.00", invoice=three[0], card="3ds_required")
	form = stranger.open()
	assert "under way" in left_out(form)[three[0].name]
	assert form["amount"]["max"] == "50.00"


@pytest.mark.parametrize(
	("wrong", "status"),
	[
		(lambda rows: {rows[0]: "10.01"}, 417),
		(lambda rows: {rows[0]: "10.00", "nothing": "1.00"}, 417),
		(lambda rows: {rows[0]: "10.00", rows[1]: "-1"}, 417),
		(lambda rows: {}, 417),
	],
)
def test_amounts_that_can_not_be_paid_refuse_all(world, three, stranger, wrong, status):
	rows = [part["row"] for part in stranger.open()["documents"]]
	assert refused(stranger.pay_several, wrong(rows)).http_status_code == status
	assert owed(*three) == [10, 20, 30]


@pytest.mark.parametrize("sent", ["", "text", "{}", "[]", "[1]", '[{"amount": "1"}]', '[{"row": 1}]'])
def test_what_is_no_list_of_amounts_is_refused(stranger, sent):
	assert "reload" in str(refused(stranger.call, "pay", "ctoken_any", "r" * 36, amounts=sent))


def test_one_amount_for_several_documents_and_another_links_row_are_refused(world, make_bill, stranger):
	assert "reload" in str(refused(stranger.pay, "10.00"))
	other = Stranger(make_link_of([make_bill(), make_bill()]), world.url)
	rows = [part["row"] for part in other.open()["documents"]]
	assert "reload" in str(refused(stranger.pay_several, {rows[0]: "10.00"}))
	assert not frappe.db.exists("Invoice Payment", {"payment_link": name_of(stranger.token)})


def test_a_link_that_is_revoked_while_the_card_is_read_takes_no_money(world, three, stranger, monkeypatch):
	from stripe_service.api import pay_by_link

	form = stranger.open()
	read = pay_by_link.read_new_card

	def read_while_it_closes(*args):
		card = read(*args)
		with world.as_user("Administrator"):
			frappe.db.set_value(LINK, name_of(stranger.token), "expires_on", add_days(today(), -1))
			frappe.db.commit()
		return card

	monkeypatch.setattr(pay_by_link, "read_new_card", read_while_it_closes)
	wanted = amounts_of(form, {one.name: str(one.total) for one in three})
	refusal = refused(stranger.pay_several, wanted)
	assert refusal.http_status_code == 410 and three[0].name not in str(refusal)
	assert not frappe.db.exists("Invoice Payment", {"payment_link": name_of(stranger.token)})


def test_3d_secure_of_several_is_resumed_by_the_browser_that_began_and_given_up(three, stranger):
	form = stranger.open()
	wanted = amounts_of(form, {one.name: str(one.total) for one in three})
	outcome = stranger.pay_several(wanted, card="3ds_required")
	resumed = stranger.open()
	assert resumed["resume"]["client_secret"] == outcome["client_secret"]
	assert resumed["invoice"]["outstanding"] == resumed["under_way"][0]["amount"] == "60.00"
	other = Stranger(stranger.token, stranger.url).open()
	assert other["resume"] is None and other["documents"] == []
	assert all("under way" in reason for reason in left_out(other).values())
	assert other["why_not"] and other["amount"] is None
	assert stranger.abandon()["outcome"] == "cancelled"
	assert stranger.open()["amount"]["max"] == "60.00"


# What becomes of its documents


def test_one_that_is_deleted_or_renamed_takes_nothing_from_the_others(world, make_bill):
	draft, first, last = make_bill(state="Draft"), make_bill(), make_bill()
	token = make_link_of([draft, first, last])
	rows = {row.reference_name: row.name for row in row_of(token).references}
	delete(draft)
	new_name = rename(last)
	link = row_of(token)
	assert (link.reference_name, link.document_count) == (first.name, 2)
	form = Stranger(token, world.url).open()
	assert {name: part["row"] for name, part in rows_of(form).items()} == {
		first.name: rows[first.name],
		new_name: rows[last.name],
	}


def bill_to_another(invoice) -> None:
	frappe.db.set_value("Portal Invoice", invoice.name, "bill_to", "Somebody Else")
	frappe.db.commit()


def rename(invoice) -> str:
	frappe.get_meta("Portal Invoice").allow_rename = 1
	try:
		return rename_doc("Portal Invoice", invoice.name, unique("PINV"), force=True)
	finally:
		frappe.clear_cache(doctype="Portal Invoice")
		frappe.db.commit()


def delete(invoice) -> None:
	frappe.delete_doc("Portal Invoice", invoice.name, force=True)
	frappe.db.commit()


def cancel(invoice) -> None:
	records.move_to(frappe.get_doc("Portal Invoice", invoice.name), "Cancelled")
	frappe.db.commit()


def test_one_that_bills_another_party_by_now_is_left_out_without_a_word_about_it(
	world, token, three, stranger, http
):
	first, second, third = three
	before = stranger.open()
	bill_to_another(second)
	form = stranger.open()
	assert list(rows_of(form)) == [first.name, third.name] and form["amount"]["max"] == "40.00"
	assert form["left_out"] == [
		{"name": None, "title": None, "reason": "An invoice is no longer part of this link."}
	]
	wanted = amounts_of(before, {one.name: str(one.total) for one in three})
	refusal = refused(stranger.pay_several, wanted)
	assert refusal.http_status_code == 410
	assert stranger.pay_several(amounts_of(form, {first.name: "10.00"}))["outcome"] == "paid"
	bill_to_another(first)
	assert "outstanding" not in stranger.status(), "what another party owes is theirs"
	cancel(third)
	guest = http.guest()
	guest.session.headers["Accept"] = "text/html"
	page = guest.get(f"/payment-link/{token}").text
	assert third.name in page and "2 invoices are no longer part of this link." in page
	for told in (frappe.as_json(form), str(refusal), page):
		assert second.name not in told and second.title not in told
	assert "20.00" not in frappe.as_json(form)


def test_a_link_opens_as_long_as_a_document_is_part_of_it_and_again_with_its_party(
	world, token, three, stranger
):
	for invoice in three:
		bill_to_another(invoice)
	assert refused(stranger.open).http_status_code == 410
	named = json.dumps([{"doctype": one.doctype, "name": one.name} for one in three])
	assert payment_links.get_link(documents=named)["url"] is None
	frappe.db.set_value("Portal Invoice", three[2].name, "bill_to", PARTY)
	form = stranger.open()
	assert list(rows_of(form)) == [three[2].name]
	assert form["left_out"][0]["reason"] == "2 invoices are no longer part of this link."
	assert stranger.pay_several(amounts_of(form, {three[2].name: "30.00"}))["outcome"] == "paid"
	assert owed(*three) == [10, 20, 0]


@pytest.mark.parametrize("change", [bill_to_another, rename, delete, cancel])
def test_one_that_is_taken_away_while_the_card_is_read_refuses_all(
	world, three, stranger, monkeypatch, change
):
	"""After the first look at the documents, and before their claim."""
	from stripe_service.api import pay_by_link

	form = stranger.open()
	read = pay_by_link.read_new_card

	def read_meanwhile(*args):
		card = read(*args)
		with world.as_user("Administrator"):
			change(three[1])
		return card

	monkeypatch.setattr(pay_by_link, "read_new_card", read_meanwhile)
	wanted = amounts_of(form, {one.name: str(one.total) for one in three})
	refusal = refused(stranger.pay_several, wanted)
	assert refusal.http_status_code == 410, refusal
	assert change is cancel or three[1].name not in str(refusal)
	assert not frappe.db.exists("Invoice Payment", {"payment_link": name_of(stranger.token)})


def test_a_link_whose_last_document_is_deleted_is_gone(world, make_bill):
	drafts = [make_bill(state="Draft"), make_bill(state="Draft")]
	token = make_link_of(drafts)
	for draft in drafts:
		frappe.delete_doc("Portal Invoice", draft.name)
	frappe.db.commit()
	assert refused(Stranger(token, world.url).open).http_status_code == 404
	assert not frappe.db.exists(LINK, name_of(token)) and not frappe.db.exists(
		ROW, {"parent": name_of(token)}
	)


def test_the_page_says_what_became_of_all_of_them(world, make_bill, http):
	def page(token):
		guest = http.guest()
		guest.session.headers["Accept"] = "text/html"
		answer = guest.get(f"/payment-link/{token}")
		return answer.status_code, " ".join(answer.text.split())

	paid, cancelled, waiting = make_bill("10.00"), make_bill("10.00"), make_bill("10.00")
	token, mixed, gone = (
		make_link_of([paid, waiting]),
		make_link_of([paid, cancelled]),
		make_link_of([cancelled, make_bill(state="Cancelled")]),
	)
	drafts = make_link_of([paid, make_bill(state="Draft")])
	assert page(token)[0] == 200 and "Pay invoices" in page(token)[1]
	world.pay("10.00", invoice=paid)
	records.move_to(world.reread(cancelled), "Cancelled")
	world.drain()
	frappe.db.commit()
	status, text = page(token)
	assert status == 200 and "Pay invoices" in text, "one of them can still be paid"
	for closed, code, words in (
		(mixed, 200, ("Nothing is left to pay", "This invoice is paid", "This invoice was cancelled")),
		(gone, 410, ("These invoices were cancelled",)),
		(drafts, 503, ("can't be paid online at the moment", "This invoice is paid")),
	):
		status, text = page(closed)
		text = text.replace("&#39;", "'")
		assert status == code and all(word in text for word in words), (closed, status)
	world.pay("10.00", invoice=waiting)
	world.drain()
	status, text = page(token)
	assert status == 200 and "These invoices are paid" in text
	assert paid.name in text and waiting.name in text and "4242" not in text
