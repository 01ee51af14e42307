"""Run the emulator: python -m stripe_emulator --port 12100 [--data FILE | --memory]"""

import argparse
import errno
import signal
import sys

from . import DEFAULT_PORT
from .emulator import Emulator
from .server import serve


def main() -> None:
	"""Serve until it is ended. The state is in memory, or in the file that --data names."""
	parser = argparse.ArgumentParser(prog="stripe_emulator", description=__doc__)
	parser.add_argument("--host", default="127.0.0.1")
	parser.add_argument("--port", type=int, default=DEFAULT_PORT)
	where = parser.add_mutually_exclusive_group()
	where.add_argument("--data", metavar="FILE", help="keep the state in this SQLite file")
	where.add_argument("--memory", action="store_true", help="keep the state in memory only (the default)")
	options = parser.parse_args()
	base_url = f"http://{options.host}:{options.port}"
	emulator = Emulator(options.data, base_url)
	try:
		server = serve(emulator, options.host, options.port)
	except OSError as error:
		if error.errno == errno.EADDRINUSE:
			sys.exit(f"Port {options.port} is taken. Choose another with --port.")
		raise
	emulator.start()
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
	print(f"Stripe emulator on {base_url} (control: {base_url}/emulator/)", flush=True)
	try:
		server.serve_forever()
	except KeyboardInterrupt:
		pass


if __name__ == "__main__":
	main()
