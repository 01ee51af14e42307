"""Portal Invoice: its amounts, what may still be changed, and 500 of them brought in and sent for payment."""

import csv
import io
import json
from pathlib import Path

import frappe
import pytest
from frappe.model.workflow import apply_workflow

from tests.site.support.importing import import_csv
from tests.support.paying import pay_by_card
from tests.support.records import PAYER_ROLES, enable_currency

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "portal-invoice-import.csv"


def items(*lines) -> list[dict]:
	return [{"description": "Something", "quantity": quantity, "rate": rate} for quantity, rate in lines]


@pytest.mark.parametrize(
	("currency", "lines", "amounts", "total"),
	[
		("USD", [(3, "19.99"), (1, "0.03")], [59.97, 0.03], 60.00),
		("USD", [(1.005, "100")], [100.5], 100.5),
		("USD", [(3, "0.335")], [1.01], 1.01),  # 1.005, half up
		("USD", [(0.1, "0.1"), (0.2, "0.1")], [0.01, 0.02], 0.03),
		("JPY", [(1.5, "333")], [500], 500),  # 499.5, half up
		("KWD", [(1, "1.2345")], [1.235], 1.235),
		("USD", [(1, "100"), (-1, "25")], [100, -25], 75),
	],
)
def test_the_total_is_exact_in_the_currency(make_invoice, currency, lines, amounts, total):
	invoice = make_invoice(currency=currency, items=items(*lines), state="Draft")
	assert [item.amount for item in invoice.items] == amounts
	assert (invoice.total, invoice.outstanding_amount, invoice.paid_amount) == (total, total, 0)


def test_a_negative_total_is_refused(make_invoice):
	with pytest.raises(frappe.NonNegativeError, match="negative"):
		make_invoice(items=items((1, "10"), (1, "-11")), state="Draft")


def test_an_amount_that_was_sent_along_is_computed_anew(make_invoice):
	invoice = make_invoice(
		items=items((1, "10")), state="Draft", total=1, outstanding_amount=1, paid_amount=9
	)
	assert (invoice.total, invoice.outstanding_amount, invoice.paid_amount) == (10, 10, 0)


def test_an_edited_total_changes_what_is_outstanding(site, make_invoice, make_payer, emulator_url, drain):
	invoice = make_invoice(total="100.00")
	pay_by_card(invoice, "40.00", make_payer(unit=invoice.organisation_unit), emulator_url)
	drain()

	invoice.reload().items[0].rate = 150
	invoice.save()
	assert (invoice.total, invoice.paid_amount, invoice.outstanding_amount) == (150, 40, 110)


def test_the_currency_stays_once_there_is_a_payment(site, make_invoice, make_payer, emulator_url, drain):
	invoice = make_invoice(total="100.00")
	pay_by_card(invoice, "40.00", make_payer(unit=invoice.organisation_unit), emulator_url)
	drain()

	enable_currency("EUR")
	invoice.reload().currency = "EUR"
	with pytest.raises(frappe.ValidationError, match="currency cannot change"):
		invoice.save()


def test_the_currency_changes_while_there_is_none(make_invoice):
	invoice = make_invoice(total="100.00")
	enable_currency("EUR")
	invoice.currency = "EUR"
	invoice.save()
	assert invoice.items[0].currency == "EUR"


def test_an_invoice_with_payments_is_not_deleted(site, make_invoice, make_payer, emulator_url, drain):
	invoice = make_invoice(total="100.00")
	pay_by_card(invoice, "100.00", make_payer(unit=invoice.organisation_unit), emulator_url)
	drain()
	with pytest.raises(frappe.LinkExistsError, match="has payments"):
		frappe.delete_doc("Portal Invoice", invoice.name)


def test_an_invoice_without_payments_is_deleted_with_its_work_items(make_invoice):
	invoice = make_invoice()
	frappe.delete_doc("Portal Invoice", invoice.name)
	assert not frappe.db.exists("Workflow Action", {"reference_name": invoice.name})


def test_a_cancelled_invoice_is_not_paid(make_invoice, make_payer):
	from stripe_service.access.pay import why_not_pay

	invoice = apply_workflow(make_invoice(), "Cancel")
	assert "cancelled" in why_not_pay(invoice, make_payer(unit=invoice.organisation_unit))


@pytest.fixture
def clerk(make_user, make_unit):
	return make_user(roles=["Stripe Administrator"], unit="/dev-v51")


def test_the_example_of_the_docs_is_imported_as_drafts(clerk, as_user, make_unit):
	for path in ("/dev-v51/Branch A", "/dev-v51/Branch B"):
		make_unit(path)
	enable_currency("EUR")
	with as_user(clerk):
		done = import_csv("Portal Invoice", EXAMPLE.read_text())
	assert done.status == "Success"
	first, second, third = imported(done)
	assert [(item.description, item.amount) for item in first.items] == [
		("Server", 80),
		("Support by telephone", 90),
	]
	assert [invoice.total for invoice in (first, second, third)] == [170, 40, 1299]
	assert {invoice.workflow_state for invoice in (first, second, third)} == {"Draft"}


def imported(data_import) -> list:
	names = frappe.get_all(
		"Data Import Log",
		filters={"data_import": data_import.name, "success": 1},
		pluck="docname",
		order_by="log_index",
	)
	return [frappe.get_doc("Portal Invoice", name) for name in names]


def test_500_imported_invoices_are_sent_for_payment_in_bulk_and_one_is_paid(
	site, clerk, as_user, make_unit, make_payer, faker, emulator_url, drain
):
	unit = make_unit()
	with as_user(clerk):
		done = import_csv("Portal Invoice", table_of(500, unit, faker))
	assert done.status == "Success"
	invoices = imported(done)
	assert len(invoices) == 500
	assert {invoice.workflow_state for invoice in invoices} == {"Draft"}

	with as_user(clerk):
		frappe.call(
			"frappe.model.workflow.bulk_workflow_approval",
			docnames=json.dumps([invoice.name for invoice in invoices]),
			doctype="Portal Invoice",
			action="Send for Payment",
		)
	drain()

	filters = {"organisation_unit": unit, "workflow_state": "To Be Paid"}
	assert frappe.db.count("Portal Invoice", filters) == 500
	payer = make_payer(unit=unit)
	with as_user(payer):
		waiting = frappe.get_list(
			"Workflow Action", filters={"status": "Open"}, pluck="name", limit_page_length=0
		)
	assert len(waiting) == 500

	chosen = invoices[250].reload()
	pay_by_card(chosen, f"{chosen.outstanding_amount:.2f}", payer, emulator_url)
	drain()
	assert chosen.reload().workflow_state == "Paid"


def table_of(count: int, unit: str, faker) -> str:
	"""As many invoices as a CSV with the columns of the example."""
	header = next(csv.reader(io.StringIO(EXAMPLE.read_text())))
	text = io.StringIO()
	writer = csv.DictWriter(text, header)
	writer.writeheader()
	for number in range(count):
		writer.writerow(
			{
				"Title": faker.catch_phrase(),
				"Bill To": faker.company(),
				"Bill To Email": faker.company_email(),
				"Organisation Unit": unit,
				"Invoice Number": f"{number:06}",
				"Posting Date": "2026-03-31",
				"Due Date": "2026-04-30",
				"Currency": "USD",
				"Description (Items)": faker.bs(),
				"Quantity (Items)": faker.random_int(1, 9),
				"Rate (Items)": faker.pydecimal(left_digits=3, right_digits=2, positive=True, min_value=1),
			}
		)
	return text.getvalue()


def test_payers_import_nothing(make_payer, as_user, make_unit):
	unit = make_unit()
	with as_user(make_payer(unit=unit, roles=PAYER_ROLES)):
		assert not frappe.has_permission("Portal Invoice", "import")
		assert not frappe.has_permission("Portal Invoice", "create")
