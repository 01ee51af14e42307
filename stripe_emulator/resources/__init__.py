"""The API's resources, one module each; importing a module registers its routes and tasks."""

import importlib
import pkgutil


def load_all() -> None:
	"""Import every module of this package, so that its endpoints are registered."""
	for module in pkgutil.iter_modules(__path__):
		importlib.import_module(f"{__name__}.{module.name}")
