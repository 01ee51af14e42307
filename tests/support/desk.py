"""A logged-in desk in a browser, and what a payer does there before the pay form takes over."""

from tests.support.pay_form_page import PayForm
from tests.support.records import PASSWORD


def log_in(page, url: str, user: str, password: str = PASSWORD) -> None:
	"""As the login page does it, without its animation."""
	page.goto(f"{url}/login")
	status = page.evaluate(
		"""async ([usr, pwd]) => {
			const body = new URLSearchParams({ usr, pwd });
			return (await fetch("/api/method/login", { method: "POST", body })).status;
		}""",
		[user, password],
	)
	assert status == 200, f"{user} could not log in"


def open_document(page, url: str, doctype: str, name: str) -> None:
	page.goto(f"{url}/app/{doctype.lower().replace(' ', '-')}/{name}", wait_until="domcontentloaded")
	# On Frappe 16 a form's title is a breadcrumb.
	page.locator(".page-head").locator(".title-text-form, .title-text").filter(visible=True).first.wait_for()


class PayDialog(PayForm):
	"""The pay form in the desk's dialog."""

	def __init__(self, page):
		self.dialog = page.locator(".stripe-pay-dialog.show")
		super().__init__(page, self.dialog)
		page.wait_for_function("window.cur_dialog")  # it has slid in

	@classmethod
	def by_button(cls, page):
		page.get_by_role("button", name="Pay", exact=True).filter(visible=True).first.click()
		return cls(page)

	@classmethod
	def by_workflow_action(cls, page, action: str = "Pay"):
		"""As Frappe calls it. Its menu does not offer the action beside the Pay button, but another app may."""
		page.get_by_role("button", name="Pay", exact=True).filter(visible=True).first.wait_for()
		page.evaluate(
			"""action => {
				frappe.dom.freeze();
				cur_frm.selected_workflow_action = action;
				cur_frm.script_manager.trigger("before_workflow_action");
			}""",
			action,
		)
		return cls(page)

	def close(self) -> None:
		self.root.get_by_role("button", name="Close").click()
		self.dialog.wait_for(state="hidden")
