"""Install, migrate and uninstall.

Everything made here is made only if missing: an administrator owns it from then on, and fixtures, which overwrite on
every migrate, would take that away.
"""


def after_install():
	_make_what_is_missing()


def after_migrate():
	_make_what_is_missing()


def before_uninstall():
	"""Undo what setup made outside the app's own module."""


def _make_what_is_missing():
	pass
