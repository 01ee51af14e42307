"""Disputes: of cards, and of bank debits, where a late return arrives as one that nobody can win."""

from .. import balance, debits, errors, mandates
from ..clock import DAY
from ..context import new_id
from ..registry import route, task
from ..render import page
from .payment_methods import merge_metadata

CLOSED = ("won", "lost", "warning_closed", "prevented")
EVIDENCE = (
	"access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
	"cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
	"customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
	"duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
	"refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
	"shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip


@route("GET", "/v1/disputes/<id>", "DisputeRetrieveParams", permission="dispute_read")
def retrieve(ctx, params, id):
	return ctx.get("dispute", id)


@route("GET", "/v1/disputes", "DisputeListParams", permission="dispute_read")
def list_(ctx, params):
	ids = None
	for field in ("charge", "payment_intent"):
		if params.get(field):
			ids = ctx.store.objects.of(ctx.space, "dispute", field, params[field])
	return page(ctx, "dispute", params, "/v1/disputes", None, ids)


@route("POST", "/v1/disputes/<id>", "DisputeUpdateParams", permission="dispute_write")
def update(ctx, params, id):
	dispute = ctx.get("dispute", id)
	_check_open(dispute)
	evidence = params.get("evidence") or {}
	dispute["evidence"].update({name: evidence[name] or None for name in evidence})
	merge_metadata(dispute, params)
	details = dispute["evidence_details"]
	details["has_evidence"] = any(value for value in dispute["evidence"].values() if value != {})
	ctx.put(dispute)
	if evidence and params.get("submit", True):
		_submit(ctx, dispute)
	else:
		ctx.emit("charge.dispute.updated", dispute)
	return dispute


@route("POST", "/v1/disputes/<id>/close", "DisputeCloseParams", permission="dispute_write")
def close(ctx, params, id):
	dispute = ctx.get("dispute", id)
	_check_open(dispute)
	finish(ctx, dispute, "lost")
	return dispute


@task("disputes.open")
def open_dispute(
	ctx, charge: str, reason: str = "fraudulent", inquiry: bool = False, amount: int | None = None
) -> dict:
	"""The holder or the bank takes the money back; of an inquiry, only asks."""
	row = ctx.get("charge", charge)
	kind = row["payment_method_details"]["type"]
	dispute = _new(ctx, row, amount or row["amount"] - row["amount_refunded"], reason, inquiry)
	ctx.put(dispute)
	row.update(disputed=True, dispute=dispute["id"])
	ctx.put(row)
	ctx.emit("charge.dispute.created", dispute)
	if not inquiry:
		_withdraw(ctx, dispute, kind)
	if kind == "us_bank_account":
		_end_mandate(ctx, row, reason)
	return dispute


def finish(ctx, dispute: dict, status: str) -> None:
	"""won: the money comes back. lost: it stays away. An inquiry just ends."""
	inquiry = dispute["status"].startswith("warning")
	dispute["status"] = "warning_closed" if inquiry else status
	ctx.put(dispute)
	ctx.emit("charge.dispute.closed", dispute)
	if status == "won" and not inquiry:
		_reinstate(ctx, dispute)


@task("disputes.decide")
def decide(ctx, dispute: str, status: str) -> None:
	row = ctx.find("dispute", dispute)
	if row and row["status"] not in CLOSED:
		finish(ctx, row, status)


def _new(ctx, charge: dict, amount: int, reason: str, inquiry: bool) -> dict:
	kind = charge["payment_method_details"]["type"]
	final = kind == "us_bank_account"  # the ACH network's word is final
	status = "lost" if final else "warning_needs_response" if inquiry else "needs_response"
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
			"due_by": None if final else ctx.now + 7 * DAY,
			"enhanced_eligibility": {},
			"has_evidence": False,
			"past_due": False,
			"submission_count": 0,
			"submission_method": "not_submitted",
		},
		"is_charge_refundable": inquiry,
		"livemode": ctx.livemode,
		"metadata": {},
		"network_reason_code": None if final else "10.4",
		"payment_intent": charge["payment_intent"],
		"payment_method_details": _method_details(charge),
		"reason": reason,
		"status": status,
	}


def _method_details(charge: dict) -> dict:
	details = charge["payment_method_details"]
	if details["type"] != "card":
		return {"type": details["type"]}
	brand = details["card"]["brand"]
	return {
		"card": {"brand": brand, "case_type": "chargeback", "network": brand, "network_reason_code": "10.4"},
		"type": "card",
	}


def _withdraw(ctx, dispute: dict, kind: str) -> None:
	entry = balance.record(
		ctx, dispute, "adjustment", -dispute["amount"], fee=balance.dispute_fee(kind),
		description=f"Chargeback withdrawal for {dispute['charge']}",
	)  # fmt: skip
	_add_entry(ctx, dispute, entry)
	ctx.emit("charge.dispute.funds_withdrawn", dispute)
	if dispute["status"] == "lost":
		ctx.emit("charge.dispute.closed", dispute)


def _reinstate(ctx, dispute: dict) -> None:
	entry = balance.record(
		ctx, dispute, "adjustment", dispute["amount"], category="dispute_reversal",
		description=f"Chargeback reversal for {dispute['charge']}",
	)  # fmt: skip
	_add_entry(ctx, dispute, entry)
	charge = ctx.get("charge", dispute["charge"])
	charge["disputed"] = True
	ctx.put(charge)
	ctx.emit("charge.dispute.funds_reinstated", dispute)


def _add_entry(ctx, dispute: dict, entry: dict) -> None:
	shown = {name: value for name, value in entry.items() if not name.startswith("_") and name != "payout"}
	dispute["balance_transactions"] = [*dispute["balance_transactions"], shown]
	ctx.put(dispute)


def _submit(ctx, dispute: dict) -> None:
	"""Stripe's test evidence decides: winning_evidence, losing_evidence; anything else stays under review."""
	dispute["evidence_details"]["submission_count"] += 1
	dispute["evidence_details"]["submission_method"] = "manual"
	dispute["status"] = "warning_under_review" if dispute["status"].startswith("warning") else "under_review"
	ctx.put(dispute)
	ctx.emit("charge.dispute.updated", dispute)
	verdict = {"winning_evidence": "won", "losing_evidence": "lost"}.get(
		dispute["evidence"]["uncategorized_text"]
	)
	if verdict:
		ctx.schedule(ctx.clock.time() + 1, "disputes.decide", dispute=dispute["id"], status=verdict)


def _end_mandate(ctx, charge: dict, reason: str) -> None:
	method = ctx.get("payment_method", charge["payment_method"])
	if reason in debits.REASONS_OF_LATE_RETURN and reason != "incorrect_account_details":
		mandates.end_all(ctx, method["id"])
	elif reason == "incorrect_account_details":
		debits.block(ctx, method, "R03", "no_account")
	else:
		debits.block(ctx, method, "R10", "debit_not_authorized")


def _check_open(dispute: dict) -> None:
	if dispute["status"] in CLOSED:
		raise errors.unexpected_state(
			f"This dispute is already closed: its status is {dispute['status']}.", "dispute_already_closed"
		)
