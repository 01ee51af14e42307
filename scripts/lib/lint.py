"""scripts/test lint: ruff, eslint and prettier at Frappe's versions, shellcheck, and the marketplace's gate.

Each tool counts as one check. The versions are those of .pre-commit-config.yaml, which is how a developer runs them
before a commit; here they run without pre-commit, which would fetch them from GitHub.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from . import fingerprint, machine, marketplace
from .place import Place
from .report import Counts, Report
from .run import run
from .say import Problem, progress, say, step

RUFF = "ruff==0.2.0"
NODE_TOOLS = ["eslint@8.44.0", "prettier@2.7.1"]
JS = ("*.js", "*.mjs")
PRETTIER = (*JS, "*.css", "*.scss")


def check(place: Place, report: Report):
	"""Run every check; one that can't be run here is told as such."""
	for name, checker in _checks(place).items():
		try:
			findings = checker()
		except Problem as problem:
			report.could_not(f"lint {name}", problem.cause)
			continue
		report.add("lint", Counts(passed=not findings, failed=bool(findings)))
		if findings:
			report.failures.append(f"lint {name}")
			say(findings)
	progress(f"lint: {report.kinds.get('lint')}")


def _checks(place: Place) -> dict[str, Callable[[], str]]:
	source = place.source
	ruff = lambda *arguments: _findings(place, [_ruff(place), *arguments, "."])  # noqa: E731
	node = lambda tool, patterns, *arguments: _on_files(place, [_node(place, tool), *arguments], patterns)  # noqa: E731
	return {
		"ruff check": lambda: ruff("check", "--no-cache"),
		"ruff format": lambda: ruff("format", "--no-cache", "--diff"),
		"eslint": lambda: node("eslint", JS, "--quiet", "--no-eslintrc", "--config", source / ".eslintrc"),
		"prettier": lambda: node("prettier", PRETTIER, "--check"),
		"shellcheck": lambda: _shellcheck(place),
		"marketplace gate": lambda: "\n".join(marketplace.violations(source / "stripe_service")),
	}


def _ruff(place: Place) -> Path:
	env = place.home / "env-lint"
	if not fingerprint.same(place, env.name, RUFF):
		with step(f"Installing {RUFF}"):
			run(
				place,
				[machine.find_python(place), "-m", "venv", "--clear", env],
				"Making an environment for ruff",
			)
			run(place, [env / "bin/pip", "install", "-q", RUFF], "Installing ruff")
		fingerprint.remember(place, env.name, RUFF)
	return env / "bin/ruff"


def _node(place: Place, tool: str) -> Path:
	folder = place.home / "lint-node"
	if not fingerprint.same(place, folder.name, NODE_TOOLS):
		place.own(folder)
		with step(f"Installing {', '.join(NODE_TOOLS)}"):
			if shutil.which("npm"):
				run(
					place,
					["npm", "install", "--silent", "--no-save", "--prefix", folder, *NODE_TOOLS],
					"npm",
					cwd=folder,
				)
			else:
				run(
					place,
					["yarn", "add", "--silent", "--no-lockfile", "--cwd", folder, *NODE_TOOLS],
					"yarn",
					cwd=folder,
				)
		fingerprint.remember(place, folder.name, NODE_TOOLS)
	return folder / "node_modules/.bin" / tool


def _shellcheck(place: Place) -> str:
	if not shutil.which("shellcheck"):
		raise Problem("shellcheck is not on this machine (apt-get install shellcheck)", "")
	scripts = [path for path in _files(place, ("scripts/*", ".ci/*")) if _is_shell(place.source / path)]
	return _findings(place, ["shellcheck", "-x", *scripts])


def _on_files(place: Place, command: list, patterns: tuple[str, ...]) -> str:
	files = _files(place, patterns)
	return _findings(place, [*command, *files]) if files else ""


def _files(place: Place, patterns: tuple[str, ...]) -> list[str]:
	listing = subprocess.run(
		["git", "-c", f"safe.directory={place.repo}", "ls-files", "-co", "--exclude-standard", *patterns],
		cwd=place.repo, capture_output=True, text=True, check=True,
	)  # fmt: skip
	return [name for name in listing.stdout.splitlines() if (place.source / name).is_file()]


def _is_shell(path: Path) -> bool:
	return path.suffix == ".sh" or path.read_bytes()[:30].startswith((b"#!/usr/bin/env bash", b"#!/bin/bash"))


def _findings(place: Place, command: list) -> str:
	"""What the tool printed, if it found something."""
	done = subprocess.run(
		list(map(str, command)),
		cwd=place.source,
		env=place.environment(),
		stdin=subprocess.DEVNULL,
		stdout=subprocess.PIPE,
		stderr=subprocess.STDOUT,
		text=True,
		**place.as_user(),
	)
	if done.returncode == 0:
		return ""
	return done.stdout.strip() or f"{command[0]} ended with exit code {done.returncode}"
