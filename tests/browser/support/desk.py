"""Frappe's own screens, worked by clicking and typing alone.

Fields are found by the labels that people read, and filled through the control that is shown. The page's scripts are
asked one thing only: whether a request is still under way, which a person sees by the desk's coming to rest.
"""

import re
from contextlib import contextmanager

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from tests.browser.support.pay_form import PayForm
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

	def close_by_button(self) -> None:
		"""The one in the dialog's head."""
		self.dialog.locator(".btn-modal-close").click()
		self.dialog.wait_for(state="hidden")


TYPED = ("Data", "Int", "Float", "Currency", "Password", "Small Text", "Text", "Autocomplete")


def settle(page) -> None:
	"""Wait until the desk has stopped asking the server."""
	page.wait_for_function(
		"""() => new Promise((resolve) => setTimeout(
			() => resolve(!frappe.request.ajax_count && !document.querySelector("#freeze.in, #freeze.show")), 150
		))"""
	)


@contextmanager
def whole(page):
	"""A window in which nothing has to be scrolled, for a picture: what sticks to the window's foot would cover what is there."""
	before = page.viewport_size
	page.set_viewport_size({**before, "height": 1240})
	page.wait_for_timeout(300)  # the page, and Stripe's frame in it, take their new size
	yield
	page.set_viewport_size(before)


def fold_sidebar(page) -> None:
	"""On Frappe 16 the sidebar lies over a page that was wide when it was opened and is narrow now, until somebody clicks
	beside it."""
	beside = page.locator(".body-sidebar-container .overlay").filter(visible=True)
	if beside.count():
		beside.click()
		expect(beside).to_have_count(0)


def slug(doctype: str) -> str:
	return doctype.lower().replace(" ", "-")


class Fields:
	"""What is labelled within `root`: a form, a dialog, or the opened row of a table."""

	def __init__(self, page, root):
		self.page, self.root = page, root

	def field(self, label: str):
		"""The control of this label; the table, if a table bears it."""
		return (
			self.root.locator(
				f'xpath=.//*[self::label or contains(@class, "label-area")][normalize-space()="{label}"]'
				'/ancestor::*[contains(concat(" ", @class, " "), " frappe-control ")][1]'
			)
			.filter(visible=True)
			.first
		)

	def fill_in(self, values: dict) -> None:
		for label, value in values.items():
			self.set(label, value)

	def set(self, label: str, value) -> None:
		control = self.field(label)
		control.scroll_into_view_if_needed()
		kind = control.get_attribute("data-fieldtype")
		if kind == "Check":
			control.get_by_role("checkbox").set_checked(bool(value))
		elif kind == "Select":
			control.locator("select").select_option(label=value)
		elif kind in ("Link", "Dynamic Link"):
			self._pick(control, value, "[role=option]")
		elif kind == "Autocomplete":
			self._pick(control, value, ".awesomplete li")
		elif kind in TYPED:
			self._type(control, value)
		else:
			raise ValueError(f"{label} is a {kind}, which nobody has needed to fill yet.")
		settle(self.page)

	def _type(self, control, value: str) -> None:
		box = control.locator("input, textarea").filter(visible=True).first
		box.fill(value)
		box.press("Tab")

	def _pick(self, control, value: str, option: str) -> None:
		"""Type into a field that offers choices, and click the one of exactly this name."""
		box = control.locator("input").filter(visible=True).first
		box.click()
		box.fill(value)
		named = self.page.get_by_text(value, exact=True)
		choice = control.locator(option).filter(has=named).filter(visible=True).first
		choice.click()
		box.press(
			"Tab"
		)  # a list that comes anew, for the field has the cursor still, would cover the next field
		expect(control.locator(option).filter(visible=True)).to_have_count(0)
		expect(box).to_have_value(value)

	def value(self, label: str):
		"""A locator of what the field shows."""
		return self.field(label).locator(".control-value, .like-disabled-input").filter(visible=True).first

	def show_tab(self, tab: str) -> None:
		"""By the keyboard: the tabs may have slid under the head of the page, which would take a click."""
		self.root.get_by_role("tab", name=tab, exact=True).press("Enter")

	def expand(self, section: str) -> None:
		self.root.locator(".section-head.collapsible", has_text=section).filter(visible=True).first.click()

	def show_table(self, table: str, tab: str) -> None:
		"""Frappe 16 gives some tables a tab of their own, which in 15 are a section of another tab."""
		own = self.root.get_by_role("tab", name=table, exact=True)
		if own.count():
			own.press("Enter")
			return
		self.show_tab(tab)
		if not self.field(table).count():
			self.expand(table)

	def write_code(self, label: str, line: str) -> None:
		"""Type a line at the end of what a code editor holds."""
		editor = self.field(label).locator(".ace_content")
		editor.click()
		self.page.keyboard.press("Control+End")
		self.page.keyboard.insert_text(f"\n{line}\n")
		self.page.wait_for_timeout(500)  # the editor hands over what was typed a moment later
		settle(self.page)

	# Tables

	def add_row(self, table: str, values: dict) -> None:
		grid = self.field(table)
		rows = grid.locator(".grid-body .grid-row")
		settle(self.page)  # a table that is drawn anew meanwhile would lose the press
		before = rows.count()
		grid.get_by_role("button", name=re.compile("^Add row$", re.I)).click()
		expect(rows).to_have_count(before + 1)
		self._fill_row(rows.last, values)

	def change_row(self, table: str, texts: list[str], values: dict) -> None:
		"""Change the row that shows all of these texts."""
		row = self.field(table).locator(".grid-body .grid-row")
		for text in texts:
			row = row.filter(has=self.page.get_by_text(text, exact=True))
		self._fill_row(row.first, values)

	def _fill_row(self, row, values: dict) -> None:
		opened = self._open_row(row)
		Fields(self.page, opened.locator(".form-in-grid")).fill_in(values)
		opened.locator(".grid-collapse-row").click()
		expect(opened).to_have_count(0)

	def _open_row(self, row):
		"""The row's own form, once Frappe has put the cursor into its first field: before, it would take the cursor
		out of wherever it is. A table that is just being drawn anew closes the row again."""
		settle(self.page)
		opened = self.page.locator(f".grid-row-open[data-idx='{row.get_attribute('data-idx')}']").filter(
			visible=True
		)
		for _ in range(4):
			if not opened.count():
				row.locator(".btn-open-row").click()
			try:
				expect(opened.locator(".form-area input").first).to_be_focused(timeout=4000)
				return opened
			except AssertionError:
				continue
		raise AssertionError("The row of the table does not open.")


class Dialog(Fields):
	def __init__(self, page):
		super().__init__(page, page.locator(".modal.show .modal-dialog").last)

	def press(self, button: str) -> None:
		self.root.get_by_role("button", name=button, exact=True).click()
		settle(self.page)

	def close(self) -> None:
		self.root.locator(".btn-modal-close").click()
		expect(self.page.locator(".modal.show")).to_have_count(0)


class DeskForm(Fields):
	"""The form of one document."""

	def __init__(self, page, doctype: str):
		super().__init__(page, page.locator(f"[id='page-{doctype}']"))
		self.doctype = doctype
		self.root.locator(".form-layout, .form-page").first.wait_for()
		settle(page)

	@classmethod
	def new(cls, page, url: str, doctype: str):
		page.goto(f"{url}/app/{slug(doctype)}/new", wait_until="domcontentloaded")
		return cls(page, doctype)

	@classmethod
	def open(cls, page, url: str, doctype: str, name: str | None = None):
		"""`name` is left out for a DocType of a single document."""
		page.goto(f"{url}/app/{slug(doctype)}" + (f"/{name}" if name else ""), wait_until="domcontentloaded")
		return cls(page, doctype)

	def reload(self):
		self.page.reload(wait_until="domcontentloaded")
		self.root.locator(".form-layout, .form-page").first.wait_for()
		settle(self.page)

	@property
	def head(self):
		return self.root.locator(".page-head")

	@property
	def dialog(self) -> Dialog:
		return Dialog(self.page)

	def button(self, label: str):
		return self.head.get_by_role("button", name=label, exact=True).filter(visible=True)

	def indicator(self, text: str):
		return self.head.locator(
			".indicator-pill", has_text=re.compile(rf"^\s*{re.escape(text)}\s*$")
		).filter(visible=True)

	def press_save(self) -> None:
		self.button("Save").first.click()

	def save(self) -> None:
		"""Save, and see that it is saved."""
		with self.page.expect_response(lambda answer: "form.save.savedocs" in answer.url) as saving:
			self.press_save()
			self._save_anyway()
		settle(self.page)
		shown = self.page.locator(".modal.show").all_inner_texts()
		assert saving.value.ok, f"{self.doctype} was not saved: {shown}"
		expect(self.indicator("Not Saved")).to_have_count(0)

	def _save_anyway(self) -> None:
		"""Frappe asks before it saves a Workflow while documents are in states that it does not know, as other
		tests' documents may be."""
		if self.doctype != "Workflow":
			return
		anyway = self.page.locator(".modal.show").get_by_role("button", name="Save Anyway")
		try:
			anyway.click(timeout=3000)
		except PlaywrightTimeout:
			pass

	def act(self, label: str, group: str = "Actions") -> None:
		"""A button of a group of our own, such as Actions > Remove."""
		self.head.locator(".inner-group-button").filter(visible=True).get_by_role(
			"button", name=group
		).click()
		self.head.locator(".inner-group-button .dropdown-item", has_text=label).filter(
			visible=True
		).first.click()

	def workflow_action(self, action: str) -> None:
		self.head.locator(".actions-btn-group button").filter(visible=True).first.click()
		self.head.locator(".actions-btn-group .dropdown-item", has_text=action).filter(
			visible=True
		).first.click()
		settle(self.page)

	def delete(self) -> None:
		self.head.locator(".menu-btn-group button").filter(visible=True).first.click()
		self.head.locator(".menu-btn-group .dropdown-item", has_text="Delete").filter(
			visible=True
		).first.click()
		# The dialog is gone before the document is.
		with self.page.expect_response(lambda answer: "frappe.client.delete" in answer.url) as deleting:
			self.dialog.press("Yes")
		assert deleting.value.ok, f"{self.doctype} was not deleted"
		expect(self.page.locator(".modal.show")).to_have_count(0)


class RolePermissions:
	"""Role Permission Manager, with one DocType chosen in it."""

	def __init__(self, page, url: str, doctype: str):
		self.page = page
		self.root = page.locator("[id='page-permission-manager']")
		page.goto(f"{url}/app/permission-manager", wait_until="domcontentloaded")
		chooser = self.root.get_by_placeholder("Document Type")
		chooser.fill(doctype)
		self.root.locator("[role=option]").filter(has=page.get_by_text(doctype, exact=True)).first.click()
		self.root.locator("table tbody tr").first.wait_for()
		settle(page)

	def box(self, role: str, right: str):
		row = self.root.locator("tbody tr").filter(has=self.page.get_by_role("link", name=role, exact=True))
		return row.get_by_role("checkbox", name=right, exact=True)

	def set(self, role: str, right: str, given: bool) -> None:
		self.box(role, right).set_checked(given)
		settle(self.page)

	def add_rule(self, role: str) -> None:
		self.root.get_by_role("button", name="Add A New Rule").filter(visible=True).first.click()
		dialog = Dialog(self.page)
		dialog.set("Role", role)
		dialog.press("Add")
		self.box(role, "Read").wait_for()

	def restore(self) -> None:
		self.root.get_by_role("button", name="Restore Original Permissions").filter(
			visible=True
		).first.click()
		Dialog(self.page).press("Yes")
		settle(self.page)
