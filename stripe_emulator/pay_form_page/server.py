"""HTTP of the test page: the page, the app's own JavaScript and styles as they lie in the repo, and the form's calls."""

import json
import traceback
from pathlib import Path

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

from .desk import Refused

HERE = Path(__file__).parent
PUBLIC = HERE.parent.parent / "stripe_service" / "public"
# What the form's own page may do, as a strict site would allow it.
POLICY = "default-src 'self'; script-src 'self' {stripe}; frame-src {stripe}; connect-src 'self' {stripe}; style-src 'self'"
FOLDERS = {"pay_form": PUBLIC / "js" / "pay_form", "css": PUBLIC / "css", "page": HERE / "static"}


class Application:
	def __init__(self, desk):
		self.desk = desk

	def __call__(self, environ, start_response):
		request = Request(environ)
		try:
			response = self._respond(request)
		except HTTPException as error:
			response = error.get_response(environ)
		except Exception:
			traceback.print_exc()
			response = _json({"error": "A fault of the test page; see its output."}, 500)
		response.headers["Cache-Control"] = "no-store"
		return response(environ, start_response)

	def _respond(self, request: Request) -> Response:
		parts = request.path.strip("/").split("/", 1)
		if parts[0] == "call" and request.method == "POST":
			return self._call(parts[1], request)
		if parts[0] == "invoices" and request.method == "POST":
			return _json(self.desk.add_invoice(**request.get_json()))
		if parts[0] in FOLDERS and len(parts) == 2:
			return send_from_directory(FOLDERS[parts[0]], parts[1], request.environ)
		if parts[0] in ("", "pay"):
			return self._page(request, "index.html" if parts[0] == "" else "pay.html")
		raise NotFound()

	def _page(self, request: Request, name: str) -> Response:
		response = send_from_directory(HERE / "static", name, request.environ)
		response.headers["Content-Security-Policy"] = POLICY.format(stripe=self.desk.stripe_url)
		return response

	def _call(self, method: str, request: Request) -> Response:
		try:
			result = self.desk.call(
				method, request.headers.get("X-User") or "payer@example.com", request.get_json()
			)
		except Refused as error:
			return _json({"error": str(error)}, 417)
		return _json({"message": result})


def _json(content, status: int = 200) -> Response:
	return Response(json.dumps(content), status, content_type="application/json")
