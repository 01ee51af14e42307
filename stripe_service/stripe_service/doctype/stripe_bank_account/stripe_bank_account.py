from stripe_service.methods.records import SavedMethod


class StripeBankAccount(SavedMethod):
	pass
