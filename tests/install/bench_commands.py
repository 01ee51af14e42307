"""Frappe's own commands, as an administrator gives them to bench, on one site."""

import json
import subprocess
from pathlib import Path


class Commands:
	environment: dict[str, str] | None = None  # of these commands; None: this process's own

	def __init__(self, bench: Path, site: str, database_account: list[str]):
		self.bench, self.site, self.database_account = bench, site, database_account

	def new_site(self):
		options = ["--force", "--admin-password", "admin", "--no-mariadb-socket"]
		self._frappe(["new-site", self.site, *options, *self.database_account])

	def drop_site(self):
		archive = self.bench / "archived"
		options = ["--force", "--no-backup", "--archived-sites-path", str(archive)]
		self._frappe(["drop-site", self.site, *options, *self.database_account])

	def run(self, *arguments: str) -> str:
		"""Like `bench --site SITE ...`; what it printed. A failed command fails the test with what it said."""
		return self._frappe(["--site", self.site, *arguments])

	def run_on_frappe(self, version: str, *arguments: str) -> subprocess.CompletedProcess:
		"""Like `run`, in a process that takes itself for this version of Frappe; may fail."""
		return subprocess.run(
			[self._python, "-c", OF_ANOTHER_VERSION, version, "frappe", "--site", self.site, *arguments],
			cwd=self.bench / "sites",
			env=self.environment,
			stdin=subprocess.DEVNULL,
			stdout=subprocess.PIPE,
			stderr=subprocess.STDOUT,
			text=True,
		)

	def evaluate(self, program: str):
		"""Run a program on the connected site, in a process of its own, and return the `answer` that it left."""
		done = subprocess.run(
			[self._python, "-c", PROGRAM, self.site, program],
			cwd=self.bench / "sites",
			env=self.environment,
			stdin=subprocess.DEVNULL,
			capture_output=True,
			text=True,
		)
		assert done.returncode == 0, done.stderr[-3000:]
		return json.loads(done.stdout.splitlines()[-1])

	@property
	def _python(self) -> Path:
		return self.bench / "env/bin/python"

	def _frappe(self, arguments: list[str]) -> str:
		done = subprocess.run(
			[self._python, "-m", "frappe.utils.bench_helper", "frappe", *arguments],
			cwd=self.bench / "sites",
			env=self.environment,
			stdin=subprocess.DEVNULL,
			stdout=subprocess.PIPE,
			stderr=subprocess.STDOUT,
			text=True,
		)
		shown = [word for word in arguments if word not in self.database_account]
		assert done.returncode == 0, f"{' '.join(shown)}\n{done.stdout[-3000:]}"
		return done.stdout


OF_ANOTHER_VERSION = """
import sys
import frappe
frappe.__version__ = sys.argv.pop(1)
from frappe.utils.bench_helper import main
main()
"""

PROGRAM = """
import json, sys
import frappe
frappe.init(sys.argv[1], sites_path=".")
frappe.connect()
names = {"frappe": frappe}
exec(sys.argv[2], names)
frappe.db.rollback()
print(json.dumps(names["answer"], default=str))
"""
