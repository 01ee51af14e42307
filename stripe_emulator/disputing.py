"""The life of a dispute: its statuses, the money that each takes or gives back, and what may still be refunded.

The statuses and case types are those of `stripe.Dispute` of the pinned API version; a test may put a dispute into any of
them, in any order, and the money follows: while the status says that the amount is withdrawn, the sum of the dispute's
balance transactions is negative, otherwise it is nothing. https://docs.stripe.com/disputes/how-disputes-work
"""

from dataclasses import dataclass

from . import balance, debits, mandates
from .clock import DAY
from .ids import new_id
from .registry import task
from .render import public

DAYS_TO_ANSWER = 7
EVIDENCE = (
	"access_activity_log", "appeal", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
	"cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
	"customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
	"duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
	"refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
	"shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip
CASE_TYPES = ("block", "chargeback", "compliance", "inquiry", "resolution")


@dataclass(frozen=True)
class Status:
	"""`withdrawn`: the amount is off the balance. `answerable`: somebody is waited for, until `due_by`."""

	withdrawn: bool
	closed: bool = False
	answerable: bool = False
	refundable: bool = False


STATUSES = {
	# An inquiry takes no money, and refunding it is what Stripe advises.
	"warning_needs_response": Status(withdrawn=False, answerable=True, refundable=True),
	"warning_under_review": Status(withdrawn=False, refundable=True),
	"warning_closed": Status(withdrawn=False, closed=True, refundable=True),
	"needs_response": Status(withdrawn=True, answerable=True),
	"under_review": Status(withdrawn=True),
	"won": Status(withdrawn=False, closed=True, refundable=True),
	"lost": Status(withdrawn=True, closed=True),
	"appeal_needs_response": Status(withdrawn=True, answerable=True),
	"appeal_under_review": Status(withdrawn=True),
	# Before it became a dispute: blocked (nothing happened), or resolved by paying the cardholder back.
	"prevented": Status(withdrawn=False, closed=True, refundable=True),
}
RESOLVED = Status(withdrawn=True, closed=True)


def status_of(dispute: dict) -> Status:
	"""What the dispute's status means for its money; raises KeyError for a status that the API version has not."""
	if dispute["status"] == "prevented" and _case_type(dispute) == "resolution":
		return RESOLVED
	return STATUSES[dispute["status"]]


@task("disputes.open")
def open_dispute(
	ctx,
	charge: str,
	reason: str = "fraudulent",
	inquiry: bool = False,
	amount: int | None = None,
	status: str | None = None,
	case_type: str | None = None,
) -> dict:
	"""A dispute of `charge`, of its whole rest unless `amount` says otherwise (minor units of the charge's currency).

	:param status: where it begins; `needs_response` of a card, `lost` of a bank debit, where the ACH network's word is final
	:param case_type: of a card: one of CASE_TYPES; follows from the status where it is not given
	"""
	row = ctx.get("charge", charge)
	kind = row["payment_method_details"]["type"]
	status = status or _first_status(kind, inquiry)
	_check(status, case_type)
	dispute = _new(
		ctx, row, amount or row["amount"] - row["amount_refunded"] or row["amount"], reason, status
	)
	if kind == "card":
		dispute["payment_method_details"]["card"]["case_type"] = case_type or _usual_case_type(status)
	_settle_what_follows(ctx, dispute)
	row.update(disputed=True, dispute=dispute["id"])
	ctx.put(row)
	ctx.emit("charge.dispute.created", dispute)
	_move_money(ctx, dispute)
	if status_of(dispute).closed:
		ctx.emit("charge.dispute.closed", dispute)
	if kind == "us_bank_account":
		_end_mandate(ctx, row, reason)
	return dispute


def move(ctx, dispute: dict, status: str, case_type: str | None = None) -> dict:
	"""Put the dispute into any status; its money, its deadline and whether the charge can be refunded follow."""
	_check(status, case_type)
	previous = {"status": dispute["status"]}
	if dispute["_kind"] == "card":
		was_inquiry = dispute["status"].startswith("warning")
		escalated = was_inquiry and not status.startswith("warning")
		card = dispute["payment_method_details"]["card"]
		card["case_type"] = case_type or (_usual_case_type(status) if escalated else card["case_type"])
	dispute["status"] = status
	_settle_what_follows(ctx, dispute)
	if status_of(dispute).closed:
		ctx.emit("charge.dispute.closed", dispute, previous)
	else:
		ctx.emit("charge.dispute.updated", dispute, previous)
	_move_money(ctx, dispute)
	return dispute


def finish(ctx, dispute: dict, status: str) -> dict:
	"""won, lost or prevented; an inquiry can do neither of the first two, it just ends."""
	inquiry = dispute["status"].startswith("warning")
	return move(ctx, dispute, "warning_closed" if inquiry and status in ("won", "lost") else status)


def submit(ctx, dispute: dict) -> None:
	"""Stripe's test evidence decides: winning_evidence, losing_evidence, escalate_inquiry_evidence; other waits."""
	dispute["evidence_details"]["submission_count"] += 1
	dispute["evidence_details"]["submission_method"] = "manual"
	prefix = next((p for p in ("warning_", "appeal_") if dispute["status"].startswith(p)), "")
	move(ctx, dispute, f"{prefix}under_review")
	verdicts = {
		"winning_evidence": "warning_closed" if prefix == "warning_" else "won",
		"losing_evidence": "warning_closed" if prefix == "warning_" else "lost",
		"escalate_inquiry_evidence": "needs_response",
	}
	verdict = verdicts.get(dispute["evidence"]["uncategorized_text"])
	if verdict:
		ctx.schedule(ctx.clock.time() + 1, "disputes.decide", dispute=dispute["id"], status=verdict)


@task("disputes.decide")
def decide(ctx, dispute: str, status: str) -> None:
	row = ctx.find("dispute", dispute)
	if row and not status_of(row).closed:
		move(ctx, row, status)


def refusing_refunds(ctx, charge: dict) -> dict | None:
	"""The dispute (of any that the charge has) because of which it can't be refunded."""
	disputes = ctx.all("dispute", "charge", charge["id"])
	return next((row for row in disputes if not row["is_charge_refundable"]), None)


def _first_status(kind: str, inquiry: bool) -> str:
	if kind == "us_bank_account":
		return "lost"
	return "warning_needs_response" if inquiry else "needs_response"


def _usual_case_type(status: str) -> str:
	if status.startswith("warning"):
		return "inquiry"
	return "block" if status == "prevented" else "chargeback"


def _check(status: str, case_type: str | None) -> None:
	if status not in STATUSES:
		raise ValueError(f"status must be one of {', '.join(STATUSES)}")
	if case_type not in (None, *CASE_TYPES):
		raise ValueError(f"case_type must be one of {', '.join(CASE_TYPES)}")


def _case_type(dispute: dict) -> str | None:
	return dispute["payment_method_details"]["card"]["case_type"] if dispute["_kind"] == "card" else None


def _settle_what_follows(ctx, dispute: dict) -> None:
	"""Whether the charge can be refunded, and until when somebody may answer: 0 where nobody can."""
	meaning = status_of(dispute)
	dispute["is_charge_refundable"] = meaning.refundable
	details = dispute["evidence_details"]
	if meaning.answerable and dispute["_kind"] == "card":
		details["due_by"] = ctx.now + DAYS_TO_ANSWER * DAY
	elif details["due_by"] is None:
		details["due_by"] = 0
	ctx.put(dispute)


def _move_money(ctx, dispute: dict) -> None:
	"""Withdraw or give back, where the status says otherwise than the balance does."""
	withdrawn = sum(entry["amount"] for entry in dispute["balance_transactions"]) < 0
	wanted = status_of(dispute).withdrawn
	# An inquiry whose payment was refunded in full costs nothing any more, whatever becomes of it.
	if wanted and not withdrawn and not ctx.get("charge", dispute["charge"])["refunded"]:
		_add_entry(ctx, dispute, -1, "Chargeback withdrawal", fee=balance.dispute_fee(ctx, dispute))
		ctx.emit("charge.dispute.funds_withdrawn", dispute)
	elif withdrawn and not wanted:
		_add_entry(ctx, dispute, 1, "Chargeback reversal", category="dispute_reversal")
		ctx.emit("charge.dispute.funds_reinstated", dispute)


def _add_entry(ctx, dispute: dict, sign: int, what: str, **more) -> None:
	entry = balance.record(
		ctx, dispute, "adjustment", sign * dispute["amount"], description=f"{what} for {dispute['charge']}", **more
	)  # fmt: skip
	shown = {name: value for name, value in public(entry).items() if name != "payout"}
	dispute["balance_transactions"] = [*dispute["balance_transactions"], shown]
	ctx.put(dispute)


def _new(ctx, charge: dict, amount: int, reason: str, status: str) -> dict:
	details = charge["payment_method_details"]
	network_reason = "10.4" if details["type"] == "card" else None
	return {
		"id": new_id("du"),
		"object": "dispute",
		"amount": amount,
		"balance_transaction": None,
		"balance_transactions": [],
		"charge": charge["id"],
		"created": ctx.now,
		"currency": charge["currency"],
		"enhanced_eligibility_types": [],
		"evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
		"evidence_details": {
			"due_by": None,
			"enhanced_eligibility": {},
			"has_evidence": False,
			"past_due": False,
			"submission_count": 0,
			"submission_method": "not_submitted",
		},
		"intended_submission_method": None,
		"is_charge_refundable": False,
		"livemode": ctx.livemode,
		"metadata": {},
		"network_reason_code": network_reason,
		"payment_intent": charge["payment_intent"],
		"payment_method_details": _method_details(details, network_reason),
		"reason": reason,
		"status": status,
		"_kind": details["type"],
	}


def _method_details(details: dict, network_reason: str | None) -> dict | None:
	"""The SDK knows no details of a disputed bank debit."""
	if details["type"] != "card":
		return None
	brand = details["card"]["brand"]
	card = {"brand": brand, "case_type": None, "network": brand, "network_reason_code": network_reason}
	return {"card": card, "type": "card"}


def _end_mandate(ctx, charge: dict, reason: str) -> None:
	"""A return ends the mandate. One for wrong details blocks the account, and so does a second unauthorised debit."""
	method = ctx.find("payment_method", charge["payment_method"])
	if method is None:
		return
	if reason == "incorrect_account_details":
		debits.block(ctx, method, "R03", "no_account")
	elif reason not in debits.REASONS_OF_LATE_RETURN and _times_disputed(ctx, method, reason) > 1:
		debits.block(ctx, method, "R10", "debit_not_authorized")
	else:
		mandates.end_all(ctx, method["id"])


def _times_disputed(ctx, method: dict, reason: str) -> int:
	"""How often debits of this bank account, whichever PaymentMethod it goes by, were disputed for this reason."""
	fingerprint = method["us_bank_account"]["fingerprint"]
	charges = [ctx.get("charge", row["charge"]) for row in ctx.all("dispute") if row["reason"] == reason]
	details = [charge["payment_method_details"].get("us_bank_account") or {} for charge in charges]
	return sum(row.get("fingerprint") == fingerprint for row in details)
