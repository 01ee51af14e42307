"""The test case of the DocTypes' own tests: Frappe 16's, or 15's by the same name. Remove the latter with Frappe 15."""

try:
	from frappe.tests import IntegrationTestCase
except ImportError:
	from frappe.tests.utils import FrappeTestCase as IntegrationTestCase

__all__ = ["IntegrationTestCase"]
