"""A browser that lost the answer of `pay` asks with what it sent, and learns of its own payments alone."""

from stripe_service.api import pay


def ask(world, request_id, user=None):
	return world.does(
		pay.payment_status,
		doctype="Portal Invoice",
		name=world.invoice.name,
		request_id=request_id,
		user=user,
	)


def test_a_payment_is_found_by_the_press_that_made_it(world):
	paid = world.pay("40.00", request_id="press-1")
	found = ask(world, "press-1")
	assert found["payment"] == paid["payment"]
	assert found["status"] == "Succeeded"


def test_a_press_that_never_arrived_is_not_started(world):
	assert ask(world, "press-1") == {"payment": None, "status": "Not Started", "outcome": "not_started"}


def test_nobody_finds_a_colleagues_payment_by_their_press(world):
	colleague = world.make_payer()
	world.pay("40.00", request_id="press-1")
	assert ask(world, "press-1", user=colleague)["status"] == "Not Started"
