/**
 * The Payment Element's frame: fields for a card or a US bank account, checked as Stripe checks them, and for cards the
 * wallets that the page's domain is registered for.
 *
 * What is entered stays in this frame and goes to the API from here; the page around learns only whether it is complete,
 * the card's brand, and the ids that Stripe makes of it. The fields' ids are those of Stripe's own frame.
 */

import { get, open_line, post } from "./line.js";
import { BankFields } from "./us_bank_account.js";
import { CardFields } from "./card.js";
import { WithWallets } from "./wallets.js";

const FIELDS = { card: CardFields, us_bank_account: BankFields };
const ACCEPTED_ONLINE = {
	customer_acceptance: { type: "online", online: { infer_from_client: true } },
};

let fields = null;

const { init, tell } = await open_line({
	submit: () => fields.submit(),
	focus: () => fields.focus(),
	blur: () => document.activeElement?.blur(),
	clear: () => fields.clear(),
	options: (described) => apply(described),
	bank_linked: (linked) => fields.linked(linked),
	wallet_card: (card) => fields.wallet_card(card),
	confirmation_token: (params) => confirmation_token(params),
	payment_method: (params) => post("/v1/payment_methods", { ...data_with(params) }, init.key),
	confirm: ({ path, params }) => confirm(path, params),
});

start();

async function start() {
	const types = await method_types();
	if (!types) return;
	fields = new FIELDS[types[0]]({
		business: init.element.business?.name,
		defaults: init.element.defaultValues?.billingDetails || {},
		terms: init.element.terms || {},
		tell,
		on_change: (change) => tell("change", change),
	});
	if (fields.type === "card") fields = new WithWallets(fields, await wallets(), { tell });
	document.getElementById("element").append(fields.node);
	apply(init);
	new ResizeObserver(() =>
		tell(
			"height",
			Math.ceil(document.getElementById("element").getBoundingClientRect().height) + 4
		)
	).observe(document.getElementById("element"));
	document.addEventListener("focusin", () => tell("focus"));
	document.addEventListener("keydown", (event) => event.key === "Escape" && tell("escape"));
	tell("ready");
}

/** Those that Elements are told to show, that the domain is registered for, and that this browser has. */
async function wallets() {
	const { applePay, googlePay, link } = { ...init.element.wallets };
	const wished = { apple_pay: applePay, google_pay: googlePay, link };
	if (Object.values(wished).every((wish) => wish === "never")) return [];
	const { answer } = await get("/v1/elements/sessions", { domain: init.domain }, init.key);
	return (answer?.wallets || []).filter(
		(name) => wished[name] !== "never" && (name !== "apple_pay" || init.has_apple_pay)
	);
}

/** What Elements allow, or what the intent's client secret allows. */
async function method_types() {
	const { clientSecret, allowedPaymentMethodTypes } = init.options;
	let allowed = allowedPaymentMethodTypes || ["card"];
	if (clientSecret) {
		const [id] = clientSecret.split("_secret_");
		const kind = id.startsWith("seti_") ? "setup_intents" : "payment_intents";
		const { answer, error } = await get(
			`/v1/${kind}/${id}`,
			{ client_secret: clientSecret },
			init.key
		);
		if (error) {
			tell("loaderror", { error });
			return null;
		}
		allowed = answer.payment_method_types;
	}
	const known = allowed.filter((type) => FIELDS[type]);
	if (known.length) return known;
	tell("loaderror", {
		error: {
			type: "invalid_request_error",
			message: `No payment method types enabled: ${allowed}`,
		},
	});
	return null;
}

function apply({ appearance = {}, options }) {
	const { variables = {}, theme, rules = {} } = appearance;
	const root = document.documentElement.style;
	const night = theme === "night";
	root.setProperty("--text", variables.colorText || (night ? "#ffffff" : "#30313d"));
	root.setProperty("--muted", variables.colorTextSecondary || (night ? "#a0a0ab" : "#6d6e78"));
	root.setProperty("--field", variables.colorBackground || (night ? "#30313d" : "#ffffff"));
	root.setProperty(
		"--border",
		rules[".Input"]?.border || (night ? "1px solid #424353" : "1px solid #e6e6e6")
	);
	for (const [name, property] of [
		["--danger", "colorDanger"],
		["--primary", "colorPrimary"],
		["--radius", "borderRadius"],
		["--font", "fontFamily"],
		["--size", "fontSizeBase"],
		["--space", "spacingUnit"],
	]) {
		if (variables[property]) root.setProperty(name, variables[property]);
	}
	fields?.options?.(options);
}

function data_with(params) {
	const given = params.payment_method_data || {};
	const own = fields.payment_method_data();
	const details = { ...own.billing_details, ...given.billing_details };
	return { ...own, ...given, billing_details: details };
}

function confirmation_token(params) {
	const request = { ...params, payment_method_data: data_with(params), use_stripe_sdk: true };
	if (fields.type === "us_bank_account") request.mandate_data = ACCEPTED_ONLINE;
	if (fields.picked) request.wallet = fields.picked.type;
	return post("/v1/confirmation_tokens", request, init.key);
}

async function confirm(path, params) {
	const { error } = await fields.submit();
	if (error) return { error };
	const request = { ...params, payment_method_data: data_with(params) };
	if (fields.type === "us_bank_account") request.mandate_data = ACCEPTED_ONLINE;
	return post(path, request, init.key);
}
