/** Number, expiry, security code, country and ZIP. */

import {
	brand_of,
	check_cvc,
	check_expiry,
	check_number,
	check_postal_code,
	grouped,
} from "./card_rules.js";
import { Field, submit_fields } from "./field.js";
import { el } from "./line.js";

const COUNTRIES = {
	US: "United States",
	GB: "United Kingdom",
	DE: "Germany",
	FR: "France",
	JP: "Japan",
	KW: "Kuwait",
};

export class CardFields {
	type = "card";

	constructor({ business, tell, terms, on_change }) {
		this.tell = tell;
		this.on_change = on_change;
		this.terms = terms;
		this.business = business || "the seller";
		this._make_fields();
		this.mandate = el("p", { class: "terms", hidden: true });
		this.node = el(
			"div",
			{},
			el(
				"div",
				{ class: "grid" },
				this.number.node,
				this.expiry.node,
				this.cvc.node,
				this._country_field(),
				this.postal.node
			),
			this.mandate
		);
		this.node.addEventListener("input", () => this._changed());
		this.node.addEventListener("change", () => this._changed());
	}

	_make_fields() {
		this.number = new Field({
			name: "number",
			label: "Card number",
			digits: true,
			max: 19,
			wide: true,
			check: check_number,
			format: grouped,
			attributes: {
				inputmode: "numeric",
				autocomplete: "cc-number",
				placeholder: "1234 1234 1234 1234",
			},
		});
		this.brand = el("span", { class: "brand", "aria-live": "polite" });
		const box = el("div", { class: "number" });
		this.number.input.replaceWith(box);
		box.append(this.number.input, this.brand);
		this.expiry = new Field({
			name: "expiry",
			label: "Expiration date",
			digits: true,
			max: 4,
			check: (value) => check_expiry(value),
			format: as_expiry,
			attributes: { inputmode: "numeric", autocomplete: "cc-exp", placeholder: "MM / YY" },
		});
		this.cvc = new Field({
			name: "cvc",
			label: "Security code",
			digits: true,
			max: 4,
			check: (value) => check_cvc(value, this.number.value),
			attributes: { inputmode: "numeric", autocomplete: "cc-csc", placeholder: "CVC" },
		});
		this.postal = new Field({
			name: "postalCode",
			label: "ZIP code",
			check: (value) => check_postal_code(value, this.country.value),
			attributes: { autocomplete: "postal-code", placeholder: "12345" },
		});
	}

	_country_field() {
		this.country = el(
			"select",
			{ name: "country", id: "Field-countryInput", autocomplete: "country" },
			...Object.entries(COUNTRIES).map(([code, name]) => el("option", { value: code }, name))
		);
		this.country.addEventListener(
			"change",
			() => (this.postal.node.hidden = this.country.value !== "US")
		);
		return el(
			"div",
			{ class: "field" },
			el("label", { for: "Field-countryInput" }, "Country"),
			this.country
		);
	}

	get fields() {
		const fields = [this.number, this.expiry, this.cvc];
		return this.country.value === "US" ? [...fields, this.postal] : fields;
	}

	_changed() {
		const { brand } = brand_of(this.number.value);
		this.brand.textContent = brand === "unknown" ? "" : brand;
		if (brand !== this.last_brand) {
			this.last_brand = brand;
			this.tell("carddetailschange", {
				loading: false,
				details: { brands: this.number.value ? [brand] : null, funding: null },
			});
		}
		this.on_change({
			empty: [this.number, this.expiry, this.cvc].every((field) => !field.value),
			complete: this.fields.every((field) => !field.check()),
			collapsed: false,
			value: { type: "card" },
		});
	}

	options({ setupFutureUsage, setup_future_usage }) {
		const needed =
			this.terms.card === "always" ||
			(this.terms.card !== "never" &&
				(setupFutureUsage || setup_future_usage) === "off_session");
		this.mandate.hidden = !needed;
		this.mandate.textContent = `By providing your card information, you allow ${this.business} to charge your card for future payments in accordance with their terms.`;
	}

	submit() {
		const error = submit_fields(this.fields);
		return error ? { error } : { type: this.type };
	}

	payment_method_data() {
		const country = this.country.value;
		return {
			type: "card",
			card: {
				number: this.number.value,
				exp_month: Number(this.expiry.value.slice(0, 2)),
				exp_year: Number(this.expiry.value.slice(2)),
				cvc: this.cvc.value,
			},
			billing_details: {
				address: {
					country,
					postal_code: country === "US" ? this.postal.value : undefined,
				},
			},
		};
	}

	focus() {
		this.number.input.focus();
	}

	clear() {
		[this.number, this.expiry, this.cvc, this.postal].forEach((field) => field.clear());
		this._changed();
	}
}

function as_expiry(digits, typed) {
	if (digits.length < 2 || (digits.length === 2 && typed.endsWith(" /"))) return digits;
	return `${digits.slice(0, 2)} / ${digits.slice(2)}`;
}
