"""Nothing that is only shown stops money: too long, missing, huge or nonsense, the payment is recorded all the same."""

from copy import deepcopy

import frappe
import pytest
from frappe.custom.doctype.custom_field.custom_field import create_custom_field
from frappe.utils import cint

from stripe_service.gateway import disputes
from stripe_service.payments import settle
from stripe_service.payments.record import IntentSnapshot
from stripe_service.utils.fitting import ELLIPSIS, fit
from tests.support.accounts import ACCOUNT
from tests.support.records import unique

LONG = "x" * 5000


def payment_of(outcome):
	frappe.db.rollback()
	return frappe.get_doc("Invoice Payment", outcome["payment"])


def read_as(payment, intent: dict, summed=disputes.NONE) -> bool:
	"""Let Stripe have answered `intent` to a reading of the payment as it is now."""
	return settle.apply(payment.name, IntentSnapshot(intent, cint(payment.sync_version), summed))


@pytest.fixture
def waiting(world):
	"""(payment that waits for 3-D Secure, the PaymentIntent as Stripe has it once it was paid)"""
	payment = payment_of(world.pay(card="3ds_required"))
	world.emulator.complete_3ds(payment.payment_intent_id)
	intent = settle.gateway_for(ACCOUNT).call(
		"payment_intents.retrieve", payment.payment_intent_id, params={"expand": settle.EXPAND}
	)
	assert intent["latest_charge"]["id"]
	return payment, intent


def assert_recorded(payment, received=10000):
	frappe.db.rollback()
	payment = frappe.get_doc("Invoice Payment", payment.name)
	assert (payment.status, payment.received_minor, payment.settled_minor) == (
		"Succeeded",
		received,
		received,
	)
	return payment


def test_a_receipt_as_long_as_stripes_goes_all_the_way(world):
	outcome = world.pay()
	assert outcome["outcome"] == "paid"
	assert len(outcome["receipt_url"]) > 140
	assert payment_of(outcome).receipt_url == outcome["receipt_url"]
	world.drain()
	assert world.reread().workflow_state == "Paid"


def set_path(intent: dict, path: str, value) -> None:
	*above, last = path.split(".")
	for part in above:
		intent = intent[part]
	intent[last] = value


@pytest.mark.parametrize(
	"path, value",
	[
		("latest_charge.receipt_url", "https://pay.stripe.com/receipts/" + LONG),
		("latest_charge.receipt_url", ["not", "an", "address"]),
		("latest_charge.id", "ch_" + LONG),
		("latest_charge.created", 10**30),
		("latest_charge.created", None),
		("latest_charge.payment_method_details.card.brand", LONG),
		("latest_charge.payment_method_details.card.brand", {"new": "shape"}),
		("latest_charge.payment_method_details.card.last4", LONG),
		("latest_charge.payment_method_details", ["a", "list"]),
		("latest_charge.payment_method_details", None),
		("latest_charge.balance_transaction", {}),
		(
			"latest_charge.balance_transaction",
			{"id": "txn_1", "currency": "xts", "fee": 1, "net": 2, "created": 1},
		),
		(
			"latest_charge.balance_transaction",
			{"id": "txn_1", "currency": "usd", "fee": 10**40, "net": 10**40},
		),
		("latest_charge.balance_transaction", {"id": LONG, "currency": None, "fee": "free", "net": None}),
		("latest_charge.payment_method_details.card.brand", "lone surrogate \ud83d"),
		("latest_charge.payment_method_details.card.brand", "<script>alert(1)</script>" * 50),
		("last_payment_error", {"code": LONG, "decline_code": LONG, "message": LONG * 100}),
	],
	ids=lambda value: str(value)[:40],
)
def test_whatever_stripe_says_beside_the_money_the_money_is_recorded(waiting, path, value):
	payment, intent = waiting
	intent = deepcopy(intent)
	set_path(intent, path, value)
	assert read_as(payment, intent)
	assert_recorded(payment)


@pytest.mark.parametrize(
	"dispute",
	[
		{"id": "du_" + LONG, "reason": LONG, "status": LONG},
		{"id": "du_1", "reason": None, "evidence_details": {"due_by": 0}},
		{"id": "du_1", "reason": "new", "evidence_details": {"due_by": 10**18}},
		{"id": "du_1", "reason": ["list"], "evidence_details": None},
	],
	ids=["long", "no date", "a far date", "shapes"],
)
def test_whatever_stripe_says_of_a_dispute_what_it_withholds_is_recorded(waiting, dispute):
	payment, intent = waiting
	dispute = {"amount": 4000, "currency": "usd", "status": "needs_response", "created": 1, **dispute}
	summed = disputes.summed([dispute], 10000, "usd")
	assert read_as(payment, intent, summed)
	frappe.db.rollback()
	payment.reload()
	assert (payment.status, payment.disputed_minor, payment.settled_minor) == ("Disputed", 4000, 6000)
	assert payment.dispute_due_by is None or payment.dispute_due_by.year > 2000


def test_what_is_cut_or_left_out_is_so_visibly(waiting):
	payment, intent = waiting
	card = intent["latest_charge"]["payment_method_details"]["card"]
	card["brand"] = LONG
	intent["latest_charge"]["balance_transaction"] = {
		"id": "txn_2", "currency": "xts", "fee": 1, "net": 2, "created": intent["created"],
	}  # fmt: skip
	read_as(payment, intent)
	payment = assert_recorded(payment)
	assert payment.brand.endswith(ELLIPSIS)
	assert len(payment.brand) == 255
	assert (payment.fee_currency, payment.stripe_fee, payment.balance_transaction_id) == (None, 0, "txn_2")
	assert frappe.get_all("Error Log", {"method": ("like", "%stripe_fee left out: no Currency record XTS%")})


def test_amounts_beyond_32_bits_are_kept_to_the_minor_unit(waiting):
	"""IDR has two decimals at Stripe, and up to twelve digits: 9,999,999,999.99 rupiah."""
	payment, intent = waiting
	most = 999_999_999_999
	intent["amount_received"] = most
	intent["latest_charge"]["amount_refunded"] = 1
	assert read_as(payment, intent)
	frappe.db.rollback()
	payment.reload()
	assert (payment.received_minor, payment.settled_minor, payment.refunded_minor) == (most, most - 1, 1)
	(row,) = payment.references
	assert (row.received_minor, row.settled_minor, row.refunded_minor) == (most, most - 1, 1)
	frappe.db.set_value(row.doctype, row.name, {"booked_minor": most, "event_minor": most})
	frappe.db.rollback()


def test_every_field_of_every_doctype_that_stripe_fills_takes_any_value(site):
	"""By the meta, so that a field that is added later is tried as well."""
	for doctype in ("Invoice Payment", "Stripe Customer", "Saved Card", "Stripe Bank Account", "Stripe Account",
		"Stripe Event", "Stripe Reconciliation Finding"):  # fmt: skip
		row = frappe.new_doc(doctype)
		for field in frappe.get_meta(doctype).fields:
			if not row.meta.has_field(field.fieldname) or field.fieldname not in row.meta.get_valid_columns():
				continue
			if field.fieldtype == "Password":
				continue
			for value in (LONG * 20, "😀" * 70_000, "<b>" + LONG, 10**25, -(10**25), 0, True, None, ["list"]):
				values = fit(doctype, {field.fieldname: value})
				_write_and_take_back(doctype, values)


def test_a_link_to_what_does_not_exist_and_a_value_that_is_no_option_are_left_out(site):
	given = {
		"saved_card": "pm_gone",
		"fee_currency": "XTS",
		"currency": "USD",
		"user": "Administrator",
		"method_type": "carrier_pigeon",
		"reference_doctype": "Portal Invoice",
		"reference_name": "PINV-gone",
	}
	kept = fit("Invoice Payment", given)
	assert kept == {"currency": "USD", "user": "Administrator", "reference_doctype": "Portal Invoice"}
	assert fit("Stripe Customer", {"email": "no address"}) == {}
	assert fit("Stripe Customer", {"email": "payer@example.com"}) == {"email": "payer@example.com"}


def _write_and_take_back(doctype: str, values: dict) -> None:
	"""The database, in strict mode, takes what `fit` leaves."""
	row = frappe.new_doc(doctype)
	row.name = unique("fit")
	frappe.db.savepoint("fitting")
	frappe.qb.into(frappe.qb.DocType(doctype)).columns("name").insert(row.name).run()
	if values:
		frappe.db.set_value(doctype, row.name, values)
	frappe.db.rollback(save_point="fitting")


def test_no_field_that_holds_minor_units_is_narrower_than_a_bigint(site):
	for field in frappe.get_meta("Invoice Payment").fields:
		if field.fieldname.endswith("_minor"):
			column = frappe.db.sql(
				"show columns from `tabInvoice Payment` where field = %s", field.fieldname, as_dict=True
			)[0]
			assert column["Type"].startswith("bigint"), field.fieldname


# a site on which something else is broken


def test_people_units_and_documents_that_are_gone_stop_nothing(waiting, world):
	payment, intent = waiting
	for doctype, name in (
		("Organisation Unit", payment.organisation_unit),
		("Portal Invoice", payment.reference_name),
	):
		frappe.db.delete(doctype, {"name": name})
	frappe.db.set_value("Invoice Payment", payment.name, "user", "nobody@example.com", update_modified=False)
	frappe.db.commit()
	assert read_as(payment, intent)
	assert_recorded(payment)


def test_a_field_that_somebody_made_mandatory_stops_nothing(world):
	field = create_custom_field(
		"Invoice Payment",
		{"fieldname": "cost_centre_code", "label": "Cost Centre Code", "fieldtype": "Data", "reqd": 1},
	)
	frappe.db.commit()
	try:
		assert world.pay()["outcome"] == "paid"
	finally:
		frappe.delete_doc("Custom Field", field.name, force=True)
		frappe.db.commit()
		frappe.clear_cache(doctype="Invoice Payment")


@pytest.mark.parametrize("event", ["Before Validate", "Before Save", "After Save", "Before Insert"])
def test_a_server_script_on_payments_that_fails_stops_no_payment_that_was_claimed(waiting, event):
	payment, intent = waiting
	script = frappe.get_doc(
		doctype="Server Script",
		name=unique("script"),
		script_type="DocType Event",
		reference_doctype="Invoice Payment",
		doctype_event=event,
		script="frappe.throw('not today')",
	).insert()
	frappe.db.commit()
	try:
		read_as(payment, intent)
		assert_recorded(payment)
	finally:
		script.delete()
		frappe.db.commit()


def test_a_document_that_can_not_be_updated_does_not_hold_its_money(waiting, trigger):
	payment, intent = waiting
	trigger("before update on `tabPortal Invoice`", "signal sqlstate '45000' set message_text = 'not today'")
	read_as(payment, intent)
	assert_recorded(payment)


def test_a_column_that_refuses_what_is_shown_does_not_hold_the_money(waiting, trigger):
	payment, intent = waiting
	trigger(
		"before update on `tabInvoice Payment`",
		"if not (new.receipt_url <=> old.receipt_url) then"
		" signal sqlstate '45000' set message_text = 'not today'; end if",
	)
	read_as(payment, intent)
	assert not assert_recorded(payment).receipt_url


def test_hooks_notifications_and_versions_still_hear_of_a_payment(world):
	"""The money is written past the save, and what a save sets off follows it."""
	heard = unique("heard")
	script = frappe.get_doc(
		doctype="Server Script",
		name=unique("script"),
		script_type="DocType Event",
		reference_doctype="Invoice Payment",
		doctype_event="After Save",
		script=f"""
before = doc.get_doc_before_save()
if doc.status == "Succeeded" and before.status != doc.status:
	frappe.get_doc(doctype="Comment", comment_type="Info", content="{heard}",
		reference_doctype=doc.doctype, reference_name=doc.name).insert(ignore_permissions=True)
""",
	).insert()
	frappe.db.commit()
	try:
		outcome = world.pay()
	finally:
		script.delete()
		frappe.db.commit()
	assert frappe.db.count("Comment", {"reference_name": outcome["payment"], "content": heard}) == 1
	versions = frappe.get_all(
		"Version", {"ref_doctype": "Invoice Payment", "docname": outcome["payment"]}, pluck="data"
	)
	assert any('"Succeeded"' in data for data in versions)


def test_a_title_longer_than_a_line_is_cut_at_the_claim(world):
	row = frappe.get_doc("Payable DocType", "Portal Invoice")
	before = row.title_fieldname
	frappe.db.set_value("Payable DocType", row.name, "title_fieldname", "remarks")
	invoice = world.make_invoice(total="10.00")
	frappe.db.set_value("Portal Invoice", invoice.name, "remarks", "Rent of the hall, " * 100)
	frappe.db.commit()
	frappe.clear_cache()
	try:
		outcome = world.pay("10.00", invoice=invoice)
	finally:
		frappe.db.set_value("Payable DocType", row.name, "title_fieldname", before)
		frappe.db.commit()
		frappe.clear_cache()
	assert outcome["outcome"] == "paid"
	title = payment_of(outcome).reference_title
	assert title.startswith("Rent of the hall") and title.endswith(ELLIPSIS) and len(title) == 140
