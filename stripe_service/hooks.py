"""An index: every entry is a dotted path to the function that does the work, and says nothing more."""

app_name = "stripe_service"
app_title = "Stripe Service"
app_publisher = "Stripe Service contributors"
app_description = "Pay a portal's invoices through Stripe, by card or ACH"
app_email = "stripe-service@example.com"
app_license = "mit"
required_apps = []

app_include_js = "stripe_service.bundle.js"

before_install = "stripe_service.utils.frappe_versions.refuse_unsupported_frappe"
after_install = "stripe_service.install.after_install"
before_uninstall = "stripe_service.install.before_uninstall"
after_uninstall = "stripe_service.install.after_uninstall"
before_migrate = ["stripe_service.utils.frappe_versions.refuse_unsupported_frappe"]
after_migrate = ["stripe_service.install.after_migrate"]

# payables/: what can be paid, and what happens to it then
stripe_payable_handlers = {
	"Sales Invoice": "stripe_service.payables.erpnext_sales_invoice.SalesInvoicePayable"
}

doc_events = {
	"DocShare": {"validate": ["stripe_service.access.sharing.refuse_share"]},
	"Document Follow": {"validate": ["stripe_service.access.sharing.refuse_follow"]},
	"Email Queue": {"before_insert": ["stripe_service.access.sharing.withhold_email"]},
	"Notification Log": {"before_insert": ["stripe_service.access.sharing.withhold_notification"]},
	"Payable DocType": {"on_update": ["stripe_service.access.sharing.revoke_outsider_access"]},
	"ToDo": {"validate": ["stripe_service.access.sharing.refuse_assignment"]},
	"User Permission": {
		"on_update": ["stripe_service.access.sharing.after_membership_changed"],
		"after_delete": ["stripe_service.access.sharing.after_membership_changed"],
	},
	"Invoice Payment": {"before_save": ["stripe_service.payments.after_payment.queue_fee_booking"]},
	"Error Log": {"before_insert": ["stripe_service.utils.masking.mask_error_log"]},
	"*": {
		"onload": ["stripe_service.access.onload.set_payment_onload"],
		"validate": [
			"stripe_service.payables.balance.restore_payment_amounts",
			"stripe_service.access.workflow_guard.refuse_unpaid",
		],
		"before_save": ["stripe_service.access.work_items.create_item_if_rules_apply"],
		"before_submit": ["stripe_service.access.work_items.create_item_if_rules_apply"],
		"before_update_after_submit": [
			"stripe_service.payables.balance.restore_payment_amounts",
			"stripe_service.access.workflow_guard.refuse_unpaid",
			"stripe_service.access.work_items.create_item_if_rules_apply",
		],
		"before_cancel": ["stripe_service.access.work_items.create_item_if_rules_apply"],
		"after_insert": ["stripe_service.access.work_items.create_item_if_rules_apply"],
		"on_update": [
			"stripe_service.access.work_items.sync_open_items",
			"stripe_service.access.sharing.after_unit_changed",
		],
		"on_update_after_submit": [
			"stripe_service.access.work_items.sync_open_items",
			"stripe_service.access.sharing.after_unit_changed",
		],
		"on_cancel": ["stripe_service.access.work_items.sync_open_items"],
		"before_discard": ["stripe_service.access.discard.refuse_discard"],
		"on_discard": ["stripe_service.access.discard.after_discard"],
	},
}

workflow_methods = [
	{
		"name": "Stripe: Pay with the Default Card",
		"method": "stripe_service.api.workflow_tasks.pay_with_default_card",
	},
	{"name": "Stripe: Reprocess", "method": "stripe_service.api.workflow_tasks.reprocess"},
	{
		"name": "Stripe: Run After-Payment Again",
		"method": "stripe_service.api.workflow_tasks.run_after_payment_again",
	},
]

scheduler_events = {
	"hourly_long": [
		"stripe_service.webhooks.fetch.fetch_all",
		"stripe_service.reconcile.schedule.hourly",
	],
	"daily_long": ["stripe_service.reconcile.schedule.daily"],
	"daily": [
		"stripe_service.access.sharing.revoke_outsider_access",
		"stripe_service.accounts.webhook_endpoint.forget_old_secrets",
		"stripe_service.accounts.webhook_endpoint.ensure_registered",
	],
	"hourly": ["stripe_service.saved_methods.bank_accounts.sync_open"],
	"cron": {
		# Not `all`, which is every four minutes.
		"* * * * *": ["stripe_service.webhooks.process.process_events"],
		"*/2 * * * *": ["stripe_service.payments.after_payment.run_pending"],
		"*/5 * * * *": ["stripe_service.reconcile.schedule.poll"],
	},
}

default_log_clearing_doctypes = {"Stripe Event": 90}

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
	"Saved Card": "stripe_service.saved_methods.ownership.query_conditions",
	"Stripe Bank Account": "stripe_service.saved_methods.ownership.query_conditions",
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
	"Saved Card": "stripe_service.saved_methods.ownership.has_permission",
	"Stripe Bank Account": "stripe_service.saved_methods.ownership.has_permission",
}

override_whitelisted_methods = {
	"frappe.client.get": "stripe_service.access.frappe_overrides.get",
	"frappe.client.get_count": "stripe_service.access.frappe_overrides.get_count",
	"frappe.client.validate_link": "stripe_service.access.frappe_overrides.validate_link",
	"frappe.desk.doctype.tag.tag.get_tagged_docs": "stripe_service.access.frappe_overrides.get_tagged_docs",
	"frappe.desk.form.document_follow.get_follow_users": "stripe_service.access.frappe_overrides.get_follow_users",
	"frappe.desk.listview.get_group_by_count": "stripe_service.access.frappe_overrides.get_group_by_count",
	"frappe.desk.search.get_link_title": "stripe_service.access.frappe_overrides.get_link_title",
	"frappe.desk.search.search_link": "stripe_service.access.frappe_overrides.search_link",
	"frappe.desk.search.search_widget": "stripe_service.access.frappe_overrides.search_widget",
	"frappe.utils.global_search.search": "stripe_service.access.frappe_overrides.search",
	"frappe.workflow.doctype.workflow.workflow.get_workflow_state_count": "stripe_service.access.frappe_overrides.get_workflow_state_count",
	"frappe.workflow.doctype.workflow_action.workflow_action.apply_action": "stripe_service.access.frappe_overrides.apply_action",
}

add_to_apps_screen = [
	{
		"name": "stripe_service",
		"logo": "/assets/stripe_service/images/stripe-service.svg",
		"title": "Stripe Service",
		"route": "/app/stripe",
		"has_permission": "stripe_service.access.apps_screen.may_see_workspace",
	}
]

standard_portal_menu_items = [
	{"title": "My Payment Methods", "route": "/my-payment-methods", "role": "Stripe Payer"},
]
