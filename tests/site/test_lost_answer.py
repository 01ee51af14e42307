"""A browser that lost the answer of `pay` asks with what it sent, and learns of its own payments alone."""

from tests.support.cards import confirmation_token


def pay(invoice, emulator_url, request_id):
	from stripe_service.api import pay

	return pay.pay(
		"Portal Invoice",
		invoice.name,
		"40.00",
		"card",
		confirmation_token=confirmation_token(emulator_url, "4242424242424242"),
		request_id=request_id,
	)


def ask(invoice, request_id):
	from stripe_service.api import pay

	return pay.payment_status(doctype="Portal Invoice", name=invoice.name, request_id=request_id)


def test_a_payment_is_found_by_the_press_that_made_it(
	site, as_user, make_unit, make_payer, make_invoice, emulator_url
):
	unit = make_unit()
	invoice, payer = make_invoice(unit=unit, total="100.00"), make_payer(unit=unit)
	with as_user(payer):
		paid = pay(invoice, emulator_url, "press-1")
		found = ask(invoice, "press-1")
	assert found["payment"] == paid["payment"]
	assert found["status"] == "Succeeded"


def test_a_press_that_never_arrived_is_not_started(site, as_user, make_unit, make_payer, make_invoice):
	unit = make_unit()
	invoice, payer = make_invoice(unit=unit), make_payer(unit=unit)
	with as_user(payer):
		assert ask(invoice, "press-1") == {"payment": None, "status": "Not Started", "outcome": "not_started"}


def test_nobody_finds_a_colleagues_payment_by_their_press(
	site, as_user, make_unit, make_payer, make_invoice, emulator_url
):
	unit = make_unit()
	invoice, payer, colleague = make_invoice(unit=unit), make_payer(unit=unit), make_payer(unit=unit)
	with as_user(payer):
		pay(invoice, emulator_url, "press-1")
	with as_user(colleague):
		assert ask(invoice, "press-1")["status"] == "Not Started"
