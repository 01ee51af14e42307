"""Paying a scheduled payment on its day, and what follows.

The charge is a person's: the same claim, the same charge, as the payer, with the payer's rights at that moment. What is added is
that nobody is there: `off_session` tells Stripe so, and a bank that wants to ask the payer declines.

One attempt is one `request_id`, which is on disk before the claim (`attempts` is counted up in the transaction that marks the row
Being Paid). Two workers, and a worker after a killed one, come to the same claim and find it.
"""

from collections.abc import Callable

import frappe
from frappe import _
from frappe.utils import add_days, date_diff, get_first_day, get_last_day, getdate, nowdate, strip_html

from stripe_service.access.pay import why_not_pay
from stripe_service.accounts.stripe_account import BoundElsewhere, NoKeys
from stripe_service.gateway import money, payment_states
from stripe_service.payables.balance import balance_of
from stripe_service.payables.payable import load_payable
from stripe_service.payments import charge, release, unforeseen
from stripe_service.payments.allowed_methods import check_method
from stripe_service.payments.automatic import agreements, declines, settings, telling
from stripe_service.payments.automatic.planning import announce_row
from stripe_service.payments.automatic.scope import covers
from stripe_service.payments.claim import PayRequest, allowed_bounds, claim
from stripe_service.payments.declines import TooManyDeclines, check_declines
from stripe_service.payments.result import refresh
from stripe_service.saved_methods.saved_method import payment_params
from stripe_service.stripe_service.doctype.automatic_payment.automatic_payment import ACTIVE
from stripe_service.stripe_service.doctype.scheduled_payment.scheduled_payment import (
	ANNOUNCED,
	AUTHENTICATION_REQUIRED,
	BEING_PAID,
	CANCELLED,
	FAILED,
	PAID,
	RETRY,
	TAKEN,
	UNDER_WAY,
	WAITING,
)
from stripe_service.utils.dates import date_in_words
from stripe_service.utils.failure_messages import failure_of
from stripe_service.utils.labels import money_in_words
from stripe_service.utils.language import language_of
from stripe_service.utils.transaction import in_fresh_transaction

DOCTYPE = "Scheduled Payment"
# A payment that nothing ran for is announced anew: nobody expects it any more.
LATE_DAYS = 3


def pay(name: str, day=None) -> None:
	"""Job: pay one scheduled payment if it is due, or look what became of it; `day` stands for today. May run any number of
	times. Commits."""
	day = getdate(day or nowdate())
	user = frappe.db.get_value(DOCTYPE, name, "user")
	if not user:
		return
	with language_of(user):
		row = in_fresh_transaction(lambda: _begin(name, day))
		if row and row.status == BEING_PAID:
			_pay(row, day)
		elif row and row.status == UNDER_WAY:
			_take_outcome(row, frappe.get_doc("Invoice Payment", row.payment), day)
	telling.mark_told(name)


# Whether it may be paid now


def _begin(name: str, day):
	"""The row, marked Being Paid; None if nothing is to be done. The Automatic Payment's row is locked: two documents that are paid
	at the same instant can't both have the rest of a month's limit."""
	agreement = frappe.get_doc(
		agreements.DOCTYPE, frappe.db.get_value(DOCTYPE, name, "automatic_payment"), for_update=True
	)
	row = frappe.get_doc(DOCTYPE, name, for_update=True)
	if row.status in (BEING_PAID, UNDER_WAY):
		return row
	if row.status not in WAITING or getdate(row.next_attempt_on) > day or not settings.switched_on():
		return None
	if not agreements.document_is_there(row):
		row.write(status=CANCELLED, reason=_("The document is gone."), next_attempt_on=None)
		return None
	payable = load_payable(row.reference_doctype, row.reference_name)
	balance = balance_of(payable, lock=False)
	if not balance.outstanding_minor or getdate(payable.due_date) != getdate(row.due_on):
		# Paid by somebody, or due on another day, for which there is another row: nothing to be told.
		reason = _("It was paid otherwise, or its due date has changed.")
		row.write(status=CANCELLED, reason=reason, next_attempt_on=None)
		return None
	if reason := _why_not(agreement, row, payable, balance, day):
		telling.skip(row, reason)
		return None
	if _must_be_announced_again(row, balance, day):
		announce_row(row, agreement, payable, day)
		return None
	return row.write(
		status=BEING_PAID,
		attempts=row.attempts + 1,
		amount_minor=balance.available_minor,
		amount=float(money.from_minor(balance.available_minor, payable.currency)),
		first_attempt_on=row.first_attempt_on or day,
		last_attempt_on=day,
		payment=None,
		reason=None,
	)


def _why_not(agreement, row, payable, balance, day) -> str | None:
	"""None if it may be paid now, else why not, in the payer's language."""
	if agreement.status != ACTIVE:
		return agreement.stopped_reason or _("It was stopped.")
	if not frappe.db.get_value("User", agreement.user, "enabled"):
		return _("The user {0} is disabled.").format(agreement.user)
	if not covers(agreement, payable):
		return _("It no longer belongs to what you have chosen: {0}.").format(agreement.scope_label)
	if reason := why_not_pay(payable.doc, agreement.user, balance):
		return reason
	if balance.reserved_minor:
		return _("Another payment of it is under way.")
	if payable.account != agreement.stripe_account:
		return _("It is paid to another Stripe account than the one where {0} is saved.").format(
			agreement.method_label
		)
	if reason := allowed_bounds(payable, balance, agreement.method_type).reason:
		return reason
	return _why_above_limit(agreement, row, balance.available_minor, day)


def _why_above_limit(agreement, row, amount: int, day) -> str | None:
	if reason := agreements.why_above_each(agreement, amount):
		return reason
	in_month = money.round_to_minor(agreement.maximum_per_month, agreement.currency)
	paid = _paid_in_month(agreement.name, row.name, day)
	if paid + amount > in_month:
		return _(
			"With {0} it would be more than you allow in a month ({1}); {2} were paid automatically already."
		).format(
			money_in_words(amount, agreement.currency),
			money_in_words(in_month, agreement.currency),
			money_in_words(paid, agreement.currency),
		)
	return None


def _paid_in_month(agreement: str, but: str, day) -> int:
	"""What was taken, or is being taken, in the calendar month of `day`, in minor units. What was refunded since counts: it is
	a limit on payments."""
	((paid,),) = frappe.db.sql(
		"""select coalesce(sum(amount_minor), 0) from `tabScheduled Payment`
		where automatic_payment = %(agreement)s and name != %(but)s and status in %(taken)s
			and last_attempt_on between %(first)s and %(last)s""",
		{
			"agreement": agreement,
			"but": but,
			"taken": TAKEN,
			"first": get_first_day(day),
			"last": get_last_day(day),
		},
	)
	return int(paid)


def _must_be_announced_again(row, balance, day) -> bool:
	"""More is owed than the payer was told, or the day that they were told is long past."""
	if balance.available_minor > row.amount_minor:
		return True
	return row.status == ANNOUNCED and date_diff(day, row.next_attempt_on) > LATE_DAYS


# The payment


def _pay(row, day) -> None:
	agreement = frappe.get_doc(agreements.DOCTYPE, row.automatic_payment)
	request = _request_of(agreement, row)
	# The Invoice Payment of this attempt, wherever its document went since (an amendment takes payments over).
	earlier = frappe.db.get_value("Invoice Payment", {"user": request.user, "request_id": request.request_id})
	try:
		payment = refresh(earlier) if earlier else _charge(agreement, row, request)
	except (TooManyDeclines, NoKeys, BoundElsewhere):
		# Whoever has tried many cards waits; without keys nobody pays. Neither is this payment's fault.
		frappe.db.rollback()
		frappe.clear_messages()
		_change(row, lambda fresh: _put_off(fresh, day))
		return
	except (frappe.ValidationError, frappe.PermissionError) as refusal:
		frappe.db.rollback()
		frappe.clear_messages()
		reason = strip_html(str(refusal))
		_change(row, lambda fresh: telling.skip(fresh, reason))
		if agreements.why_method_unusable(agreement):
			agreements.stop(agreement.name, lambda: reason)
		return
	_take_outcome(row, payment, day)


def _request_of(agreement, row) -> PayRequest:
	return PayRequest(
		row.reference_doctype,
		row.reference_name,
		str(money.from_minor(row.amount_minor, row.currency)),
		agreement.method_type,
		row.user,
		row.request_id,
		saved_method=agreement.saved_method,
		automatic_payment=agreement.name,
	)


def _charge(agreement, row, request: PayRequest):
	"""As `api.pay.pay` does it for a person."""
	payable = load_payable(request.doctype, request.name)
	check_method(payable, request.method_type)
	method = payment_params(request.saved_method, request.user, payable.account, request.method_type)
	request = request.with_display(method.pop("display"))
	check_declines(request.user, request.doctype, request.name, request.brand, request.last4)
	payment, is_new = claim(request)
	in_fresh_transaction(lambda: frappe.db.set_value(DOCTYPE, row.name, "payment", payment))
	if not is_new:
		return refresh(payment)
	unforeseen.carry_out(payment, lambda: charge.start(payment, {**method, "off_session": True}))
	return frappe.get_doc("Invoice Payment", payment)


# What came of it


def _take_outcome(row, payment, day) -> None:
	if payment.status == payment_states.ACTION_REQUIRED:
		# Stripe asks all the same: nobody is there to answer.
		payment = release.cancel(payment.name)
		if payment.status in payment_states.VOID:
			_change(row, lambda fresh: _ask_payer(fresh, payment))
			return
	if payment.status == payment_states.PROCESSING and row.status == BEING_PAID:
		_change(row, lambda fresh: _under_way(fresh, payment))
	elif payment.status in payment_states.RECEIVED:
		_change(row, lambda fresh: _paid(fresh, payment))
	elif payment.status in payment_states.VOID:
		_declined(row, payment, day)
	elif row.payment != payment.name:
		_change(row, lambda fresh: fresh.write(payment=payment.name))


def _change(row, work: Callable) -> None:
	"""Let `work` write the locked row, unless another worker has dealt with this attempt. Commits."""

	def change() -> None:
		fresh = frappe.get_doc(DOCTYPE, row.name, for_update=True)
		if fresh.attempts == row.attempts and fresh.status == row.status:
			work(fresh)

	in_fresh_transaction(change)


def _paid(row, payment) -> None:
	_charged(row, payment, PAID, lambda: _("{0} ({1}) was paid automatically: {2} with {3}."))


def _under_way(row, payment) -> None:
	_charged(
		row,
		payment,
		UNDER_WAY,
		lambda: _("{0} ({1}) is being paid automatically: a debit of {2} from {3} is under way."),
	)


def _charged(row, payment, status: str, sentence: Callable[[], str]) -> None:
	"""`sentence`, in the payer's language, has places for the document, its name, the amount and the method."""
	telling.record(
		row,
		lambda: sentence().format(
			row.reference_title,
			row.reference_name,
			money_in_words(payment.amount_minor, payment.currency),
			payment.method_label,
		),
		status=status,
		payment=payment.name,
		next_attempt_on=None,
	)


def _put_off(row, day) -> None:
	"""The attempt was none: the same number is used again."""
	row.write(status=RETRY, attempts=row.attempts - 1, next_attempt_on=add_days(day, 1))


def _declined(row, payment, day) -> None:
	agreement = frappe.get_doc(agreements.DOCTYPE, row.automatic_payment)
	why = failure_of(payment) or _("The payment was cancelled.")
	# The charge has brought the saved method's row up to date (saved_method.recheck).
	follows = declines.what_follows(payment.failure_code, payment.decline_code)
	if follows == declines.AUTHENTICATE:
		_change(row, lambda fresh: _ask_payer(fresh, payment))
	elif follows == declines.STOP or agreements.why_method_unusable(agreement):
		_change(row, lambda fresh: _give_up(fresh, payment, why))
		agreements.stop(agreement.name, lambda: why)
	else:
		days = settings.retry_days(agreement.method_type)
		if row.attempts <= len(days):
			again = max(add_days(row.first_attempt_on, days[row.attempts - 1]), add_days(day, 1))
			_change(row, lambda fresh: _try_again(fresh, payment, why, again))
		else:
			_change(row, lambda fresh: _give_up(fresh, payment, why))


def _ask_payer(row, payment) -> None:
	telling.record(
		row,
		lambda: _(
			"{0} ({1}) could not be paid automatically: your bank wants to be sure that it is you. Please open it and pay it; your"
			" bank will ask you then."
		).format(row.reference_title, row.reference_name),
		status=AUTHENTICATION_REQUIRED,
		payment=payment.name,
		reason=_("The bank asks you to confirm this payment."),
		next_attempt_on=None,
	)


def _try_again(row, payment, why: str, again) -> None:
	telling.record(
		row,
		lambda: _("{0} ({1}) could not be paid automatically: {2} It is tried again on {3}.").format(
			row.reference_title, row.reference_name, why, date_in_words(again)
		),
		status=RETRY,
		payment=payment.name,
		reason=why,
		next_attempt_on=again,
	)


def _give_up(row, payment, why: str) -> None:
	telling.record(
		row,
		lambda: _(
			"{0} ({1}) could not be paid automatically: {2} It is not tried again. Please pay it yourself."
		).format(row.reference_title, row.reference_name, why),
		status=FAILED,
		payment=payment.name,
		reason=why,
		next_attempt_on=None,
	)
