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
