"""The role Portal Payer, before Frappe makes it with access to the desk (setup.portal_role)."""

from stripe_service.setup import portal_role


def execute():
	portal_role.make_if_missing()
