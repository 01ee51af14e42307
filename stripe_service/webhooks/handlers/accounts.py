"""account.updated: what the account may do has changed, such as taking bank debits."""

from stripe_service.webhooks.event import Event


def updated(event: Event) -> str:
	from stripe_service.accounts import registration

	registration.refresh(event.account)
	return f"{event.account}: read anew"
