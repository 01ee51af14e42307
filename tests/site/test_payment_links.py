"""Payment links: somebody without a login pays one document, and learns of nothing else."""

import re
from email import message_from_string
from uuid import uuid4

import frappe
import pytest
from frappe.model.dynamic_links import get_dynamic_link_map
from frappe.model.rename_doc import rename_doc
from frappe.utils import add_days, today

from stripe_service.patches import fill_link_parties
from tests.site.support.payables import make_doctype, make_payable
from tests.support import records
from tests.support.paying import pay_by_card
from tests.support.payment_links import SIGNATURE, UNKNOWN, Stranger, make_link, name_of, row_of
from tests.support.records import PASSWORD, unique
from tests.support.settings import settings

CALL = "stripe_service.api.pay_by_link"


@pytest.fixture
def token(world):
	return make_link(world.invoice)


@pytest.fixture
def stranger(world, token):
	return Stranger(token, world.url)


@pytest.fixture
def new_stranger(world):
	return lambda token: Stranger(token, world.url)


def payment_of(result):
	frappe.db.rollback()
	return frappe.get_doc("Invoice Payment", result["payment"])


def assert_nothing_was_charged(world, invoice=None):
	assert not [intent for intent in world.intents(invoice) if intent["status"] != "canceled"]
	assert world.reread(invoice).outstanding_amount == (invoice or world.invoice).total


# Making a link


def test_a_link_is_made_by_whoever_may_create_one_and_read_the_document(world, make_user):
	from stripe_service.api import payment_links

	administrator = make_user(roles=["Stripe Administrator"], unit=world.unit)
	elsewhere = make_user(roles=["Stripe Administrator"])
	with world.as_user(administrator):
		made = payment_links.make_link("Portal Invoice", world.invoice.name)
		frappe.db.commit()
	assert made["expires_on"] == made["default_expiry"]
	for user in (world.payer, elsewhere, "Guest"):
		with world.as_user(user):
			for call in (payment_links.get_link, payment_links.make_link, payment_links.revoke_link):
				with pytest.raises(frappe.PermissionError):
					call("Portal Invoice", world.invoice.name)
	assert row_of(made["url"].rpartition("/")[2]).made_by == administrator


def test_the_row_tells_its_readers_no_token(world, token):
	row = row_of(token)
	signature = token[-SIGNATURE:]
	assert re.fullmatch("[a-z0-9]{62}", token)
	assert signature not in frappe.as_json(row.as_dict())
	assert signature not in str(
		frappe.db.sql("select * from `tabStripe Payment Link` where name = %s", row.name)
	)


def test_links_of_another_units_invoice_are_not_listed(world, token, make_user):
	elsewhere = make_user(roles=["Stripe Administrator"], unit=records.make_unit())
	name = row_of(token).name
	with world.as_user(elsewhere):
		assert not frappe.get_list("Stripe Payment Link", filters={"name": name})
		assert not frappe.has_permission("Stripe Payment Link", doc=name)


def test_nobody_edits_a_link_or_writes_one_by_hand(world, token):
	row = row_of(token)
	row.expires_on = add_days(today(), 900)
	with pytest.raises(frappe.PermissionError):
		row.save()
	with pytest.raises(frappe.PermissionError):
		frappe.get_doc(
			doctype="Stripe Payment Link",
			reference_doctype="Portal Invoice",
			reference_name=world.invoice.name,
			expires_on=today(),
		).insert()


def test_a_new_link_revokes_the_one_before(world, new_stranger):
	first, second = make_link(world.invoice), make_link(world.invoice)
	assert row_of(first).revoked and not row_of(second).revoked
	assert refusal(new_stranger(first).open) == 410
	assert new_stranger(second).open()["invoice"]["name"] == world.invoice.name


def test_the_days_of_the_settings_and_a_day_of_ones_own(world):
	from stripe_service.api import payment_links

	with settings(payment_link_days=7):
		made = payment_links.make_link("Portal Invoice", world.invoice.name)
	assert str(made["expires_on"]) == add_days(today(), 7)
	made = payment_links.make_link("Portal Invoice", world.invoice.name, add_days(today(), 2))
	assert str(made["expires_on"]) == add_days(today(), 2)
	with pytest.raises(frappe.ValidationError, match="not past"):
		payment_links.make_link("Portal Invoice", world.invoice.name, add_days(today(), -1))


def test_a_document_with_a_link_can_be_deleted_and_takes_its_links_along(world, new_stranger):
	draft = world.make_invoice(state="Draft")
	token = make_link(draft)
	frappe.delete_doc("Portal Invoice", draft.name)
	frappe.db.commit()
	assert not frappe.db.exists("Stripe Payment Link", name_of(token))
	assert refusal(new_stranger(token).open) == 404


def test_a_renamed_document_keeps_its_link(world, token, stranger):
	frappe.get_meta("Portal Invoice").allow_rename = 1
	try:
		new_name = rename_doc("Portal Invoice", world.invoice.name, unique("PINV"), force=True)
	finally:
		frappe.clear_cache(doctype="Portal Invoice")
	frappe.db.commit()
	assert stranger.open()["invoice"]["name"] == new_name


# Whom it was made for


def test_a_new_link_is_made_for_the_party_that_is_billed_by_now(world, token, stranger, new_stranger):
	from stripe_service.api import payment_links

	close(world, token, "billed to another")
	assert payment_links.get_link("Portal Invoice", world.invoice.name)["url"] is None
	new = render(world.reread()).rpartition("/")[2]
	frappe.db.commit()
	assert new != token and new_stranger(new).open()["invoice"]["name"] == world.invoice.name
	frappe.db.set_value("Portal Invoice", world.invoice.name, "bill_to", world.invoice.bill_to)
	frappe.db.commit()
	assert refusal(new_stranger(new).open) == 410
	assert row_of(token).revoked and refusal(stranger.open) == 410


def test_of_a_document_that_bills_nobody_the_unit_says_whose_it_is(world, new_stranger):
	frappe.db.set_value("Portal Invoice", world.invoice.name, "bill_to", "")
	stranger = new_stranger(make_link(world.invoice))
	frappe.db.set_value("Portal Invoice", world.invoice.name, "bill_to", "Filled In Later")
	assert stranger.open()["invoice"]["name"] == world.invoice.name
	frappe.db.set_value("Portal Invoice", world.invoice.name, "organisation_unit", records.make_unit())
	assert refusal(stranger.open) == 410


def test_of_a_document_that_bills_a_party_the_unit_may_change(world, token, stranger):
	frappe.db.set_value("Portal Invoice", world.invoice.name, "organisation_unit", records.make_unit())
	assert stranger.open()["invoice"]["name"] == world.invoice.name


def test_links_of_before_are_for_whom_their_documents_bill_now(world, token, stranger):
	row = frappe.db.get_value("Stripe Payment Link Reference", {"parent": name_of(token)})
	frappe.db.set_value("Stripe Payment Link Reference", row, {"billed_to": None})
	for _run in range(2):
		fill_link_parties.execute()
	frappe.db.commit()
	assert stranger.open()
	close(world, token, "billed to another")
	fill_link_parties.execute()
	assert refusal(stranger.open) == 410


def test_a_party_and_a_document_that_are_renamed_are_the_same_as_before(
	site, make_payer, emulator_url, drain
):
	"""Of DocTypes that neither a link nor a payment named before: Frappe remembers which ones are named."""
	club = make_doctype([{"fieldname": "motto", "fieldtype": "Data"}], "All", allow_rename=1)
	fields = [
		{"fieldname": "member", "fieldtype": "Link", "options": club},
		{"fieldname": "fee", "fieldtype": "Currency"},
		{"fieldname": "money", "fieldtype": "Link", "options": "Currency"},
	]
	fee = make_doctype(fields, "Invoice Payers", allow_rename=1)
	make_payable(fee, party_fieldname="member", total_fieldname="fee", currency_fieldname="money")
	get_dynamic_link_map()
	frappe.local.dynamic_link_map = None
	old = frappe.get_doc(doctype=club).insert().name
	doc = frappe.get_doc(doctype=fee, member=old, fee=100, money="USD").insert()
	frappe.db.commit()
	stranger = Stranger(make_link(doc), emulator_url)
	assert pay_by_card(doc, "30.00", make_payer(), emulator_url)["outcome"] == "paid"
	drain()
	rename_doc(club, old, unique("Club"))
	new_name = rename_doc(fee, doc.name, unique("Fee"))
	frappe.db.commit()
	form = stranger.open()
	assert (form["invoice"]["name"], form["invoice"]["outstanding"]) == (new_name, "70.00")
	frappe.db.set_value(fee, new_name, "member", frappe.get_doc(doctype=club).insert().name)
	assert refusal(stranger.open) == 410


# Opening it


def refusal(call, *args) -> int:
	"""The HTTP status with which a call is refused."""
	with pytest.raises(frappe.ValidationError) as refused:
		call(*args)
	frappe.clear_messages()
	frappe.db.rollback()
	return refused.value.http_status_code


def test_a_stranger_sees_the_invoice_and_nothing_else(world, stranger):
	world.pay("30.00")  # by somebody whose name, card and payment are not the stranger's affair
	form = stranger.open()
	assert form["invoice"]["title"] == world.invoice.title
	assert form["invoice"]["outstanding"] == "70.00"
	assert [row["label"] for row in form["invoice"]["details"]] == ["Invoice from", "Due"]
	assert set(form["methods"]) == {"card"} and not form["methods"]["card"]["may_save"]
	assert form["saved"] == {"cards": [], "bank_accounts": []}
	told = frappe.as_json(form)
	payer = frappe.db.get_value("User", world.payer, ["email", "full_name", "last_name"])
	payment = frappe.db.get_value("Invoice Payment", {"reference_name": world.invoice.name}, "name")
	for secret in (*payer, payment, "100.00", "30.00", world.unit, "Emulator", "4242"):
		assert str(secret) not in told, secret


def test_a_payment_of_somebody_else_that_is_under_way_is_not_told_apart(world, stranger):
	world.pay("30.00", card="3ds_required")
	form = stranger.open()
	assert form["invoice"]["outstanding"] == form["amount"]["max"] == "70.00"
	assert form["under_way"] == [] and form["resume"] is None


def test_all_of_it_under_way_is_said(world, stranger):
	world.pay(card="3ds_required")
	form = stranger.open()
	assert form["amount"]["max_minor"] == 0
	assert "under way" in form["amount"]["reason"]
	assert "100" not in form["amount"]["reason"]


def test_visits_are_counted_not_looks(world, token, stranger):
	for _look in range(3):
		stranger.open()
	frappe.db.commit()
	row = row_of(token)
	assert row.opened == 1 and row.last_opened
	frappe.db.set_value("Stripe Payment Link", row.name, "last_opened", add_days(row.last_opened, -1))
	stranger.open()
	frappe.db.commit()
	assert row_of(token).opened == 2


def tampered(token: str) -> list[str]:
	name, signature = name_of(token), token[-SIGNATURE:]

	def other(letter: str) -> str:
		return "b" if letter == "a" else "a"

	return [
		name,
		signature,
		token[:-1],
		f"{token}a",
		name + other(signature[0]) + signature[1:],
		name + signature[:-1] + other(signature[-1]),
		name + signature[::-1],
		other(name[0]) + name[1:] + signature,
		f"{token} ",
		f" {token}",
		f"{token}=",
		token.upper(),
		name.upper() + signature,
		"",
		"-",
		"ü" * 62,
		UNKNOWN,
	]


def test_a_token_that_was_changed_opens_nothing(token, new_stranger):
	for wrong in tampered(token):
		stranger = new_stranger(wrong)
		stranger.request_id = str(uuid4())
		for call in (stranger.open, stranger.pay, stranger.status, stranger.finish, stranger.abandon):
			assert refusal(call) == 404, (wrong, call)


def test_the_signature_of_one_link_opens_no_other(world, token, new_stranger):
	other = make_link(world.make_invoice())
	mixed = name_of(other) + token[-SIGNATURE:]
	assert refusal(new_stranger(mixed).open) == 404


def test_another_sites_secret_makes_other_tokens(token, stranger, monkeypatch):
	monkeypatch.setattr("stripe_service.payments.links.get_encryption_key", lambda: "another site's key")
	assert refusal(stranger.open) == 404


CLOSED = {
	"revoked": (410, "withdrawn"),
	"expired": (410, "expired"),
	"switched off": (403, "switched off"),
	"cancelled": (410, "cancelled"),
	"draft": (503, "at the moment"),
	"billed to another": (410, "no longer part of this link"),
}


def close(world, token, how: str):
	from stripe_service.api import payment_links

	name = name_of(token)
	if how == "revoked":
		payment_links.revoke_link("Portal Invoice", world.invoice.name)
	elif how == "expired":
		frappe.db.set_value("Stripe Payment Link", name, "expires_on", add_days(today(), -1))
	elif how == "switched off":
		frappe.db.set_single_value("Stripe Service Settings", "payment_links_off", 1)
	elif how == "cancelled":
		records.move_to(world.reread(), "Cancelled")
	elif how == "draft":
		frappe.db.set_value("Portal Invoice", world.invoice.name, "workflow_state", "Draft")
	elif how == "billed to another":
		frappe.db.set_value("Portal Invoice", world.invoice.name, "bill_to", "Somebody Else")
	frappe.db.commit()
	frappe.clear_document_cache("Stripe Service Settings", "Stripe Service Settings")


@pytest.fixture
def links_on(site):
	yield
	frappe.db.rollback()
	frappe.db.set_single_value("Stripe Service Settings", "payment_links_off", 0)
	frappe.db.commit()
	frappe.clear_document_cache("Stripe Service Settings", "Stripe Service Settings")


@pytest.mark.parametrize("how", CLOSED)
def test_a_closed_link_takes_no_money(world, token, stranger, links_on, how):
	stranger.open()
	close(world, token, how)
	assert refusal(stranger.pay) == CLOSED[how][0]
	assert not frappe.db.exists("Invoice Payment", {"reference_name": world.invoice.name})
	assert not world.intents()


@pytest.mark.parametrize("how", CLOSED)
def test_a_link_that_closes_while_the_card_is_read_takes_no_money(
	world, token, stranger, links_on, monkeypatch, how
):
	"""After the first look at the link, and before the claim."""
	from stripe_service.api import pay_by_link

	read = pay_by_link.read_new_card

	def read_while_it_closes(*args):
		card = read(*args)
		with world.as_user("Administrator"):
			close(world, token, how)
		return card

	monkeypatch.setattr(pay_by_link, "read_new_card", read_while_it_closes)
	assert refusal(stranger.pay) == CLOSED[how][0]
	assert not frappe.db.exists("Invoice Payment", {"reference_name": world.invoice.name})


# Paying


def test_a_stranger_pays_and_the_invoice_is_paid(world, token, stranger):
	outcome = stranger.pay(email="jenny@example.com")
	assert outcome["outcome"] == "paid" and outcome["receipt_url"].startswith("http")
	assert outcome["outstanding_minor"] == 0 and "client_secret" not in outcome
	payment = payment_of(outcome)
	assert (payment.user, payment.payment_link) == ("Guest", name_of(token))
	assert not payment.stripe_customer and not payment.save_method
	(intent,) = world.intents()
	assert intent["receipt_email"] == "jenny@example.com" and not intent.get("customer")
	world.drain()
	invoice = world.reread()
	assert (invoice.workflow_state, invoice.outstanding_amount) == ("Paid", 0)
	assert stranger.open()["why_not"] == "There is nothing left to pay. Thank you."
	assert refusal(Stranger(token, world.url).pay) == 410, "an answer of 200 would be taken for a payment"


def test_the_work_item_is_done_by_nobody_in_particular(world, stranger):
	stranger.pay()
	world.drain()
	items = frappe.get_all(
		"Workflow Action",
		filters={"reference_name": world.invoice.name, "workflow_state": "To Be Paid"},
		fields=["status", "completed_by", "completed_by_role"],
	)
	assert items and {(item.status, item.completed_by, item.completed_by_role) for item in items} == {
		("Completed", None, None)
	}


def test_a_link_pays_in_parts_and_stays_open(world, token, stranger):
	first = stranger.pay("40.00")
	assert first["outcome"] == "paid" and first["outstanding"] == "60.00"
	world.drain()
	assert world.reread().workflow_state == "Partly Paid"
	second = Stranger(token, world.url)
	assert second.open()["amount"]["max"] == "60.00"
	assert refusal(second.pay, "60.01") == 417
	assert second.pay("60.00")["outcome"] == "paid"
	world.drain()
	assert world.reread().workflow_state == "Paid"
	assert world.received_minor() == 10000


def test_no_receipt_is_asked_for_where_nobody_wishes_one(world, stranger):
	stranger.pay()
	(intent,) = world.intents()
	assert not intent.get("receipt_email")


def test_no_receipt_is_sent_where_the_settings_say_so(world, stranger):
	with settings(email_receipts=0):
		assert not stranger.open()["asks_email"]
		stranger.pay(email="jenny@example.com")
	(intent,) = world.intents()
	assert not intent.get("receipt_email")


@pytest.mark.parametrize(
	"email", ["jenny", "a@example.com, b@example.com", "a@b@c", "x" * 250 + "@example.com"]
)
def test_an_address_that_is_none_is_refused_before_anything_is_charged(world, stranger, email):
	assert refusal(lambda: stranger.pay(email=email)) == 417
	assert not world.intents()


def test_a_logged_in_users_payment_by_a_link_is_the_links(world, token):
	"""They may see no invoice of this unit; what the link gives is the link's."""
	from stripe_service.api import pay_by_link
	from tests.support.paying import confirmation_token

	request_id = str(uuid4())
	other = world.make_payer()
	with world.as_user(other):
		outcome = pay_by_link.pay(token, confirmation_token(world.url, "visa"), request_id, "100.00")
	assert outcome["outcome"] == "paid" and payment_of(outcome).user == "Guest"


def test_the_same_press_charges_once(world, stranger):
	first = stranger.pay()
	again = stranger.pay(request_id=stranger.request_id)
	assert again["payment"] == first["payment"]
	assert world.received_minor() == 10000


@pytest.mark.parametrize("request_id", ["", "1", "x" * 31, "x" * 65, "a" * 31 + "\n", "%" * 36])
def test_a_request_id_that_could_be_guessed_is_refused(world, stranger, request_id):
	with pytest.raises(frappe.ValidationError):
		stranger.call("pay", "ctoken_any", request_id, "10.00")
	assert not world.intents()


def test_a_declined_card_says_so_and_another_one_pays(world, stranger):
	declined = stranger.pay(card="declined")
	assert declined["outcome"] == "failed" and declined["message"]
	assert "client_secret" not in declined and "decline_code" not in declined
	assert stranger.pay()["outcome"] == "paid"


# 3-D Secure


def test_3d_secure_is_finished_by_the_browser_that_began(world, stranger):
	outcome = stranger.pay(card="3ds_required")
	assert outcome["outcome"] == "action_required" and outcome["client_secret"]
	resumed = stranger.open()["resume"]
	assert resumed["payment"] == outcome["payment"] and resumed["client_secret"] == outcome["client_secret"]
	world.emulator.complete_3ds(payment_of(outcome).payment_intent_id)
	assert stranger.finish()["outcome"] == "paid"


def test_a_bank_that_needs_the_whole_window_sends_back_to_the_link(world, token, stranger):
	from stripe_service.payments.charge import confirm_params

	payment = payment_of(stranger.pay(card="3ds_required"))
	assert confirm_params(payment)["return_url"].endswith(f"/payment-link/{token}")


def test_another_browser_with_the_link_gets_nothing_of_the_payment(world, token, stranger, new_stranger):
	outcome = stranger.pay("60.00", card="3ds_required")
	other = new_stranger(token)
	other.request_id = str(uuid4())
	assert other.status() == {"payment": None, "status": "Not Started", "outcome": "not_started"}
	assert refusal(other.finish) == refusal(other.abandon) == 404
	form = other.open()
	assert form["resume"] is None and form["under_way"] == []
	told = frappe.as_json([form, other.status()])
	assert outcome["client_secret"] not in told and outcome["payment"] not in told
	# Nor does what the row keeps of the request open it.
	other.request_id = payment_of(outcome).request_id
	assert other.status()["status"] == "Not Started"
	assert payment_of(outcome).status == "Action Required"


def test_the_request_id_of_another_documents_payment_opens_nothing(world, stranger, new_stranger):
	outcome = stranger.pay(card="3ds_required")
	other = new_stranger(make_link(world.make_invoice()))
	other.request_id = stranger.request_id
	assert other.status()["status"] == "Not Started"
	assert refusal(other.finish) == refusal(other.abandon) == 404
	assert other.open()["resume"] is None
	assert payment_of(outcome).status == "Action Required"


def test_a_users_payment_is_not_reached_by_a_link(world, stranger):
	request_id = str(uuid4())
	outcome = world.pay("10.00", card="3ds_required", request_id=request_id)
	stranger.request_id = request_id
	assert stranger.status()["status"] == "Not Started"
	assert refusal(stranger.abandon) == 404
	assert payment_of(outcome).status == "Action Required"


def test_no_user_and_no_guest_has_a_payment_by_a_link_for_their_own(world, stranger, make_user):
	from stripe_service.api import pay as pay_api

	payment = stranger.pay(card="3ds_required")["payment"]
	reader = make_user(roles=["Stripe Reader"])
	for user in (world.payer, reader, "Guest"):
		with world.as_user(user):
			for call in (pay_api.finish, pay_api.abandon):
				if user != "Guest":  # who can't call these at all
					with pytest.raises(frappe.PermissionError):
						call(payment)
			if user != "Guest":
				assert "client_secret" not in pay_api.payment_status(payment)
			else:
				assert not frappe.has_permission("Invoice Payment", doc=payment)
	assert payment_of({"payment": payment}).status == "Action Required"


def test_guests_who_may_read_payments_see_none_of_the_links(world, stranger):
	"""Even where an administrator gave Guest the right to read payments: a guest is nobody in particular."""
	from stripe_service.access import permissions

	payment = payment_of(stranger.pay())
	assert permissions.check_payment(payment, "read", "Guest") is False
	assert not frappe.db.sql(
		f"select name from `tabInvoice Payment` where name = %s and {permissions.query_of_payment('Guest')}",
		payment.name,
	)


@pytest.mark.parametrize("how", ["revoked", "expired", "switched off", "billed to another"])
def test_a_payment_that_was_begun_is_finished_after_the_link_was_closed(
	world, token, stranger, links_on, how
):
	outcome = stranger.pay(card="3ds_required")
	close(world, token, how)
	assert refusal(stranger.open) in (403, 410)
	world.emulator.complete_3ds(payment_of(outcome).payment_intent_id)
	result = stranger.finish()
	assert result["outcome"] == "paid"
	assert ("outstanding" in result) is (how != "billed to another"), "what another party owes is theirs"


def test_a_payment_that_was_begun_can_be_given_up(world, stranger):
	stranger.pay("60.00", card="3ds_required")
	assert stranger.abandon()["outcome"] == "cancelled"
	assert stranger.open()["amount"]["max"] == "100.00"


# Limits


def test_declined_cards_pause_the_link_and_the_document_and_nobody_elses_links(
	world, token, stranger, new_stranger
):
	with settings(declines_per_hour=2):
		for _try in range(2):
			assert stranger.pay("10.00", card="declined")["outcome"] == "failed"
		assert refusal(stranger.pay, "10.00") == 429
		assert refusal(new_stranger(make_link(world.invoice)).pay, "10.00") == 429
		other = world.make_invoice()
		assert new_stranger(make_link(other)).pay()["outcome"] == "paid"
	assert frappe.db.exists(
		"Stripe Notice",
		{"reference_doctype": "Stripe Payment Link", "reference_name": name_of(token)},
	)


def test_pay_is_limited_for_each_link(world, token, stranger, new_stranger, monkeypatch):
	monkeypatch.setattr("stripe_service.payments.links.ATTEMPTS_PER_HOUR", 3)
	for _try in range(3):
		stranger.pay("10.00", card="declined")
	assert refusal(new_stranger(token).pay, "10.00") == 429
	assert new_stranger(make_link(world.make_invoice())).pay()["outcome"] == "paid"


def test_an_address_is_limited(http, token):
	from stripe_service.api.pay_by_link import PAYMENTS_PER_ADDRESS

	guest = http.guest()
	guest.session.headers["X-Forwarded-For"] = unique("address")
	arguments = {
		"token": token,
		"confirmation_token": "ctoken_none",
		"request_id": str(uuid4()),
		"amount": "no",
	}
	for _press in range(PAYMENTS_PER_ADDRESS):
		assert guest.call(f"{CALL}.pay", **arguments).status_code == 417
	assert guest.call(f"{CALL}.pay", **arguments).status_code == 429


# The page, over HTTP


class Page:
	def __init__(self, answer):
		self.status = answer.status_code
		self.text = re.sub(r"\s+", " ", answer.text)
		self.headers = answer.headers


@pytest.fixture
def page(http):
	def open_page(token, client=None):
		client = client or http.guest()
		client.session.headers["Accept"] = "text/html"
		return Page(client.get(f"/payment-link/{token}"))

	return open_page


def test_the_page_of_a_good_link(world, token, page):
	shown = page(token)
	assert shown.status == 200 and token in shown.text
	assert shown.headers["Cache-Control"] == "no-store, private"
	assert shown.headers["Referrer-Policy"] == "strict-origin"
	assert "noindex" in shown.headers["X-Robots-Tag"]
	assert row_of(token).opened == 0, "looking at the page, as mail programs do, is no visit"


@pytest.mark.parametrize("how", CLOSED)
def test_the_page_of_a_closed_link_says_why(world, token, page, links_on, how):
	close(world, token, how)
	status, words = CLOSED[how]
	shown = page(token)
	assert (shown.status, words in shown.text) == (status, True)
	if how in ("revoked", "expired", "switched off", "billed to another"):
		assert world.invoice.title not in shown.text and world.invoice.name not in shown.text


def test_the_page_of_a_paid_invoice(world, token, stranger, page):
	stranger.pay()
	world.drain()
	shown = page(token)
	assert shown.status == 200 and "This invoice is paid" in shown.text
	assert "Guest" not in shown.text and "4242" not in shown.text


def test_all_tokens_that_are_none_get_the_same_answer(token, page):
	def answer(wrong):
		shown = page(wrong)
		return shown.status, re.search(r'<section class="stripe-link-closed.*?</section>', shown.text).group()

	answers = {answer(wrong) for wrong in (UNKNOWN, token[:-1], name_of(token), "x", "%20", "<b>")}
	assert len(answers) == 1 and answers.pop()[0] == 404


def test_the_page_shows_a_title_as_text(world, page):
	token = make_link(world.invoice)
	records.move_to(world.reread(), "Cancelled")
	# Past Frappe's sanitising, as an import of SQL would.
	frappe.db.set_value("Portal Invoice", world.invoice.name, "title", "<img src=x onerror=alert(1)>")
	frappe.db.commit()
	shown = page(token)
	assert "<img src=x" not in shown.text and "&lt;img src=x" in shown.text


def test_the_calls_are_for_post_alone_and_need_no_csrf_token_of_a_guest(http, token):
	guest = http.guest()
	for method in ("open_form", "pay", "payment_status", "finish", "abandon"):
		assert guest.get(f"/api/method/{CALL}.{method}", token=token).status_code == 403
	answer = guest.call(f"{CALL}.open_form", token=token)
	assert answer.status_code == 200 and answer.json()["message"]["invoice"]["outstanding"] == "100.00"


def test_statuses_of_the_calls(http, token, world):
	guest = http.guest()
	assert guest.call(f"{CALL}.open_form", token=UNKNOWN).status_code == 404
	close(world, token, "revoked")
	answer = guest.call(f"{CALL}.open_form", token=token)
	assert answer.status_code == 410 and "Ask whoever sent it" in answer.text
	assert world.invoice.name not in answer.text


def test_a_site_without_keys_names_nobody_to_a_stranger(world, stranger, make_user):
	make_user(roles=["Stripe Administrator"])
	frappe.db.set_value("Stripe Account", "Emulator", "status", "Not Connected")
	try:
		form = stranger.open()
	finally:
		frappe.db.set_value("Stripe Account", "Emulator", "status", "Connected")
		frappe.db.commit()
	assert form["loading_error"] == {
		"message": "Try again later, or ask whoever sent you the link.",
		"link": None,
	}
	assert form["stripe"] is None and form["amount"] is None


# Templates


def render(doc, text="{{ stripe_payment_link(doc) }}"):
	return frappe.render_template(text, {"doc": doc})


def test_a_template_gets_the_open_link_and_makes_one_where_there_is_none(world, page):
	made = render(world.invoice)
	frappe.db.commit()
	assert render(world.invoice) == made
	assert made.partition("/payment-link/")[2]
	assert page(made.rpartition("/")[2]).status == 200


def test_who_fills_in_a_template_gets_what_they_may(world, make_user):
	with world.as_user(world.payer):
		assert render(world.invoice) == "", "a payer makes no link"
	token = make_link(world.invoice)
	outsider = make_user(roles=["Stripe Administrator", "Stripe Payer"])
	for user, seen in ((world.payer, True), (outsider, False), ("Guest", False)):
		with world.as_user(user):
			assert (token in render(world.invoice)) is seen
			# A template that its reader wrote, about a document that they only name.
			assert (token in render({"doctype": "Portal Invoice", "name": world.invoice.name})) is seen


@pytest.mark.parametrize(
	"doc",
	[
		None,
		"text",
		{},
		{"doctype": "User", "name": "Administrator"},
		{"doctype": "Portal Invoice", "name": "none"},
	],
)
def test_a_template_never_fails_for_want_of_a_link(site, doc):
	assert render(doc, "{{ stripe_payment_link(doc) }}{{ stripe_payment_qr(doc) }}") == ""


def test_no_link_is_made_for_a_cancelled_document_or_where_links_are_off(world, links_on):
	with settings(payment_links_off=1):
		assert render(world.invoice) == ""
	assert render(world.make_invoice(state="Cancelled")) == ""


def test_the_qr_code_is_the_link(world):
	import segno

	shown = render(world.invoice, "{{ stripe_payment_qr(doc) }}")
	address = render(world.invoice)
	expected = segno.make(address, error="m", micro=False).svg_inline(
		scale=3, border=4, dark="#000", light="#fff"
	)
	drawn = re.search(r' d="(M[^"]+)"', shown).group(1)
	assert shown.startswith("<svg") and drawn in expected
	assert address not in shown


def test_a_print_view_makes_a_link_that_works(world, http, page, make_user):
	"""A GET, at the end of which Frappe rolls back."""
	name = unique("Invoice with a link")
	frappe.get_doc(
		doctype="Print Format",
		name=name,
		doc_type="Portal Invoice",
		print_format_type="Jinja",
		custom_format=1,
		standard="No",
		html='<p class="way">{{ stripe_payment_link(doc) }}</p>{{ stripe_payment_qr(doc) }}',
	).insert()
	frappe.db.commit()
	administrator = make_user(roles=["Stripe Administrator"], unit=world.unit, password=PASSWORD)
	shown = http.login(administrator, PASSWORD).get(
		"/printview", doctype="Portal Invoice", name=world.invoice.name, format=name
	)
	token = re.search(r"/payment-link/(\w+)", shown.text).group(1)
	assert "<svg" in shown.text
	assert page(token).status == 200


def test_a_notification_bears_the_link(world, page):
	records.make_outgoing_account()
	notification = frappe.get_doc(
		doctype="Notification",
		name=unique("Please pay"),
		subject="Please pay {{ doc.name }}",
		document_type="Portal Invoice",
		event="Value Change",
		value_changed="remarks",
		channel="Email",
		enabled=1,
		recipients=[{"receiver_by_document_field": "bill_to_email"}],
		message="<p>{{ stripe_payment_link(doc) }}</p>",
	).insert()
	frappe.db.commit()
	try:
		invoice = world.reread()
		invoice.remarks = "Please pay"
		invoice.save()
		frappe.db.commit()
	finally:
		frappe.delete_doc("Notification", notification.name, force=True)
		frappe.db.commit()
	mail = frappe.get_last_doc("Email Queue", filters={"reference_name": world.invoice.name})
	bodies = [part.get_payload(decode=True) for part in message_from_string(mail.message).walk()]
	token = re.search(rb"/payment-link/(\w+)", b"".join(filter(None, bodies))).group(1).decode()
	assert page(token).status == 200
