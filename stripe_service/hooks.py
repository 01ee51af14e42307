"""An index: every entry is a dotted path to the function that does the work, and says nothing more."""

app_name = "stripe_service"
app_title = "Stripe Service"
app_publisher = "Stripe Service contributors"
app_description = "Pay a portal's invoices through Stripe, by card or ACH"
app_email = "stripe-service@example.com"
app_license = "mit"
required_apps = []

after_install = "stripe_service.install.after_install"
before_uninstall = "stripe_service.install.before_uninstall"
after_migrate = ["stripe_service.install.after_migrate"]

# payables/: what can be paid, and what happens to it then
stripe_payable_handlers = {"Sales Invoice": "stripe_service.payables.erpnext_sales_invoice.SalesInvoicePayable"}

doc_events = {
	"Error Log": {"before_insert": ["stripe_service.accounts.masking.mask_error_log"]},
	"*": {
		"validate": ["stripe_service.payables.amounts.keep_amounts"],
		"before_update_after_submit": ["stripe_service.payables.amounts.keep_amounts"],
	},
}

scheduler_events = {
	"daily": ["stripe_service.accounts.webhook_endpoint.forget_old_secrets"],
	"hourly": ["stripe_service.methods.bank_accounts.sync_open"],
	"cron": {
		"*/2 * * * *": ["stripe_service.payables.after_payment.run_pending"],
	},
}

permission_query_conditions = {
	"Saved Card": "stripe_service.methods.ownership.query_conditions",
	"Stripe Bank Account": "stripe_service.methods.ownership.query_conditions",
}

has_permission = {
	"Saved Card": "stripe_service.methods.ownership.has_permission",
	"Stripe Bank Account": "stripe_service.methods.ownership.has_permission",
}
