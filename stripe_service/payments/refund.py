"""Refunds: each is a row of its own, a Stripe Refund, whether it was asked for here or made in the Stripe Dashboard.

A refund goes the way of a payment. The payment is locked, the amount is held against what can still be refunded, the row is
inserted with an idempotency key of its own and committed; only then is Stripe asked, with no lock held. The row counts as
refunded from that moment, so that any number of presses at the same instant share what is left.

`request_id` names one press of the button: the same press, sent again, answers with the first. The idempotency key is drawn
at random for one attempt at Stripe and belongs to nothing else; an amount or a state can return, an attempt can't.

`sync_refunds` writes what Stripe reports. It finds a refund that was asked for here and whose answer was lost by its
metadata (`refund`, the row's name).
"""

from datetime import timedelta

import frappe
from frappe import _
from frappe.utils import cint, now_datetime

from stripe_service.accounts.stripe_account import gateway_for
from stripe_service.gateway import errors, money, payment_states, refund_states
from stripe_service.gateway.times import from_stripe
from stripe_service.payments import ledger, settle
from stripe_service.payments.follow_up import AppliedChange
from stripe_service.payments.intent import METADATA_LENGTH
from stripe_service.utils import failure_messages
from stripe_service.utils.fitting import cut
from stripe_service.utils.language import site_language
from stripe_service.utils.notices import notify_administrators
from stripe_service.utils.stripe_errors import StripeUnavailable
from stripe_service.utils.transaction import in_fresh_transaction

DOCTYPE = "Stripe Refund"
HERE = "Here"
DASHBOARD = "Stripe Dashboard"
# By document (DocType, name): minor units, or None for all that is left of it.
Parts = dict[tuple[str, str], int | None]
REASONS = ("duplicate", "fraudulent", "requested_by_customer")

# A request to Stripe, its retries included, has ended by then; what Stripe does not list afterwards never came.
REQUEST_IS_OVER = timedelta(minutes=10)
READINGS = 5
LONGEST_REQUEST_ID = 140


class RefundRefused(frappe.ValidationError):
	"""The payment can't be refunded by that amount; the message says why."""


def refund(
	payment_name: str,
	amount_minor: int | None = None,
	reason: str | None = None,
	request_id: str | None = None,
	documents: Parts | None = None,
):
	"""Refund `amount_minor` (minor units of the payment's currency; None: all that is left); returns the Stripe Refund.

	`documents` says of which of the payment's documents, and how much of each (None: all that is left of it); then there is no
	`amount_minor`. A refund that names none takes from the last document upwards (`spread`). The same `request_id` refunds once and is answered with what became of it. The caller checks the right to refund:
	write on Invoice Payment. Commits. Raises RefundRefused, and StripeUnavailable where Stripe can't be read beforehand:
	then nothing was refunded.
	"""
	earlier = find_request(payment_name, request_id)
	if earlier:
		return frappe.get_doc(DOCTYPE, earlier)
	_read_before(payment_name)
	values = {"reason": reason, "request_id": request_id}
	row, is_new = in_fresh_transaction(lambda: _request(payment_name, amount_minor, values, documents))
	return _send(row) if is_new else frappe.get_doc(DOCTYPE, row)


def try_again(refund_name: str):
	"""Make a refund that failed once more; returns the Stripe Refund that was sent.

	One that Stripe never made is sent again under a new key. One that the payer's bank sent back is history: a new row is
	made, once, however often this is called. The caller checks the right to refund. Commits. Raises like `refund`.
	"""
	payment_name = frappe.db.get_value(DOCTYPE, refund_name, "payment")
	_read_before(payment_name)
	row, is_new = in_fresh_transaction(lambda: _request_again(payment_name, refund_name))
	return _send(row) if is_new else frappe.get_doc(DOCTYPE, row)


def find_request(payment_name: str, request_id: str | None) -> str | None:
	"""The refund that this press of the button has asked for already."""
	if not request_id:
		return None
	return frappe.db.get_value(DOCTYPE, {"payment": payment_name, "request_id": request_id})


def refundable_minor(payment) -> int:
	"""What of a payment can still be refunded, in minor units of its currency: what was received, less what a dispute
	withholds, less what was refunded or is being refunded. True only while the payment is locked.

	An inquiry withholds nothing, and Stripe advises to refund it; a dispute for which Stripe allows no refund holds all. What Stripe counts and what is asked for here overlap,
	so the greater of both is taken off.
	"""
	if payment.status not in payment_states.RECEIVED or payment.get("dispute_blocks_refund"):
		return 0
	# A plain read: the payment's lock was taken first, and every row is written behind it.
	rows = frappe.get_all(
		DOCTYPE,
		filters={"payment": payment.name, "status": ["in", refund_states.REFUNDED]},
		pluck="amount_minor",
	)
	refunded = max(cint(payment.refunded_minor), sum(cint(amount) for amount in rows))
	return max(cint(payment.received_minor) - cint(payment.disputed_minor) - refunded, 0)


def refund_message(row) -> str:
	"""What is happening to a refund, translated, for whoever asked for it."""
	payment = frappe.get_doc("Invoice Payment", row.payment)
	amount = payment.in_words(row.amount_minor)
	if row.outcome_is_unknown:
		return _(
			"Stripe has not answered yet, so it is not known whether {0} is being refunded. Please do not refund again: the answer will be shown here."
		).format(amount)
	if row.status == refund_states.REQUIRES_ACTION:
		return _("The refund of {0} waits for the payer, whom Stripe has asked by e-mail.").format(amount)
	if row.status in refund_states.NOT_REFUNDED:
		return _("{0} was not refunded: {1}").format(amount, row.failure_message)
	return _("{0} is being refunded to {1}.").format(amount, payment.method_label or _("the payer"))


# asking for a refund


def _read_before(payment_name: str) -> None:
	"""Bring payment and refunds up to date, as far as others let us: refunds made in the Dashboard count, too."""
	try:
		settle.settle(payment_name)
		sync_refunds(payment_name)
	except settle.OutOfStep:
		# Others are applying what they have just read: it is fresh enough.
		pass
	except errors.GatewayError as error:
		if error.our_fault:
			_refuse(_problem_of(frappe.db.get_value("Invoice Payment", payment_name, "stripe_account")))
		frappe.throw(
			_("Stripe can't be reached at the moment. Nothing was refunded. Please try again in a minute."),
			StripeUnavailable,
		)


def _lock(payment_name: str):
	"""The payment, locked. The first statement of a transaction: the plain reads that follow then see all that was committed
	before, and every row of Stripe Refund is written behind this lock. The document is not locked, because nothing of it is
	written here."""
	frappe.db.get_value("Invoice Payment", payment_name, "name", for_update=True)
	return frappe.get_doc("Invoice Payment", payment_name, for_update=True)


def _request(
	payment_name: str, amount_minor: int | None, values: dict, documents: Parts | None
) -> tuple[str, bool]:
	"""The name of the refund's row, and whether this call made it. The caller commits."""
	payment = _lock(payment_name)
	# Behind the lock: the same press may have come twice at the same instant.
	earlier = find_request(payment_name, values["request_id"])
	if earlier:
		return earlier, False
	left = refundable_minor(payment)
	named = _name_rows(payment, documents) if documents else []
	amount = sum(minor for _row, minor in named) if named else amount_minor
	amount = left if amount is None else amount
	_check(payment, amount, left)
	_clear_attention(payment)
	return _insert_request(payment, amount, values, references_of(payment, named)), True


def _name_rows(payment, documents: Parts) -> list[tuple]:
	"""[(row of the payment, minor units)] for the documents that a refund is asked for, each within what is left of its part."""
	rows = {(row.reference_doctype, row.reference_name): row for row in payment.references}
	asked = _asked_by_row(payment)
	named = []
	for document, minor in documents.items():
		row = rows.get(document)
		if not row:
			_refuse(_("{0} is not paid by this payment.").format(frappe.utils.escape_html(document[1])))
		refunded = max(cint(row.refunded_minor), asked.get(row.name, 0))
		left = max(cint(row.received_minor) - cint(row.disputed_minor) - refunded, 0)
		minor = left if minor is None else minor
		if not 0 < minor <= left:
			_refuse(
				_("Of {0} at most {1} can be refunded.").format(row.reference_name, payment.in_words(left))
			)
		named.append((row, minor))
	return named


def _asked_by_row(payment) -> dict[str, int]:
	"""What refunds that name rows take from each, those that Stripe does not count yet among them."""
	found = frappe.db.sql(
		"""select reference.payment_reference, sum(reference.amount_minor)
		from `tabStripe Refund Reference` reference join `tabStripe Refund` refund on refund.name = reference.parent
		where refund.payment = %(payment)s and refund.status in %(refunded)s
		group by reference.payment_reference""",
		{"payment": payment.name, "refunded": refund_states.REFUNDED},
	)
	return {row: cint(minor) for row, minor in found}


def references_of(payment, named: list[tuple]) -> list[dict]:
	"""The rows of a Stripe Refund for [(row of the payment, minor units)]."""
	return [
		{
			"reference_doctype": row.reference_doctype,
			"reference_name": row.reference_name,
			"payment_reference": row.name,
			"amount_minor": minor,
			"amount": money.from_minor(minor, payment.currency),
		}
		for row, minor in named
	]


def _request_again(payment_name: str, refund_name: str) -> tuple[str, bool]:
	payment = _lock(payment_name)
	failed = frappe.get_doc(DOCTYPE, refund_name, for_update=True)
	later = frappe.db.get_value(DOCTYPE, {"retry_of": refund_name})
	if later or not failed.may_be_tried_again:
		return later or refund_name, False
	amount = cint(failed.amount_minor)
	_check(payment, amount, refundable_minor(payment))
	_clear_attention(payment)
	if failed.stripe_refund_id:
		named = [(payment.row(one.payment_reference), cint(one.amount_minor)) for one in failed.references]
		values = {"reason": failed.reason, "retry_of": refund_name}
		return _insert_request(payment, amount, values, references_of(payment, named)), True
	failed.write(
		status=refund_states.PENDING, failure_message=None, failure_reason=None, last_error=None, **_attempt()
	)
	return refund_name, True


def _insert_request(payment, amount: int, values: dict, references: list[dict]) -> str:
	row = frappe.new_doc(DOCTYPE)
	row.update({**_facts_of_payment(payment, amount), "references": references})
	now = now_datetime()
	values = {**values, "reason": values.get("reason") if values.get("reason") in REASONS else None}
	return row.write(
		status=refund_states.PENDING,
		source=HERE,
		requested_by=frappe.session.user,
		requested_at=now,
		**values,
		**_attempt(),
	).name


def _attempt() -> dict:
	"""What names one attempt at Stripe. Nothing of the key can return: not an amount, not a name, not a state."""
	return {"idempotency_key": f"refund_{frappe.generate_hash(length=40)}", "sent_at": now_datetime()}


def _facts_of_payment(payment, amount: int) -> dict:
	return {
		"payment": payment.name,
		"stripe_account": payment.stripe_account,
		"livemode": payment.livemode,
		"currency": payment.currency,
		"amount_minor": amount,
		"amount": money.from_minor(amount, payment.currency),
	}


def _check(payment, amount: int, left: int) -> None:
	if not left:
		_refuse(_("Nothing of this payment can be refunded: it is {0}.").format(_(payment.status)))
	if amount <= 0 or amount > left:
		_refuse(_("At most {0} can be refunded.").format(payment.in_words(left)))


def _refuse(message: str) -> None:
	frappe.throw(message, RefundRefused)


# sending it


def _send(refund_name: str):
	"""Ask Stripe for the refund, no lock held; returns the row as it then stands. Raises RefundRefused."""
	row = frappe.get_doc(DOCTYPE, refund_name)
	payment_intent = frappe.db.get_value("Invoice Payment", row.payment, "payment_intent_id")
	params = {
		"payment_intent": payment_intent,
		"amount": cint(row.amount_minor),
		"metadata": {
			"site": frappe.local.site,
			"payment": row.payment,
			"refund": row.name,
			**_rows_in_metadata(row),
		},
	}
	if row.reason:
		params["reason"] = row.reason
	try:
		made = gateway_for(row.stripe_account).call(
			"refunds.create", params=params, idempotency_key=row.idempotency_key
		)
	except errors.GatewayError as error:
		_not_sent(row, error)
	else:
		in_fresh_transaction(lambda: _apply_list(row.payment, [made], {row.name: 0}))
		notify_failed(row.payment)
		_settle_quietly(row.payment)
	return frappe.get_doc(DOCTYPE, refund_name)


def _rows_in_metadata(row) -> dict:
	"""Which documents it was asked for, for people, and by the rows' numbers, from which a site that has lost this refund reads
	them again."""
	if not row.references:
		return {}
	numbers = {one.name: one.idx for one in frappe.get_doc("Invoice Payment", row.payment).references}
	names = ", ".join(one.reference_name for one in row.references)
	parts = (f"{numbers[one.payment_reference]}:{cint(one.amount_minor)}" for one in row.references)
	return {"documents": cut(names, METADATA_LENGTH), "rows": ",".join(parts)}


def _rows_from_metadata(payment, told: dict) -> list[dict]:
	"""The rows that a refund of this site names at Stripe; none where they do not add up to it."""
	metadata = told.get("metadata") or {}
	if metadata.get("site") != frappe.local.site or metadata.get("payment") != payment.name:
		return []
	rows = {str(row.idx): row for row in payment.references}
	named = []
	for part in (metadata.get("rows") or "").split(","):
		number, _colon, minor = part.partition(":")
		if number in rows and minor.isascii() and minor.isdigit():
			named.append((rows[number], int(minor)))
	if sum(minor for _row, minor in named) != cint(told["amount"]):
		return []
	return references_of(payment, named)


def _not_sent(row, error: errors.GatewayError) -> None:
	frappe.logger("stripe_service").warning(f"{row.name}: {type(error).__name__}: {error}")
	if error.outcome_known:
		words = failure_messages.refund_refusal(error.code, error.user_message or error.message)
		if error.our_fault:
			words = _problem_of(row.stripe_account)
		_fail_attempt(row, words, str(error), notified=1)
		_refuse(_("Stripe did not refund: {0}").format(words))
	in_fresh_transaction(lambda: frappe.db.set_value(DOCTYPE, row.name, "last_error", str(error)[:1000]))
	if error.answered:
		# The request is over, and its key would be answered with the same fault for a day: only the list tells.
		try:
			look_up(row.name, is_over=True, notified=1)
		except errors.GatewayError as fault:
			frappe.logger("stripe_service").warning(f"{row.name}: not looked up: {fault}")


def look_up(refund_name: str, is_over: bool, notified: int = 0) -> None:
	"""Look a refund up at Stripe that was not answered, and adopt what came of it. If nothing did and its request `is_over`,
	it is Failed and open to *Try Again*; administrators are told unless `notified` says that whoever asked is answered now.
	Commits. Raises gateway.errors."""
	row = frappe.get_doc(DOCTYPE, refund_name)
	sync_refunds(row.payment)
	frappe.db.rollback()
	if not frappe.get_doc(DOCTYPE, refund_name).outcome_is_unknown:
		_settle_quietly(row.payment)
	elif is_over:
		_fail_attempt(row, _("Stripe had a problem, and nothing was refunded. Try again."), notified=notified)


def _problem_of(account: str) -> str:
	"""What Stripe refuses for the account's own sake, for whoever administers it."""
	problem = frappe.db.get_value("Stripe Account", account, "problem")
	return problem or str(failure_messages.payments_unavailable())


def _fail_attempt(attempt, words: str, error: str | None = None, notified: int = 0) -> None:
	"""Nothing came of this attempt. A row that was found at Stripe, or tried again, meanwhile is left alone."""

	def fail() -> None:
		_lock(attempt.payment)
		row = frappe.get_doc(DOCTYPE, attempt.name, for_update=True)
		if row.outcome_is_unknown and row.idempotency_key == attempt.idempotency_key:
			last_error = (error or row.last_error or "")[:1000]
			row.write(
				status=refund_states.FAILED, failure_message=words, last_error=last_error, notified=notified
			)

	in_fresh_transaction(fail)
	notify_failed(attempt.payment)


def _settle_quietly(payment_name: str) -> None:
	try:
		settle.settle(payment_name)
	except (errors.GatewayError, settle.OutOfStep) as error:
		# The refund is on disk; the webhook, or the reconciler, brings the payment's amounts.
		frappe.logger("stripe_service").warning(f"{payment_name}: not read after a refund: {error}")


# what Stripe reports


def sync_refunds(payment_name: str) -> None:
	"""Write what Stripe reports of all refunds of a payment, those made in the Dashboard too. Commits.

	Any number of times and from anywhere: an answer is written to a row only if nothing was written to it since the
	reading began. Raises gateway.errors.
	"""
	payment = frappe.db.get_value(
		"Invoice Payment", payment_name, ["stripe_account", "payment_intent_id"], as_dict=True
	)
	if not payment.payment_intent_id:
		return
	gateway = gateway_for(payment.stripe_account)
	for _attempt_number in range(READINGS):
		versions = in_fresh_transaction(lambda: _versions(payment_name))
		found = gateway.list_all("refunds.list", params={"payment_intent": payment.payment_intent_id})
		if not found or in_fresh_transaction(lambda: _apply_list(payment_name, found, versions)):
			break
	notify_failed(payment_name)
	_spread_again(payment_name)


def _spread_again(payment_name: str) -> None:
	"""A refund that names documents was made, failed or became known: what each document has is another, though all of them
	together have the same."""
	frappe.db.rollback()
	payment = frappe.get_doc("Invoice Payment", payment_name)
	if ledger.is_out_of_line(payment):
		_settle_quietly(payment_name)


def sync_if_refunds_changed(change: AppliedChange) -> None:
	"""A follow-up step: what Stripe counts as refunded is not what the rows say, so they are read."""
	payment = change.payment
	if payment.status not in payment_states.RECEIVED:
		return
	rows = frappe.get_all(
		DOCTYPE,
		filters={
			"payment": payment.name,
			"status": ["in", refund_states.REFUNDED],
			"stripe_refund_id": ["is", "set"],
		},
		pluck="amount_minor",
	)
	if sum(cint(amount) for amount in rows) == cint(payment.refunded_minor):
		return
	try:
		sync_refunds(payment.name)
	except errors.GatewayError as error:
		frappe.logger("stripe_service").warning(f"{payment.name}: refunds not read: {error}")


def _versions(payment_name: str) -> dict[str, int]:
	rows = frappe.get_all(DOCTYPE, filters={"payment": payment_name}, fields=["name", "sync_version"])
	return {row.name: cint(row.sync_version) for row in rows}


def _apply_list(payment_name: str, found: list[dict], versions: dict[str, int]) -> bool:
	"""Write refunds as Stripe reported them; False if one was written by a later reading meanwhile. The caller commits."""
	payment = _lock(payment_name)
	all_applied = True
	for told in found:
		row = _row_of(payment, told)
		if row and cint(row.sync_version) != versions.get(row.name, 0):
			all_applied = False
		else:
			_write_facts(payment, row, told)
	return all_applied


def _row_of(payment, told: dict):
	"""The row of a refund at Stripe: by its id, or the one asked for here whose answer was lost. None for a new one."""
	name = frappe.db.get_value(DOCTYPE, {"stripe_refund_id": told["id"]})
	if not name:
		asked = (told.get("metadata") or {}).get("refund")
		unanswered = {"name": asked, "payment": payment.name, "stripe_refund_id": ["is", "not set"]}
		name = asked and frappe.db.get_value(DOCTYPE, unanswered)
	return frappe.get_doc(DOCTYPE, name, for_update=True) if name else None


def _write_facts(payment, row, told: dict) -> None:
	if not row:
		row = frappe.new_doc(DOCTYPE)
		row.update({**_facts_of_payment(payment, cint(told["amount"])), "source": DASHBOARD})
		row.update({"references": _rows_from_metadata(payment, told)})
		row.update(
			{"requested_at": from_stripe(told.get("created")), "reason": (told.get("reason") or "")[:140]}
		)
	new_status = refund_states.state_of(told)
	failure = (told.get("failure_reason") or "")[:140]
	failed = new_status in refund_states.NOT_REFUNDED
	if failed and row.status != new_status:
		row.notified = 0
	row.write(
		status=new_status,
		stripe_refund_id=told["id"],
		failure_reason=failure or None,
		failure_message=failure_messages.refund_failure(failure) if failed else None,
		last_synced_at=now_datetime(),
		sync_version=cint(row.sync_version) + 1,
	)


# telling people


def notify_failed(payment_name: str) -> None:
	"""Tell administrators of the payment's refunds that failed and of which nobody was told yet. Commits, and never raises:
	the state is on disk, and the reconciler comes here again."""
	try:
		in_fresh_transaction(lambda: _notify_failed(payment_name))
	except Exception:
		frappe.db.rollback()
		frappe.log_error(
			title=f"Stripe Service: nobody was told of a failed refund of {payment_name}",
			reference_doctype="Invoice Payment",
			reference_name=payment_name,
		)


def _notify_failed(payment_name: str) -> None:
	failed = {"payment": payment_name, "status": ["in", refund_states.NOT_REFUNDED], "notified": 0}
	if not frappe.db.exists(DOCTYPE, failed):
		return
	payment = _lock(payment_name)
	for row in frappe.get_all(DOCTYPE, filters=failed, fields=["name", "amount_minor", "failure_message"]):
		with site_language():
			words = _("The refund of {0} ({1}) failed: {2}").format(
				payment.in_words(row.amount_minor), row.name, row.failure_message
			)
		payment.write(attention=words)
		notify_administrators(DOCTYPE, row.name, f"{payment.name} ({payment.documents_in_words}): {words}")
		frappe.db.set_value(DOCTYPE, row.name, "notified", 1, update_modified=False)


def _clear_attention(payment) -> None:
	"""Somebody refunds anew, and so has seen that an earlier refund failed."""
	failed = {"payment": payment.name, "status": ["in", refund_states.NOT_REFUNDED]}
	if payment.attention and any(
		f"({name})" in payment.attention for name in frappe.get_all(DOCTYPE, filters=failed, pluck="name")
	):
		payment.write(attention=None)
