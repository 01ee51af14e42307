"""How fast webhooks are taken in, as a share of the rate at which the same server answers an empty POST.

Both are measured on one server, with the same clients, over real HTTP, in short turns, so that the ratio says what the
intake adds, whatever the machine and whatever else it does. Run it with BENCH and SITE set: `python -m tests.bench.webhook_intake`.
"""

import http.client
import json
import os
import threading
import time
from contextlib import contextmanager

from tests.support import servers as web
from tests.support import site
from tests.support.webhooks import event, sign

CLIENTS = 8
ROUNDS = 25
REQUESTS_PER_ROUND = 300
SECRET = "whsec_bench_of_the_intake"
TOKEN = "bench-of-the-intake"
EMPTY = "/api/method/ping"
RECEIVE = f"/api/method/stripe_service.api.webhook.receive?account={TOKEN}"
TARGET = 0.8


def main() -> int:
	with (
		site.connected() as frappe,
		endpoint(frappe),
		web.running_server(site.bench(), site.site_name()) as server,
	):
		run(server, EMPTY, [b""] * 200)
		run(server, RECEIVE, payloads(200))
		rates = {"empty": [], "intake": []}
		for _ in range(ROUNDS):
			rates["empty"].append(run(server, EMPTY, [b""] * REQUESTS_PER_ROUND))
			rates["intake"].append(run(server, RECEIVE, payloads(REQUESTS_PER_ROUND)))
		check_stored(frappe)
	return report(rates)


@contextmanager
def endpoint(frappe):
	"""A Stripe Account that an endpoint at Stripe belongs to; its events are removed afterwards."""
	from stripe_service.accounts.secrets import write_secret

	name = "Bench of the Intake"
	if not frappe.db.exists("Stripe Account", name):
		frappe.get_doc(doctype="Stripe Account", name=name, account_name=name, mode="Test").db_insert()
	frappe.db.set_value("Stripe Account", name, {"webhook_token": TOKEN, "mode": "Test"})
	write_secret(name, "webhook_secret", SECRET)
	frappe.db.commit()
	try:
		yield
	finally:
		frappe.db.rollback()
		frappe.db.delete("Stripe Event", {"stripe_account": name})
		frappe.db.delete("Stripe Account", {"name": name})
		frappe.db.commit()


def payloads(count: int) -> list[bytes]:
	"""Bodies like Stripe's own, of a PaymentIntent that succeeded: about four kilobytes each."""
	return [json.dumps(event("payment_intent.succeeded"), indent=2).encode() for _ in range(count)]


def run(server, path: str, bodies: list[bytes]) -> float:
	"""Requests answered per second. Signing is done before the clock starts."""
	requests = [(body, headers(server, body)) for body in bodies]
	shares = [requests[number::CLIENTS] for number in range(CLIENTS)]
	faults: list[str] = []
	clients = [threading.Thread(target=send, args=(server, path, share, faults)) for share in shares]
	begin = time.perf_counter()
	for client in clients:
		client.start()
	for client in clients:
		client.join()
	seconds = time.perf_counter() - begin
	if faults:
		raise SystemExit(f"{len(faults)} requests failed: {faults[0]}")
	return len(bodies) / seconds


def headers(server, body: bytes) -> dict:
	told = {"Host": f"{server.site}:{server.port}", "Content-Length": str(len(body))}
	if body:
		told |= {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": sign(body, SECRET)}
	return told


def send(server, path: str, requests: list, faults: list[str]) -> None:
	connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
	for body, told in requests:
		connection.request("POST", path, body=body, headers=told)
		answer = connection.getresponse()
		text = answer.read()
		if answer.status != 200:
			faults.append(f"HTTP {answer.status} {text[:200]!r}")


def check_stored(frappe) -> None:
	frappe.db.rollback()
	stored = frappe.db.count("Stripe Event", {"stripe_account": "Bench of the Intake"})
	expected = 200 + ROUNDS * REQUESTS_PER_ROUND
	if stored != expected:
		raise SystemExit(f"{stored} events are stored, {expected} were sent")


def report(rates: dict[str, list[float]]) -> int:
	ratios = sorted(intake / empty for empty, intake in zip(rates["empty"], rates["intake"], strict=True))
	told = {
		"bench": "webhook intake",
		"empty_post_per_second": round(overall(rates["empty"])),
		"intake_per_second": round(overall(rates["intake"])),
		"ratio": round(overall(rates["intake"]) / overall(rates["empty"]), 3),
		"median_ratio_of_rounds": round(ratios[len(ratios) // 2], 3),
		"target": TARGET,
		"cpus": os.cpu_count(),
		"load": os.getloadavg()[0],
	}
	print(json.dumps(told, indent=1))
	return 0 if told["ratio"] >= TARGET else 1


def overall(rates: list[float]) -> float:
	"""Rounds are of equal size: all requests by all the time that they took."""
	return len(rates) / sum(1 / rate for rate in rates)


if __name__ == "__main__":
	raise SystemExit(main())
