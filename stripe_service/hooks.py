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
		"onload": ["stripe_service.access.onload.tell_form"],
		"validate": [
			"stripe_service.payables.amounts.keep_amounts",
			"stripe_service.access.workflow_guard.refuse_unpaid",
		],
		"before_save": ["stripe_service.access.work_items.before_frappe"],
		"before_submit": ["stripe_service.access.work_items.before_frappe"],
		"before_update_after_submit": [
			"stripe_service.payables.amounts.keep_amounts",
			"stripe_service.access.workflow_guard.refuse_unpaid",
			"stripe_service.access.work_items.before_frappe",
		],
		"before_cancel": ["stripe_service.access.work_items.before_frappe"],
		"after_insert": ["stripe_service.access.work_items.before_frappe"],
		"on_update": ["stripe_service.access.work_items.after_frappe"],
		"on_update_after_submit": ["stripe_service.access.work_items.after_frappe"],
		"on_cancel": ["stripe_service.access.work_items.after_frappe"],
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
	"*": "stripe_service.access.query_conditions.of_document",
	"Comment": "stripe_service.access.query_conditions.of_attached_row",
	"Communication": "stripe_service.access.query_conditions.of_attached_row",
	"Document Follow": "stripe_service.access.query_conditions.of_attached_row",
	"File": "stripe_service.access.query_conditions.of_attached_row",
	"Invoice Payment": "stripe_service.access.query_conditions.of_payment",
	"Organisation Unit": "stripe_service.access.query_conditions.of_unit",
	"Tag Link": "stripe_service.access.query_conditions.of_attached_row",
	"Version": "stripe_service.access.query_conditions.of_attached_row",
	"View Log": "stripe_service.access.query_conditions.of_attached_row",
	"Workflow Action": "stripe_service.access.query_conditions.of_work_item",
	"Saved Card": "stripe_service.methods.ownership.query_conditions",
	"Stripe Bank Account": "stripe_service.methods.ownership.query_conditions",
}

has_permission = {
	"*": "stripe_service.access.document_checks.of_document",
	"Comment": "stripe_service.access.document_checks.of_attached_row",
	"Communication": "stripe_service.access.document_checks.of_attached_row",
	"Document Follow": "stripe_service.access.document_checks.of_attached_row",
	"File": "stripe_service.access.document_checks.of_attached_row",
	"Invoice Payment": "stripe_service.access.document_checks.of_payment",
	"Organisation Unit": "stripe_service.access.document_checks.of_unit",
	"Tag Link": "stripe_service.access.document_checks.of_attached_row",
	"Version": "stripe_service.access.document_checks.of_attached_row",
	"View Log": "stripe_service.access.document_checks.of_attached_row",
	"Workflow Action": "stripe_service.access.document_checks.of_work_item",
	"Saved Card": "stripe_service.methods.ownership.has_permission",
	"Stripe Bank Account": "stripe_service.methods.ownership.has_permission",
}
