"""HTTP: the API under /v1, the control routes under /emulator, the stand-in for Stripe.js, a page for people."""

import socket
import struct
from pathlib import Path

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

from . import api, control_routes, pages

STATIC = Path(__file__).parent / "static"
CORS = {
	"Access-Control-Allow-Origin": "*",
	"Access-Control-Allow-Methods": "GET, POST, DELETE, HEAD, OPTIONS",
	"Access-Control-Allow-Headers": (
		"Authorization, Content-Type, Stripe-Version, Stripe-Account, Idempotency-Key, X-Requested-With"
	),
	"Access-Control-Expose-Headers": "Request-Id, Stripe-Should-Retry, Idempotent-Replayed",
	"Access-Control-Max-Age": "300",
	"Access-Control-Allow-Private-Network": "true",
}


class Application:
	def __init__(self, emulator):
		self.emulator = emulator

	def __call__(self, environ, start_response):
		request = Request(environ)
		try:
			response = self._respond(request)
		except api.Dropped:
			# Reset the connection, so that the caller sees exactly what a broken network shows.
			connection = environ["werkzeug.socket"]
			connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
			connection.shutdown(socket.SHUT_RDWR)
			raise ConnectionResetError from None
		except HTTPException as error:
			response = error.get_response(environ)
		for name, value in CORS.items():
			response.headers.setdefault(name, value)
		return response(environ, start_response)

	def _respond(self, request: Request) -> Response:
		path = request.path
		if request.method == "OPTIONS":
			return Response(status=204)
		if path.startswith("/v1/"):
			answer = api.Call(self.emulator, request).answer()
			return Response(answer.body, answer.status, answer.headers)
		if path.startswith("/emulator/"):
			return control_routes.respond(self.emulator, request) or pages.respond(self.emulator, request)
		if path == "/":
			return pages.home(self.emulator, request)
		return _static(request)


def _static(request: Request) -> Response:
	"""`/stripe.js` at any depth (`/endive/stripe.js`, `/v3/`), as js.stripe.com names it; other files by name."""
	name = request.path.strip("/")
	if request.path.endswith("/stripe.js") or name in ("v3", "basil", "clover", "dahlia", "endive"):
		name = "stripe.js"
	if not name:
		raise NotFound()
	response = send_from_directory(STATIC, name, request.environ)
	response.headers["Cache-Control"] = "no-cache, no-store, must-revalidate"
	return response


class Handler(WSGIRequestHandler):
	# Header and body leave in two writes; with Nagle's algorithm the second one would wait 40 ms for an ACK.
	disable_nagle_algorithm = True
	protocol_version = "HTTP/1.1"

	def log_request(self, *arguments) -> None:
		"""Requests are kept in the emulator's own log."""


def serve(emulator, host: str, port: int):
	"""A threaded server, ready for `serve_forever()`."""
	return make_server(host, port, Application(emulator), threaded=True, request_handler=Handler)
