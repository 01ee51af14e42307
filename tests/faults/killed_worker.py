"""A worker that is killed in the middle: run as `python -m tests.faults.killed_worker <JSON>`.

The JSON says what to do (`pay`, `drain`, `reconcile`, `after_payment`), with which arguments, and at which point to die:
`before` or `after` a function, by its dotted path, or `before`/`after call <operation>` for a call to Stripe. Death is
SIGKILL to itself: no `finally`, no rollback, no connection closed. Reaching the end alive is exit code 3. Without a
point it is a worker as any other.

The points are put in from outside, by wrapping the function in this process alone: the app knows nothing of it.
"""

import importlib
import json
import os
import signal
import sys

REACHED_THE_END = 3


def main() -> int:
	from tests.support import site

	task = json.loads(sys.argv[1])
	# As a web worker or a background worker would run it, not a test.
	with site.connected() as frappe, site.not_in_test_mode():
		if task.get("kill"):
			put_in(task["kill"])
		DOINGS[task["do"]](frappe, **task.get("arguments", {}))
		frappe.db.commit()
	return REACHED_THE_END


def put_in(point: str) -> None:
	when, _, what = point.partition(" ")
	if what.startswith("call "):
		_wrap_gateway(when, what.removeprefix("call "))
		return
	module_name, _, name = what.rpartition(".")
	module = importlib.import_module(module_name)
	setattr(module, name, _deadly(getattr(module, name), when))


def _wrap_gateway(when: str, operation: str) -> None:
	from stripe_service.gateway.client import Gateway

	call = Gateway.call
	deadly = _deadly(call, when)

	def watched(self, name, *args, **kwargs):
		return (deadly if name == operation else call)(self, name, *args, **kwargs)

	Gateway.call = watched


def _deadly(function, when: str):
	def dies(*args, **kwargs):
		if when == "before":
			die()
		result = function(*args, **kwargs)
		die()
		return result

	return dies


def die() -> None:
	os.kill(os.getpid(), signal.SIGKILL)


# Imported only now, so that they bind the wrapped function.


def pay(frappe, user: str, **order) -> None:
	from stripe_service.api.pay import pay as pay_document

	frappe.set_user(user)
	pay_document(**order)


def pay_several(frappe, user: str, **order) -> None:
	from stripe_service.api.pay import pay_several as pay_documents

	frappe.set_user(user)
	pay_documents(**order)


def refund(frappe, payment: str, minor: dict) -> None:
	"""`minor` by invoice."""
	from stripe_service.payments.refund import refund as refund_payment

	refund_payment(payment, documents={("Portal Invoice", name): amount for name, amount in minor.items()})


def finish(frappe, user: str, payment: str) -> None:
	from stripe_service.api.pay import finish as finish_payment

	frappe.set_user(user)
	finish_payment(payment)


def drain(frappe) -> None:
	from stripe_service.webhooks.process import process_events

	process_events()


def reconcile(frappe, account: str) -> None:
	from stripe_service.reconcile.schedule import now

	now([account])


def after_payment(frappe, payment: str) -> None:
	from stripe_service.payments.after_payment import run

	run(payment)


def pay_automatically(frappe, name: str, day: str) -> None:
	from stripe_service.payments.automatic.paying import pay as pay_scheduled

	pay_scheduled(name, day)


DOINGS = {
	"pay_automatically": pay_automatically,
	"pay": pay,
	"pay_several": pay_several,
	"refund": refund,
	"finish": finish,
	"drain": drain,
	"reconcile": reconcile,
	"after_payment": after_payment,
}

if __name__ == "__main__":
	sys.exit(main())
