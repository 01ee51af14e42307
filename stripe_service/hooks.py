"""An index: every entry is a dotted path to the function that does the work, and says nothing more."""

app_name = "stripe_service"
app_title = "Stripe Service"
app_publisher = "Stripe Service Maintainers"
app_description = "Pay a portal's invoices through Stripe, by card or ACH"
app_email = "stripe-service@users.noreply.github.com"
app_license = "mit"
required_apps = []

app_include_js = "stripe_service.bundle.js"
doctype_list_js = {
	"Sales Invoice": "public/js/desk/sales_invoice_list.js",
	"Workflow Action": "public/js/desk/workflow_action_list.js",
}

before_install = [
	"stripe_service.utils.frappe_versions.refuse_unsupported_frappe",
	"stripe_service.setup.portal_role.make_if_missing",
]
# Saving a DocType in developer mode writes its fields into its controller (tests/unit/test_field_types.py).
export_python_type_annotations = True

after_install = "stripe_service.install.after_install"
before_uninstall = "stripe_service.install.before_uninstall"
after_uninstall = "stripe_service.install.after_uninstall"
before_migrate = ["stripe_service.utils.frappe_versions.refuse_unsupported_frappe"]
after_migrate = ["stripe_service.install.after_migrate"]

# payables/: what can be paid, and what happens to it then
stripe_payable_handlers = {
	"Sales Invoice": "stripe_service.payables.erpnext_sales_invoice.SalesInvoicePayable"
}

before_job = ["stripe_service.utils.language.use_site_language"]
# payments/: the link with which somebody without a login pays
page_renderer = ["stripe_service.www.payment_link.PaymentLinkPage"]
ignore_links_on_delete = ["Stripe Payment Link", "Stripe Payment Link Reference", "Scheduled Payment"]
jinja = {
	"methods": [
		"stripe_service.payments.automatic.mails.stripe_address_for_payer",
		"stripe_service.payments.automatic.mails.stripe_automatic_stop",
		"stripe_service.payments.link_templates.stripe_payment_link",
		"stripe_service.payments.link_templates.stripe_payment_qr",
		"stripe_service.payments.receipt.stripe_amount",
		"stripe_service.payments.receipt.stripe_date",
		"stripe_service.payments.receipt.stripe_receipt",
		"stripe_service.payments.receipt.stripe_receipt_for_payer",
	]
}

after_request = ["stripe_service.payables.busy.answer_busy"]

doc_events = {
	"DocShare": {"validate": ["stripe_service.access.sharing.refuse_share"]},
	"Document Follow": {"validate": ["stripe_service.access.sharing.refuse_follow"]},
	"File": {
		"before_insert": ["stripe_service.access.files.refuse_foreign_file"],
		"validate": ["stripe_service.access.files.refuse_foreign_file"],
	},
	"Communication": {"before_insert": ["stripe_service.payments.receipt.keep_off_timeline"]},
	"Email Queue": {
		"before_insert": [
			"stripe_service.access.sharing.withhold_email",
			"stripe_service.utils.pdf.drop_prints_that_fail",
		]
	},
	"Event": {"validate": ["stripe_service.access.sharing.keep_event_private"]},
	"Notification Log": {"before_insert": ["stripe_service.access.sharing.withhold_notification"]},
	"Payable DocType": {"on_update": ["stripe_service.access.sharing.revoke_outsider_access"]},
	"Saved Card": {"on_update": ["stripe_service.payments.automatic.agreements.stop_for_method"]},
	"Stripe Bank Account": {"on_update": ["stripe_service.payments.automatic.agreements.stop_for_method"]},
	"ToDo": {"validate": ["stripe_service.access.sharing.refuse_assignment"]},
	"User": {
		"validate": ["stripe_service.access.landing.set_default_workspace"],
		"before_rename": ["stripe_service.access.portal.refuse_own_renaming"],
	},
	"User Permission": {
		"on_update": ["stripe_service.access.sharing.after_membership_changed"],
		"after_delete": ["stripe_service.access.sharing.after_membership_changed"],
	},
	"Workflow": {"on_update": ["stripe_service.payables.workflow_states.warn_about_missing_states"]},
	"Version": {"before_insert": ["stripe_service.access.sharing.withhold_versions"]},
	"Error Log": {"before_insert": ["stripe_service.utils.masking.mask_error_log"]},
	"Scheduled Job Log": {"on_change": ["stripe_service.utils.masking.mask_job_log"]},
	"*": {
		"onload": ["stripe_service.access.onload.set_payment_onload"],
		"validate": [
			"stripe_service.payables.guards.check_document",
			"stripe_service.payables.balance.restore_payment_amounts",
			"stripe_service.access.workflow_guard.refuse_unpaid",
			"stripe_service.access.sharing.refuse_foreign_links",
		],
		"before_save": ["stripe_service.access.work_items.create_item_first"],
		"before_submit": ["stripe_service.access.work_items.create_item_first"],
		"before_update_after_submit": [
			"stripe_service.payables.guards.check_document",
			"stripe_service.payables.balance.restore_payment_amounts",
			"stripe_service.access.workflow_guard.refuse_unpaid",
			"stripe_service.access.work_items.create_item_first",
		],
		"before_cancel": ["stripe_service.access.work_items.create_item_first"],
		"after_insert": ["stripe_service.access.work_items.create_item_first"],
		"on_update": [
			"stripe_service.access.work_items.sync_open_items",
			"stripe_service.access.sharing.after_unit_changed",
			"stripe_service.payments.after_payment.queue_for_document",
		],
		"on_update_after_submit": [
			"stripe_service.access.work_items.sync_open_items",
			"stripe_service.access.sharing.after_unit_changed",
			"stripe_service.payments.after_payment.queue_for_document",
		],
		"before_discard": ["stripe_service.access.discard.refuse_discard"],
		"on_discard": [
			"stripe_service.access.discard.after_discard",
			"stripe_service.payments.after_payment.queue_for_document",
		],
		"on_cancel": [
			"stripe_service.access.work_items.sync_open_items",
			"stripe_service.payments.after_payment.queue_for_document",
		],
		"on_change": ["stripe_service.payables.live.tell_units"],
		"on_trash": [
			"stripe_service.payables.guards.refuse_deletion",
			"stripe_service.payments.links.forget_links",
			"stripe_service.payables.live.tell_units",
		],
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
		"stripe_service.payments.automatic.schedule.find_unfinished",
		"stripe_service.webhooks.fetch.fetch_all",
		"stripe_service.reconcile.schedule.hourly",
	],
	"daily_long": [
		"stripe_service.payments.automatic.schedule.announce_and_pay",
		"stripe_service.reconcile.schedule.daily",
	],
	"daily": [
		"stripe_service.access.sharing.revoke_outsider_access",
		"stripe_service.accounts.registration.refresh_all",
		"stripe_service.accounts.webhook_endpoint.forget_old_secrets",
		"stripe_service.accounts.webhook_endpoint.ensure_registered",
		"stripe_service.accounts.wallet_domain.ensure_registered",
	],
	"hourly": ["stripe_service.saved_methods.bank_accounts.sync_open"],
	"cron": {
		# Not `all`, which is every four minutes.
		"* * * * *": [
			"stripe_service.webhooks.process.process_events",
			"stripe_service.utils.notices.deliver_pending",
		],
		"*/2 * * * *": ["stripe_service.payments.after_payment.run_pending"],
		"*/5 * * * *": [
			"stripe_service.reconcile.schedule.end_unanswered",
			"stripe_service.reconcile.schedule.poll",
		],
	},
}

default_log_clearing_doctypes = {"Stripe Event": 90, "Stripe Notice": 90}

# access/: who may see, find and do what
auth_hooks = ["stripe_service.access.requests.check"]

permission_query_conditions = {
	"*": "stripe_service.access.permissions.query_of_any",
	"Invoice Payment": "stripe_service.access.permissions.query_of_payment",
	"Organisation Unit": "stripe_service.access.permissions.query_of_unit",
	"Workflow Action": "stripe_service.access.permissions.query_of_work_item",
	"Automatic Payment": "stripe_service.saved_methods.ownership.query_conditions",
	"Prepared Report": "stripe_service.access.prepared_reports.query_conditions",
	"Saved Card": "stripe_service.saved_methods.ownership.query_conditions",
	"Scheduled Payment": "stripe_service.saved_methods.ownership.query_conditions",
	"Stripe Bank Account": "stripe_service.saved_methods.ownership.query_conditions",
	"Stripe Payment Link": "stripe_service.access.permissions.query_of_link",
	"Stripe Refund": "stripe_service.access.permissions.query_of_refund",
}

has_permission = {
	"*": "stripe_service.access.permissions.check_any",
	"File": "stripe_service.access.files.check_file",
	"Invoice Payment": "stripe_service.access.permissions.check_payment",
	"Organisation Unit": "stripe_service.access.permissions.check_unit",
	"Workflow Action": "stripe_service.access.permissions.check_work_item",
	"Automatic Payment": "stripe_service.saved_methods.ownership.has_permission",
	"Prepared Report": "stripe_service.access.prepared_reports.has_permission",
	"Saved Card": "stripe_service.saved_methods.ownership.has_permission",
	"Scheduled Payment": "stripe_service.saved_methods.ownership.has_permission",
	"Stripe Bank Account": "stripe_service.saved_methods.ownership.has_permission",
	"Stripe Payment Link": "stripe_service.access.permissions.check_link",
	"Stripe Refund": "stripe_service.access.permissions.check_refund",
}

override_whitelisted_methods = {
	"frappe.automation.doctype.auto_repeat.auto_repeat.update_reference": "stripe_service.access.frappe_overrides.update_reference",
	"frappe.client.get": "stripe_service.access.frappe_overrides.get",
	"frappe.client.get_count": "stripe_service.access.frappe_overrides.get_count",
	"frappe.client.validate_link": "stripe_service.access.frappe_overrides.validate_link",
	"frappe.core.doctype.user_permission.user_permission.get_user_permissions": "stripe_service.access.frappe_overrides.get_user_permissions",
	"frappe.desk.doctype.dashboard_chart.dashboard_chart.get": "stripe_service.access.frappe_overrides.get_chart",
	"frappe.desk.doctype.event.event.get_events": "stripe_service.access.frappe_overrides.get_events",
	"frappe.desk.doctype.kanban_board.kanban_board.update_order": "stripe_service.access.frappe_overrides.update_order",
	"frappe.desk.doctype.tag.tag.get_tagged_docs": "stripe_service.access.frappe_overrides.get_tagged_docs",
	"frappe.desk.form.document_follow.get_follow_users": "stripe_service.access.frappe_overrides.get_follow_users",
	"frappe.desk.listview.get_group_by_count": "stripe_service.access.frappe_overrides.get_group_by_count",
	"frappe.desk.notifications.get_open_count": "stripe_service.access.frappe_overrides.get_open_count",
	"frappe.desk.query_report.export_query": "stripe_service.access.frappe_overrides.export_report",
	"frappe.desk.query_report.run": "stripe_service.access.frappe_overrides.run_report",
	"frappe.desk.search.get_link_title": "stripe_service.access.frappe_overrides.get_link_title",
	"frappe.desk.search.search_link": "stripe_service.access.frappe_overrides.search_link",
	"frappe.desk.search.search_widget": "stripe_service.access.frappe_overrides.search_widget",
	"frappe.desk.treeview.get_all_nodes": "stripe_service.access.frappe_overrides.get_all_nodes",
	"frappe.email.relink": "stripe_service.access.frappe_overrides.relink",
	"frappe.geo.utils.get_coords": "stripe_service.access.frappe_overrides.get_coords",
	"frappe.model.mapper.make_mapped_doc": "stripe_service.access.frappe_overrides.make_mapped_doc",
	"frappe.model.mapper.map_docs": "stripe_service.access.frappe_overrides.map_docs",
	"frappe.realtime.can_subscribe_doc": "stripe_service.access.frappe_overrides.can_subscribe_doc",
	"frappe.realtime.can_subscribe_doctype": "stripe_service.access.frappe_overrides.can_subscribe_doctype",
	"frappe.realtime.has_permission": "stripe_service.access.frappe_overrides.has_realtime_permission",
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
	},
	{
		"name": "stripe_service",
		"logo": "/assets/stripe_service/images/stripe-service.svg",
		"title": "Payments",
		"route": "/app/payments",
		"has_permission": "stripe_service.access.apps_screen.is_payer",
	},
]

# The portal. Without a `reference_doctype` Frappe takes an item out of the menu again.
has_website_permission = {"Portal Invoice": "stripe_service.access.portal.has_website_permission"}
get_website_user_home_page = "stripe_service.access.landing.portal_home_page"
update_website_context = ["stripe_service.access.portal.show_menu_entries_once"]
standard_portal_menu_items = [
	{
		"title": "Payments",
		"route": "/payments",
		"reference_doctype": "Invoice Payment",
		"role": "Portal Payer",
	},
	{
		"title": "My Payment Methods",
		"route": "/my-payment-methods",
		"reference_doctype": "Saved Card",
		"role": "Portal Payer",
	},
]
# For payers of the desk who are on the portal; a row of Portal Settings has one role.
portal_menu_items = [
	{"title": "Payments", "route": "/payments", "role": "Stripe Payer"},
	{"title": "My Payment Methods", "route": "/my-payment-methods", "role": "Stripe Payer"},
]
