"""What opening the form costs, and what the app costs those who do not pay: counted in queries, never in seconds."""

import frappe

from stripe_service.api import pay as pay_api
from tests.support.several import documents
from tests.support.site import counted_queries, fresh_request


def queries_of_opening(world) -> int:
	with world.as_user(world.payer):
		pay_api.open_form("Portal Invoice", world.invoice.name)
		fresh_request()
		with counted_queries() as queries:
			pay_api.open_form("Portal Invoice", world.invoice.name)
	return len(queries)


def test_opening_the_form_costs_no_more_than_loading_two_documents(world):
	from frappe.desk.form.load import getdoc

	opening = queries_of_opening(world)
	with world.as_user(world.payer):
		fresh_request()
		with counted_queries() as queries:
			getdoc("Portal Invoice", world.invoice.name)
	assert opening <= 2 * len(queries), (opening, len(queries))


def test_the_form_costs_the_same_however_many_payments_there_are(world):
	before = queries_of_opening(world)
	for _ in range(3):
		world.pay("5.00")
	assert queries_of_opening(world) == before


def test_the_form_costs_the_same_however_many_invoices_there_are(world):
	before = queries_of_opening(world)
	for _ in range(12):
		world.make_invoice()
	assert queries_of_opening(world) == before


def test_the_payments_of_a_document_are_summed_by_index(world):
	plan = frappe.db.sql(
		"""explain select sum(settled_minor) from `tabInvoice Payment Reference`
		where reference_doctype = %s and reference_name = %s""",
		("Portal Invoice", world.invoice.name),
		as_dict=True,
	)
	assert plan[0].key == "balance_of_document", plan


def test_saving_what_nobody_made_payable_costs_no_query_of_ours(site):
	note = frappe.get_doc(doctype="ToDo", description="nothing to pay").insert()
	fresh_request()
	with counted_queries() as queries:
		note.description = "still nothing"
		note.save()
	ours = [
		query for query in queries if "Stripe" in query or "Payable" in query or "Invoice Payment" in query
	]
	assert ours == []


def test_a_straight_payment_by_saved_card_makes_two_writing_calls_and_no_reading_one(world):
	world.pay("40.00", save=1)
	card = frappe.db.get_value("Saved Card", {"user": world.payer, "status": "Active"})
	world.emulator.clear_requests()
	assert world.pay("60.00", saved_method=card)["outcome"] == "paid"
	made = [(call["method"], call["path"].split("/")[-1]) for call in world.emulator.requests(path="/v1/*")]
	assert [method for method, _path in made] == ["POST", "POST"], made


def queries_of_paying(world, count: int) -> list[str]:
	"""What `count` invoices cost by one payment, from pressing Pay to the answer: by `pay` where it is one."""
	invoices = [world.make_invoice(total="10.00") for _number in range(count)]
	card = frappe.db.get_value("Saved Card", {"user": world.payer, "status": "Active"})
	fresh_request()
	with world.as_user(world.payer), counted_queries() as queries:
		if count == 1:
			answer = pay_api.pay("Portal Invoice", invoices[0].name, "10.00", "card", saved_method=card)
		else:
			wanted = documents(*((invoice, "10.00") for invoice in invoices))
			answer = pay_api.pay_several(wanted, "card", saved_method=card)
	assert answer["outcome"] == "paid", answer
	return queries


def test_one_invoice_costs_no_more_because_several_can_be_paid(world):
	"""What a document costs is the same for each, so nothing is read or written for others where there are none."""
	world.pay("10.00", save=1)
	queries_of_paying(world, 1)  # what is read once and remembered
	one, two, four = (queries_of_paying(world, count) for count in (1, 2, 4))
	each = len(two) - len(one)
	assert 0 < each < len(one) / 2, (len(one), len(two))
	assert len(four) <= len(one) + 3 * each, (len(one), len(two), len(four))
	inserted = [query for query in one if query.lower().startswith("insert into `tabinvoice payment")]
	assert len(inserted) == 2, "the payment and its row"
