"""Faults of Stripe, as the payer is told them: what happened, what to do, and the right HTTP status."""

from contextlib import contextmanager

import frappe
from frappe import _

from stripe_service.gateway import errors
from stripe_service.utils import failure_messages
from stripe_service.utils.plain_text import as_text


class StripeUnavailable(frappe.ValidationError):
	"""Stripe gave no answer, or none that can be used now."""

	http_status_code = 503


class PaymentsUnavailable(StripeUnavailable):
	"""Stripe refuses for the account's own sake: nobody who pays can do anything about it."""


class RefusedByStripe(frappe.ValidationError):
	"""Stripe gave an answer, and it was no."""

	http_status_code = 417


@contextmanager
def stripe_errors_as_messages(method_type: str | None = None):
	"""Turn a gateway error into a translated frappe.ValidationError; administrators find the details in the Error Log.

	A decline is the payer's own business and is not logged.
	"""
	try:
		yield
	except errors.CardError as error:
		frappe.throw(
			failure_messages.failure_message(
				error.code, error.decline_code, as_text(error.user_message), method_type
			),
			RefusedByStripe,
		)
	except (errors.Unreachable, errors.RateLimited):
		frappe.throw(_("Stripe can't be reached just now. Try again in a minute."), StripeUnavailable)
	except errors.GatewayError as error:
		if error.our_fault:
			raise_payments_unavailable(error, method_type)
		# Deferred: the exception that follows rolls back what this request has written.
		title = f"Stripe refused: {error.code or type(error).__name__}"
		frappe.log_error(title=title, message=str(error), defer_insert=True)
		general = _("Stripe refused this request. Try again; if it fails again, tell your administrator.")
		frappe.throw(
			failure_messages.failure_message(error.code, error.decline_code, general, method_type),
			RefusedByStripe,
		)


def raise_payments_unavailable(error: errors.GatewayError, method_type: str | None = None) -> None:
	"""In words for a payer; administrators were told by whoever called Stripe (accounts.problems). Raises PaymentsUnavailable."""
	if error.code == errors.METHOD_NOT_ON:
		frappe.throw(failure_messages.method_not_on(method_type), PaymentsUnavailable)
	frappe.throw(failure_messages.payments_unavailable(), PaymentsUnavailable)
