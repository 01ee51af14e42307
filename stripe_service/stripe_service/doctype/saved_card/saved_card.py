from stripe_service.methods.records import SavedMethod


class SavedCard(SavedMethod):
	pass
