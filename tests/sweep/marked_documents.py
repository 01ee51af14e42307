"""Branch B, with a word of its own in everything that can hang on an invoice; and users who may know none of it."""

import os
from dataclasses import dataclass

import frappe

from tests.support import records
from tests.support.records import PASSWORD, add_reference, unique

# Whoever may read the Stripe Account reads all that went through it, of whatever unit.
READERS = frozenset({"reader", "administrator of A"})


@dataclass(frozen=True)
class Target:
	"""A document of Branch B. `secret` stands in its contents, `name` and `address` are what a call can name it by;
	`shared_with` are the users to whom the rules show it."""

	doctype: str
	name: str
	secret: str
	address: str = "/private/files/none.txt"
	fieldname: str = "name"
	shared_with: frozenset = frozenset()


class MarkedDocuments:
	"""`users`: role -> user. `targets`: what none of them may read, find or count, unless `shared_with` says so."""

	def __init__(self, faker):
		self.mark = "LEAK" + os.urandom(4).hex()
		records.make_outgoing_account()
		company = records.make_unit("/" + unique("Sweep"))
		self.unit_a, self.unit_b = (
			records.make_unit(f"{company}/{branch}") for branch in ("A", f"B {self.mark}")
		)
		self.member = records.make_payer(faker, unit=self.unit_b)
		self.own = records.make_invoice(faker, unit=self.unit_a, total="7.00")
		self.users = {
			"payer of A": records.make_payer(faker, unit=self.unit_a),
			"payer without unit": records.make_payer(faker),
			"administrator of A": records.make_user(
				faker, roles=["Stripe Administrator"], unit=self.unit_a, password=PASSWORD
			),
			"reader": records.make_user(faker, roles=["Stripe Reader"], password=PASSWORD),
			"desk user": records.make_user(
				faker, roles=["Desk User"] if _exists("Desk User") else [], password=PASSWORD
			),
			"website user": self._website_user(),
			"guest": "Guest",
		}
		self.targets = list(self._targets(faker))
		# What an answer may not hold: (word, what it is, the users who may know it). A payment bears its invoice's title.
		self.marks = [(target.secret, target.doctype, target.shared_with) for target in self.targets]
		self.marks.append((self.secret("title"), "Portal Invoice title", READERS))
		frappe.db.commit()
		frappe.utils.global_search.sync_global_search()
		frappe.db.commit()

	def secret(self, kind: str) -> str:
		return f"{self.mark}{kind}"

	def _website_user(self) -> str:
		user = frappe.get_doc(
			doctype="User",
			email=f"{unique('site')}@example.com",
			first_name="Site",
			send_welcome_email=0,
			user_type="Website User",
			# The right to pay on the portal, in unit A.
			roles=[{"role": "Portal Payer"}],
		).insert(ignore_permissions=True)
		records.allow_unit(user.name, self.unit_a)
		from frappe.utils.password import update_password

		update_password(user.name, PASSWORD)
		return user.name

	def _targets(self, faker):
		invoice = records.make_invoice(
			faker,
			unit=self.unit_b,
			total="321.00",
			title=self.secret("title"),
			remarks=self.secret("remarks"),
			items=[{"description": self.secret("line"), "quantity": 1, "rate": "321.00"}],
		)
		self.invoice = invoice
		belongs = {"reference_doctype": "Portal Invoice", "reference_name": invoice.name}
		yield Target("Portal Invoice", invoice.name, self.secret("remarks"), fieldname="remarks")
		yield Target(
			"Portal Invoice Item", invoice.items[0].name, self.secret("line"), fieldname="description"
		)
		payment = self._payment(invoice)
		yield Target(
			"Invoice Payment",
			payment.name,
			self.secret("payment"),
			fieldname="reference_title",
			shared_with=READERS,
		)
		yield Target("Saved Card", self._card(), self.secret("card"), fieldname="last4", shared_with=READERS)
		file = frappe.get_doc(
			doctype="File", file_name=f"{self.secret('file')}.txt", content=self.secret("bytes"), is_private=1,
			attached_to_doctype="Portal Invoice", attached_to_name=invoice.name,
		).insert()  # fmt: skip
		yield Target("File", file.name, self.secret("bytes"), address=file.file_url, fieldname="file_name")
		mail = self._insert("Communication", subject=self.secret("mail"), content=self.secret("mail"),
			communication_type="Communication", **belongs)  # fmt: skip
		yield Target("Communication", mail, self.secret("mail"), fieldname="subject")
		comment = invoice.add_comment("Comment", self.secret("comment"))
		yield Target("Comment", comment.name, self.secret("comment"), fieldname="content")
		todo = self._insert("ToDo", description=self.secret("todo"), allocated_to=self.member,
			reference_type="Portal Invoice", reference_name=invoice.name)  # fmt: skip
		yield Target("ToDo", todo, self.secret("todo"), fieldname="description")
		invoice.add_tag(self.secret("tag"))
		invoice.reload()
		invoice.bill_to = self.secret("changed")
		invoice.save(ignore_version=False)
		version = frappe.db.get_value("Version", {"ref_doctype": "Portal Invoice", "docname": invoice.name})
		yield Target("Version", version, self.secret("changed"), fieldname="data")
		topic = self._insert("Discussion Topic", title=self.secret("topic"), reference_doctype="Portal Invoice",
			reference_docname=invoice.name)  # fmt: skip
		yield Target("Discussion Topic", topic, self.secret("topic"), fieldname="title")
		notice = self._insert("Notification Log", subject=self.secret("notice"), email_content=self.secret("notice"),
			for_user=self.member, document_type="Portal Invoice", document_name=invoice.name)  # fmt: skip
		yield Target("Notification Log", notice, self.secret("notice"), fieldname="subject")
		item = frappe.db.get_value("Workflow Action", {"reference_name": invoice.name})
		yield Target("Workflow Action", item, invoice.name, fieldname="reference_name", shared_with=READERS)

	def _insert(self, doctype: str, **values) -> str:
		return frappe.get_doc(doctype=doctype, **values).insert(ignore_permissions=True).name

	def _card(self) -> str:
		card = frappe.new_doc("Saved Card")
		card.update({"user": self.member, "brand": "visa", "last4": self.secret("card"), "payment_method_id": unique("pm"),
			"fingerprint": self.secret("card"), "status": "Active"})  # fmt: skip
		name = _written(card)
		frappe.db.set_value("Saved Card", name, "owner", self.member)  # as the app does
		return name

	def _payment(self, invoice):
		payment = frappe.new_doc("Invoice Payment")
		payment.update(
			{
				"reference_doctype": "Portal Invoice",
				"reference_name": invoice.name,
				"reference_title": self.secret("payment"),
				"organisation_unit": invoice.organisation_unit,
				"user": self.member,
				"status": "Failed",
				"amount": 1,
				"amount_minor": 100,
				"currency": "USD",
				"method_label": self.secret("payment"),
				"idempotency_key": unique("key"),
			}
		)
		name = _written(payment)
		add_reference(name)
		return frappe.get_doc("Invoice Payment", name)


def _written(doc) -> str:
	"""Past what would ask Stripe: the row is looked at, never paid with."""
	doc.set_new_name()
	doc.flags.ignore_links = True
	doc.db_insert()
	return doc.name


def _exists(role: str) -> bool:
	return bool(frappe.db.exists("Role", role))
