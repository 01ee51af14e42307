from stripe_service.saved_methods.records import SavedMethod


class StripeBankAccount(SavedMethod):
	pass
