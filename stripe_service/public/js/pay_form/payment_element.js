/**
 * Stripe's Payment Element, for a new card and for a new bank account.
 *
 * Card: "deferred", because the amount is decided on the server under a lock: Elements know mode, amount and currency
 * only, and what was entered leaves as a ConfirmationToken. Bank account: a SetupIntent of the server's, confirmed
 * here; verified before it may pay. Both use Stripe.js's documented calls alone
 * (https://docs.stripe.com/payments/finalize-payments-on-the-server,
 * https://docs.stripe.com/payments/ach-direct-debit/set-up-payment).
 */

import { appearance_of, follow_theme } from "./appearance.js";

// Stripe.js's name of each wallet that the settings know.
const WALLETS = { apple_pay: "applePay", google_pay: "googlePay", link: "link" };
const READY_WITHIN = 20000; // milliseconds

/**
 * "auto" lets Stripe.js show a wallet where the device has it and the page's domain is registered; without `names`, none. It is
 * a tab beside the card's fields, and what is paid with is the card in it.
 */
function wallets_option(names = []) {
	return Object.fromEntries(
		Object.entries(WALLETS).map(([name, option]) => [
			option,
			names.includes(name) ? "auto" : "never",
		])
	);
}

/** What Stripe.js said of the entry: in the payer's language, and fit for them. Anything else that is thrown is a fault. */
export class EntryRefused extends Error {}

function check(answer) {
	if (answer.error) throw new EntryRefused(answer.error.message || "");
	return answer;
}

class Element {
	/** `like` is one of our own inputs, shown on the page, which Stripe's fields are made to look like. */
	constructor(stripe, options, element_options, { like, ...handlers }) {
		this.stripe = stripe;
		this.elements = stripe.elements({ ...options, appearance: appearance_of(like) });
		this.element = this.elements.create("payment", {
			layout: "tabs",
			wallets: wallets_option(),
			...element_options,
		});
		this.ready = false;
		this._listen(handlers);
		this.stop_following = follow_theme(like, (appearance) =>
			this.elements.update({ appearance })
		);
	}

	/** `on_load_error(error)`: Stripe's error, or null where the fields did not come in time. */
	_listen({ on_change, on_ready, on_load_error, on_escape }) {
		this.too_late = () => !this.ready && on_load_error?.(null);
		this.element.on("ready", () => {
			this.ready = true;
			clearTimeout(this.timer);
			on_ready?.();
		});
		this.element.on("change", (event) => on_change?.(event));
		this.element.on("loaderror", (event) => on_load_error?.(event.error));
		this.element.on("escape", () => on_escape?.());
	}

	mount(node) {
		this.timer = setTimeout(this.too_late, READY_WITHIN);
		this.element.mount(node);
	}

	focus() {
		this.element.focus();
	}

	destroy() {
		clearTimeout(this.timer);
		this.stop_following();
		this.element.destroy();
	}
}

export class CardElement extends Element {
	/**
	 * `amount_minor` is only what Stripe shows; the server decides. `on_brands` hears of the brands that the number being
	 * entered may be, and of none while a wallet is chosen.
	 */
	constructor(stripe, { amount_minor, currency, wallets, on_brands, ...handlers }) {
		const options = {
			mode: "payment",
			amount: amount_minor,
			currency: currency.toLowerCase(),
			allowedPaymentMethodTypes: ["card"],
		};
		super(stripe, options, { wallets: wallets_option(wallets) }, handlers);
		let brands = [];
		this.element.on("carddetailschange", ({ details }) => {
			brands = details?.brands || [];
			on_brands?.(brands);
		});
		this.element.on("change", ({ value }) => on_brands?.(value.type === "card" ? brands : []));
	}

	/** The ConfirmationToken's id. Throws EntryRefused. */
	async tokenise({ amount_minor, save }) {
		// As the server creates the PaymentIntent: a payer is present whenever a saved card is used.
		await this.elements.update({
			amount: amount_minor,
			setupFutureUsage: save ? "on_session" : null,
		});
		check(await this.elements.submit());
		const { confirmationToken } = check(
			await this.stripe.createConfirmationToken({
				elements: this.elements,
				params: { return_url: window.location.href },
			})
		);
		return confirmationToken.id;
	}
}

export class BankAccountElement extends Element {
	constructor(stripe, { client_secret, defaults, ...handlers }) {
		const options = { terms: { usBankAccount: "always" } };
		if (defaults) options.defaultValues = { billingDetails: defaults };
		super(stripe, { clientSecret: client_secret }, options, handlers);
	}

	/** The SetupIntent after the payer accepted the mandate: succeeded, processing, or waiting for micro-deposits. Throws
	 * EntryRefused. */
	async confirm() {
		check(await this.elements.submit());
		const { setupIntent } = check(
			await this.stripe.confirmSetup({
				elements: this.elements,
				confirmParams: { return_url: window.location.href },
				redirect: "if_required",
			})
		);
		return setupIntent;
	}
}
