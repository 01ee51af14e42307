import argparse

from werkzeug.serving import run_simple

from . import DEFAULT_PORT
from .desk import Desk
from .server import Application


def main() -> None:
	"""Serve the pay form's test page until it is ended."""
	parser = argparse.ArgumentParser(prog="python -m stripe_emulator.pay_form_page", description=__doc__)
	parser.add_argument("--host", default="127.0.0.1")
	parser.add_argument("--port", type=int, default=DEFAULT_PORT)
	parser.add_argument("--stripe", default="http://127.0.0.1:12100", help="the emulator's address")
	parser.add_argument("--secret-key", default="sk_test_emulator_us")
	parser.add_argument("--publishable-key", default="pk_test_emulator_us")
	arguments = parser.parse_args()
	desk = Desk(arguments.stripe, arguments.secret_key, arguments.publishable_key)
	desk.add_examples()
	print(f"Pay form's test page: http://{arguments.host}:{arguments.port}/", flush=True)
	run_simple(arguments.host, arguments.port, Application(desk), threaded=True)


if __name__ == "__main__":
	main()
