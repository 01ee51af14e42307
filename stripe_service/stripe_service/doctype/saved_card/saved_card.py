from stripe_service.saved_methods.records import SavedMethod


class SavedCard(SavedMethod):
	pass
