/**
 * Stripe's Payment Element, for a new card and for a new bank account.
 *
 * Card: "deferred", because the amount is decided on the server under a lock: Elements know mode, amount and currency
 * only, and what was entered leaves as a ConfirmationToken. Bank account: a SetupIntent of the server's, confirmed
 * here; verified before it may pay. Both use Stripe.js's documented calls alone
 * (https://docs.stripe.com/payments/finalize-payments-on-the-server,
 * https://docs.stripe.com/payments/ach-direct-debit/set-up-payment).
 */

const NO_WALLETS = { applePay: "never", googlePay: "never", link: "never" };

class Element {
	constructor(stripe, elements, options, { on_change, on_ready, on_load_error, on_escape }) {
		this.stripe = stripe;
		this.elements = elements;
		this.element = elements.create("payment", {
			layout: "tabs",
			wallets: NO_WALLETS,
			...options,
		});
		this.element.on("ready", () => on_ready?.());
		this.element.on("change", (event) => on_change?.(event));
		this.element.on("loaderror", (event) => on_load_error?.(event.error));
		this.element.on("escape", () => on_escape?.());
	}

	mount(node) {
		this.element.mount(node);
	}

	focus() {
		this.element.focus();
	}

	destroy() {
		this.element.destroy();
	}
}

export class CardElement extends Element {
	/** `amount_minor` is only what Stripe shows; the server decides. */
	constructor(stripe, { amount_minor, currency, appearance, ...handlers }) {
		const elements = stripe.elements({
			mode: "payment",
			amount: amount_minor,
			currency: currency.toLowerCase(),
			allowedPaymentMethodTypes: ["card"],
			appearance,
		});
		super(stripe, elements, {}, handlers);
	}

	/** The ConfirmationToken's id. Throws Stripe's error of what was entered. */
	async tokenise({ amount_minor, save }) {
		// As the server creates the PaymentIntent: a payer is present whenever a saved card is used.
		await this.elements.update({
			amount: amount_minor,
			setupFutureUsage: save ? "on_session" : null,
		});
		const submitted = await this.elements.submit();
		if (submitted.error) throw submitted.error;

		const { error, confirmationToken } = await this.stripe.createConfirmationToken({
			elements: this.elements,
			params: { return_url: window.location.href },
		});
		if (error) throw error;
		return confirmationToken.id;
	}
}

export class BankAccountElement extends Element {
	constructor(stripe, { client_secret, appearance, defaults, ...handlers }) {
		const elements = stripe.elements({ clientSecret: client_secret, appearance });
		const options = { terms: { usBankAccount: "always" } };
		if (defaults) options.defaultValues = { billingDetails: defaults };
		super(stripe, elements, options, handlers);
	}

	/** The SetupIntent after the payer accepted the mandate: succeeded, processing, or waiting for micro-deposits. */
	async confirm() {
		const submitted = await this.elements.submit();
		if (submitted.error) throw submitted.error;

		const { error, setupIntent } = await this.stripe.confirmSetup({
			elements: this.elements,
			confirmParams: { return_url: window.location.href },
			redirect: "if_required",
		});
		if (error) throw error;
		return setupIntent;
	}
}

/**
 * Stripe's appearance options that make its fields look like `input`, one of ours.
 *
 * Stripe wants colours, not CSS variables, so they are read from what the browser made of them.
 */
export function appearance_of(input) {
	const style = getComputedStyle(input);
	const dark = is_dark(style.backgroundColor);
	return {
		theme: dark ? "night" : "stripe",
		variables: {
			fontFamily: style.fontFamily,
			fontSizeBase: "14px",
			borderRadius: style.borderTopLeftRadius,
			spacingUnit: "3px",
			colorText: style.color,
			colorPrimary: style.color,
			colorBackground: style.backgroundColor,
			colorDanger: dark ? "#f87171" : "#b52a2a",
		},
		rules: {
			".Input": { border: `1px solid ${style.borderTopColor}`, boxShadow: "none" },
			".Label": { fontWeight: "400" },
		},
	};
}

function is_dark(colour) {
	const [red, green, blue] = (colour.match(/[\d.]+/g) || [255, 255, 255]).map(Number);
	return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}
