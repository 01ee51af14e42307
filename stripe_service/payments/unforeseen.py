"""What becomes of a claim when something is raised that nobody foresaw: a script, another app, a fault of ours.

A claim holds its amount, so it must not stay behind until a sweep of the next day. Whatever is raised, the payer gets an
outcome, and it is true: if no PaymentIntent was stored nothing can have been charged (it is stored before it is confirmed),
so the claim is ended at once; otherwise Stripe is asked. What can't be done at once either, `reconcile.sweep` does within
minutes.
"""

from collections.abc import Callable
from functools import partial

import frappe
from frappe import _
from frappe.utils import strip_html

from stripe_service.gateway import payment_states
from stripe_service.payments import release
from stripe_service.payments.record import record_failure
from stripe_service.payments.result import payment_result, unknown_result
from stripe_service.payments.settle import settle
from stripe_service.utils.faults import log_fault


def carry_out(payment_name: str, work: Callable, answer: Callable = payment_result) -> dict:
	"""Run `work`, which pays a fresh claim and returns the Invoice Payment; returns `answer` of it.

	Never raises. For the one request that made the claim: nobody else may end it.
	"""
	try:
		return answer(work())
	except Exception as fault:
		log_fault(f"paying {payment_name}", "Invoice Payment", payment_name)
		return look_up(payment_name, partial(_end, payment_name, fault), answer)


def look_up(payment_name: str, work: Callable, answer: Callable = payment_result) -> dict:
	"""Run `work`, which reads the outcome of a claim and returns the Invoice Payment; returns `answer` of it, whose
	outcome is `unknown` if anything is raised. Never raises."""
	try:
		return answer(work())
	except Exception:
		log_fault(f"paying {payment_name}", "Invoice Payment", payment_name)
		return unknown_result(payment_name)


def _end(payment_name: str, fault: Exception):
	payment = release.end_without_intent(
		payment_name,
		payment_states.FAILED,
		lambda claim: record_failure(claim, None, None, _in_words(fault)),
	)
	if not payment.is_open:
		return payment
	if payment.confirm_sent_at:
		payment = settle(payment_name)
	# Not begun at Stripe: it is made sure that it never will be.
	return release.cancel(payment_name) if payment.status == payment_states.STARTED else payment


def _in_words(fault: Exception) -> str:
	"""What frappe.throw says is for people; everything else is for the Error Log."""
	if isinstance(fault, frappe.ValidationError) and str(fault):
		return _("Nothing was charged. {0}").format(strip_html(str(fault)))
	return _(
		"Nothing was charged: something went wrong on this site. Please try again, or ask an administrator."
	)
