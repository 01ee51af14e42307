"""The site that the tests run on: which one, and how a plain Python process becomes part of it.

`BENCH` and `SITE` name it (`scripts/test` sets both). The process connects as Frappe's own test runner does, except
that nothing is mocked and commits are real: what is tested here depends on commits, locks and jobs.
"""

import os
from contextlib import contextmanager
from pathlib import Path

import pytest


def bench() -> Path:
	return Path(os.environ["BENCH"])


def site_name() -> str:
	return os.environ["SITE"]


def available() -> bool:
	return bool(os.environ.get("BENCH") and os.environ.get("SITE"))


def enter_sites_folder() -> None:
	"""For a conftest: Frappe opens log files relative to the folder of sites, some of them when a module is imported, as while
	tests are collected."""
	if os.environ.get("BENCH"):
		os.chdir(bench() / "sites")


def require_site():
	"""Skip, or fail where REQUIRE_SITE=1, when no site was named."""
	if available():
		return
	message = "needs a Frappe site: run it through scripts/test, or set BENCH and SITE (docs/testing.md)"
	if os.environ.get("REQUIRE_SITE") == "1":
		pytest.fail(message)
	pytest.skip(message)


@contextmanager
def connected():
	"""Connect this process to the site as Administrator, in Frappe's test mode, on v15 and v16."""
	import frappe

	sites = bench() / "sites"
	before = os.getcwd()
	os.chdir(sites)
	frappe.init(site_name(), sites_path=str(sites))
	frappe.connect()
	_test_mode(frappe)
	frappe.set_user("Administrator")
	try:
		yield frappe
	finally:
		frappe.db.rollback()
		frappe.destroy()
		os.chdir(before)


def _test_mode(frappe, on: bool = True):
	frappe.flags.in_test = on
	if hasattr(frappe, "in_test"):  # 16 keeps it there as well
		frappe.in_test = on


@contextmanager
def not_in_test_mode():
	"""Frappe as it is in production, where it does what it leaves out for tests."""
	import frappe

	_test_mode(frappe, False)
	try:
		yield
	finally:
		_test_mode(frappe)


@contextmanager
def as_user(user: str):
	"""Be this user inside the block; afterwards whoever it was before, with nothing half-written left open."""
	import frappe

	before = frappe.session.user
	frappe.set_user(user)
	try:
		yield user
	finally:
		frappe.set_user(before)


@contextmanager
def counted_queries():
	"""The statements that reach the database inside the block: what a request costs, counted and not measured in seconds."""
	import frappe

	seen, real = [], frappe.db.sql

	def sql(query, *args, **kwargs):
		seen.append(str(query))
		return real(query, *args, **kwargs)

	frappe.db.sql = sql
	try:
		yield seen
	finally:
		frappe.db.sql = real


def fresh_request():
	"""Forget what one request keeps for itself."""
	import frappe

	frappe.local.document_cache = {}
	frappe.local.role_permissions = {}
