"""Whose documents an Automatic Payment pays: those of a unit and the units below it, or those of one DocType and party.

Only documents with a due date, and only those that become due after the payer agreed: what is overdue by then was not part of
what they agreed to. Which documents a payer may pay is not decided here but by `access.pay`, each time.
"""

from dataclasses import asdict, dataclass

import frappe
from frappe import _
from frappe.utils import cstr, getdate

from stripe_service.access import units
from stripe_service.access.pay import conditions_on_payable
from stripe_service.payables import outstanding, registry
from stripe_service.payables.registry import PayableConfig

UNIT = units.UNIT
# What one form offers; who has more names chooses a unit.
UNITS_OFFERED = 100
PARTIES_OFFERED = 50


@dataclass(frozen=True)
class Scope:
	"""Either `organisation_unit`, or `document_type` and `party`."""

	organisation_unit: str | None = None
	document_type: str | None = None
	party: str | None = None

	@property
	def label(self) -> str:
		"""In words, translated."""
		if self.organisation_unit:
			return _("all invoices of {0} and the units below it").format(self.organisation_unit)
		return _("all invoices for {0} ({1})").format(self.party, _(self.document_type))


def scope_of(row) -> Scope:
	"""The Scope of an Automatic Payment."""
	return Scope(row.organisation_unit, row.document_type, row.party)


def choices_for(user: str) -> list[dict]:
	"""What `user` may choose among: the fields of Scope, and `label`."""
	visible = set()
	for config in _configs(user):
		if config.unit_control:
			seen = units.visible_units(user, config.document_type)
			if seen is units.ALL:
				seen = frappe.get_all(UNIT, pluck="name", order_by="lft", limit=UNITS_OFFERED)
			visible |= set(seen)
	scopes = [Scope(organisation_unit=unit) for unit in sorted(visible)[:UNITS_OFFERED]]
	scopes += [
		Scope(document_type=config.document_type, party=party)
		for config in _configs(user)
		if config.party_fieldname
		for party in _values_of(config, config.party_fieldname, user, PARTIES_OFFERED)
	]
	return [{**asdict(scope), "label": scope.label} for scope in scopes]


def check_scope(scope: Scope, user: str) -> None:
	"""Raises frappe.ValidationError unless `user` may choose this, which is all that they could pay themselves."""
	if scope.organisation_unit and not (scope.document_type or scope.party):
		if any(_sees_unit(config, scope.organisation_unit, user) for config in _configs(user)):
			return
	elif scope.document_type and cstr(scope.party).strip() and not scope.organisation_unit:
		config = registry.get_enabled_config(scope.document_type)
		if config in _configs(user) and config.party_fieldname:
			return
	frappe.throw(
		_(
			"Choose whose invoices are to be paid automatically: one of your units, or somebody who is billed."
		),
		title=_("Which invoices"),
	)


def currencies_for(user: str) -> list[str]:
	"""The currencies of what `user` may pay now."""
	found = set()
	for config in _configs(user):
		found |= set(_values_of(config, config.currency_fieldname, user, 20))
	return sorted(currency.upper() for currency in found)


def owing(agreement, config: PayableConfig, *more: str) -> outstanding.Owing | None:
	"""The documents of a DocType that `agreement` covers and that its payer may pay now;
	None if there is none. `more` are further conditions."""
	allowed = conditions_on_payable(config.document_type, agreement.user)
	covered = conditions(agreement, config)
	if allowed is None or covered is None:
		return None
	return outstanding.Owing(config, [*allowed, *covered, *more, *outstanding.state_conditions(config)])


def covers(agreement, payable) -> bool:
	"""Whether `agreement` is about this document, as it is stored now. Asks nothing of the payer's rights."""
	covered = conditions(agreement, payable.config) if payable.config.enabled else None
	if covered is None:
		return False
	# No values to be filled in: the conditions may hold a "%" of their own, such as a party's.
	name = f"`name` = {frappe.db.escape(payable.name, percent=False)}"
	where = " and ".join(f"({condition})" for condition in [*covered, name])
	query = f"select name from `tab{payable.doctype}` where {where}"
	return bool(frappe.db.sql(query))


def conditions(agreement, config: PayableConfig) -> list[str] | None:
	"""What `agreement` covers of a DocType, as conditions on its rows (SQL that is complete); None for nothing."""
	scope = scope_of(agreement)
	if not config.due_date_fieldname:
		return None
	agreed_on = frappe.db.escape(str(getdate(agreement.consent_at)), percent=False)
	common = [
		f"upper(`{config.currency_fieldname}`) = {frappe.db.escape(agreement.currency, percent=False)}",
		f"date(`{config.due_date_fieldname}`) >= {agreed_on}",
	]
	if scope.organisation_unit:
		if not config.unit_control:
			return None
		return [*common, f"`{config.unit_fieldname}` in ({_units_below(scope.organisation_unit)})"]
	if scope.document_type != config.document_type or not config.party_fieldname:
		return None
	return [*common, f"`{config.party_fieldname}` = {frappe.db.escape(scope.party, percent=False)}"]


def _units_below(unit: str) -> str:
	name = frappe.db.escape(unit, percent=False)
	return (
		f"select below.name from `tab{UNIT}` below, `tab{UNIT}` top"
		f" where top.name = {name} and below.lft >= top.lft and below.rgt <= top.rgt"
	)


def _configs(user: str) -> list[PayableConfig]:
	"""The DocTypes of which `user` may pay documents that become due."""
	return [
		config
		for config in registry.get_all_configs().values()
		if config.enabled
		and config.due_date_fieldname
		and conditions_on_payable(config.document_type, user) is not None
	]


def _sees_unit(config: PayableConfig, unit: str, user: str) -> bool:
	return (
		config.unit_control
		and bool(frappe.db.exists(UNIT, unit))
		and unit in units.visible_units(user, config.document_type)
	)


def _values_of(config: PayableConfig, fieldname: str, user: str, limit: int) -> list[str]:
	"""The values of a field in the documents that `user` may pay, whatever their state."""
	table = f"`tab{config.document_type}`"
	allowed = conditions_on_payable(config.document_type, user) or []
	where = " and ".join(
		f"({condition})" for condition in [*allowed, f"ifnull({table}.`{fieldname}`, '') != ''"]
	)
	statement = (
		f"select distinct {table}.`{fieldname}` from {table} where {where} order by 1 limit {int(limit)}"
	)
	return [value for (value,) in frappe.db.sql(statement)]
