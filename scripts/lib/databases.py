"""A MariaDB and Redis servers of our own, on 127.0.0.1, beside whatever the machine already runs."""

import json
import secrets
import shutil
from pathlib import Path

from . import fingerprint
from .place import Place
from .ports import ports
from .run import read, run
from .say import Problem, step
from .services import Service, last_lines, start, stop

MY_CNF = """\
# Made by scripts/demo or scripts/test, for their own bench only.
[mysqld]
datadir={datadir}
socket={socket}
pid-file={run}/mariadbd.pid-of-its-own
port={port}
bind-address=127.0.0.1
character-set-server=utf8mb4
collation-server=utf8mb4_unicode_ci
innodb_buffer_pool_size=512M
# A crash of the machine may lose the last second: this data can be made again.
innodb_flush_log_at_trx_commit=2
max_connections=400
skip-log-bin
"""
# Anonymous users would take precedence over the sites' users when these come from localhost.
SECURE = """\
DELETE FROM mysql.global_priv WHERE User = '';
FLUSH PRIVILEGES;
CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
ALTER USER 'root'@'127.0.0.1' IDENTIFIED BY '{password}';
ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}';
"""


def start_mariadb(place: Place) -> list[str]:
	"""Start it, making its data folder first where there is none. The names of what this call started."""
	config = _write_config(place)
	first = not (place.home / "mariadb/mysql").is_dir()
	if first:
		with step("Making a database server of our own"):
			_make_data(place, config)
	command = ["mariadbd", f"--defaults-file={config}"]
	try:
		began = start(
			place, Service("mariadb", command, place.home, ports(place)["mariadb"], lambda: _ping(place))
		)
	except Problem as problem:
		raise Problem(
			f"MariaDB refuses to start: {problem.cause}",
			problem.way_out
			if "Port" in problem.cause
			else f"Its log says why: {place.log}/mariadb.log. If its data is "
			f"damaged, remove {place.home}/mariadb (the demo's and the tests' sites are then made anew).",
			problem.details or last_lines(place, "mariadb"),
		) from None
	return ["mariadb"] if began else []


def start_redis(place: Place, *names: str) -> list[str]:
	return [name for name in names if start(place, _redis(place, name))]


def root_password(place: Place) -> str:
	return json.loads((place.home / "secrets.json").read_text())["mariadb"]


def _redis(place: Place, name: str) -> Service:
	port = ports(place)[name]
	# Nothing is kept on disk: what must survive stands in MariaDB.
	options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
	return Service(name, ["redis-server", *options], place.run, port)


def _make_data(place: Place, config: Path):
	datadir = place.home / "mariadb"
	place.own(datadir)
	_write_secret(place)
	fingerprint.forget(place, "site ")  # their databases were in the old one
	command = ["mariadb-install-db", f"--defaults-file={config}", "--auth-root-authentication-method=normal"]
	run(place, command, "Making MariaDB's data folder")
	start(
		place,
		Service("mariadb", ["mariadbd", f"--defaults-file={config}"], place.home, ports(place)["mariadb"]),
	)
	try:
		sql = SECURE.format(password=root_password(place))
		client = ["mariadb", f"--socket={_socket(place)}", "-uroot"]
		secured = read(place, [*client, "-e", sql])
		if secured.returncode:
			raise Problem("MariaDB refuses its own root.", f"Remove {datadir} and run again.", secured.stderr)
	except BaseException:
		stop(place, "mariadb")
		shutil.rmtree(datadir)  # half-made, it would be taken for a finished one
		raise


def _write_config(place: Place) -> Path:
	path = place.home / "my.cnf"
	text = MY_CNF.format(
		datadir=place.home / "mariadb", socket=_socket(place), run=place.run, port=ports(place)["mariadb"]
	)
	if not path.exists() or path.read_text() != text:
		path.write_text(text)
	return path


def _write_secret(place: Place):
	path = place.home / "secrets.json"
	path.touch(mode=0o600)
	path.write_text(json.dumps({"mariadb": secrets.token_hex(16)}) + "\n")


def _socket(place: Place) -> Path:
	"""In the run folder, unless its path is longer than the 107 bytes that Linux allows for a socket."""
	path = place.run / "mariadb.sock"
	return path if len(str(path)) < 100 else Path(f"/tmp/stripe-service-{ports(place)['mariadb']}.sock")


def _ping(place: Place) -> bool:
	command = ["mariadb", f"--socket={_socket(place)}", "-uroot", "-e", "SELECT 1"]
	return read(place, command, MYSQL_PWD=root_password(place)).returncode == 0
