/**
 * A stand-in for Stripe.js (https://js.stripe.com/endive/stripe.js), for the emulator it is served by.
 *
 * It has the calls that the pay form uses, and their neighbours, with the names, arguments, results and refusals of
 * @stripe/stripe-js 10's types and of Stripe's reference. Like the real one it shows its fields in a frame of its own
 * origin, so that no number ever is in the page around it, and talks to the API with the publishable key. What the real
 * one refuses (paymentMethodTypes in Elements, a token without elements.submit()) is refused here too, and so is an
 * option it does not know, which the real one only warns about: a test should find it.
 */
(() => {
	"use strict";

	const ORIGIN = new URL(document.currentScript.src).origin;
	const TOP = 2147483647;

	class IntegrationError extends Error {
		constructor(message) {
			super(message);
			this.name = "IntegrationError";
		}
	}

	function refuse_unknown(where, given, known) {
		for (const name of Object.keys(given || {})) {
			if (!known.includes(name))
				throw new IntegrationError(`Unrecognized ${where} parameter: ${name}`);
		}
	}

	// REST

	/** Nested parameters in Stripe's form encoding. */
	function encode(value, path = "", into = new URLSearchParams()) {
		if (value === null || value === undefined) return into;
		if (typeof value === "object") {
			for (const [name, inner] of Object.entries(value))
				encode(inner, path ? `${path}[${name}]` : name, into);
		} else {
			into.append(path, String(value));
		}
		return into;
	}

	/** `{answer}` or `{error}`, an error in Stripe's shape even where there was no answer. */
	async function call(method, path, params, key) {
		const body = encode(params);
		const url = `${ORIGIN}${path}${method === "GET" ? `?${body}` : ""}`;
		const headers = { Authorization: `Bearer ${key}` };
		try {
			const response = await fetch(url, {
				method,
				headers,
				body: method === "GET" ? undefined : body,
			});
			const answer = await response.json();
			return answer.error ? { error: answer.error } : { answer };
		} catch {
			return {
				error: {
					type: "api_connection_error",
					message:
						"We are experiencing issues connecting to our payments provider. Please check your internet connection and try again.",
				},
			};
		}
	}

	function id_of(client_secret, prefix) {
		const match = /^((pi|seti)_\w+?)_secret_\w+$/.exec(client_secret || "");
		if (!match || (prefix && match[2] !== prefix)) {
			throw new IntegrationError(`Invalid value for clientSecret: ${client_secret}`);
		}
		return { id: match[1], kind: match[2] === "pi" ? "payment_intent" : "setup_intent" };
	}

	const RESULT_NAME = { payment_intent: "paymentIntent", setup_intent: "setupIntent" };

	function intent_result(kind, { answer, error }) {
		return error ? { error } : { [RESULT_NAME[kind]]: answer };
	}

	// Frames

	/**
	 * A frame of this origin with a private line to it: `ask(name, data)` resolves with its answer, and what it tells by
	 * itself reaches `on_event(name, data)`.
	 */
	class Frame {
		constructor(page, { title, init, on_event, style }) {
			this.asked = new Map();
			this.number = 0;
			this.on_event = on_event;
			this.node = document.createElement("iframe");
			this.node.src = `${ORIGIN}/frames/${page}.html`;
			this.node.title = title;
			this.node.name = `__privateStripeFrame${Math.floor(Math.random() * 1e6)}`;
			this.node.allow = "payment *; publickey-credentials-get *";
			Object.assign(this.node.style, style);
			this.open = new Promise((resolve, reject) => {
				this.node.addEventListener("load", () => resolve(this._connect(init)));
				setTimeout(() => reject(new Error("The frame did not load")), 20000);
			});
			this.open.catch(() => {});
		}

		_connect(init) {
			const { port1, port2 } = new MessageChannel();
			port1.onmessage = ({ data }) => this._hear(data);
			this.node.contentWindow.postMessage({ stripe_stand_in: true, init }, ORIGIN, [port2]);
			this.port = port1;
		}

		_hear({ event, data, answer_to, answer, error }) {
			if (event) return this.on_event?.(event, data);
			const waiting = this.asked.get(answer_to);
			this.asked.delete(answer_to);
			if (error) waiting?.reject(new Error(error));
			else waiting?.resolve(answer);
		}

		async ask(name, data) {
			await this.open;
			this.number += 1;
			const number = this.number;
			return new Promise((resolve, reject) => {
				this.asked.set(number, { resolve, reject });
				this.port.postMessage({ ask: name, data, number });
			});
		}

		remove() {
			this.port?.close();
			this.node.remove();
		}
	}

	/** A page of the bank's or of Financial Connections over everything; resolves with what it says when it closes. */
	function show_modal(page, title, init) {
		const before = document.activeElement;
		return new Promise((resolve) => {
			const frame = new Frame(page, {
				title,
				init,
				style: {
					position: "fixed",
					inset: "0",
					width: "100%",
					height: "100%",
					border: "0",
					zIndex: String(TOP),
					colorScheme: "light",
				},
				on_event(event, data) {
					if (event !== "done") return;
					frame.remove();
					before?.focus?.();
					resolve(data);
				},
			});
			document.body.append(frame.node);
			frame.open.then(() => frame.node.focus());
		});
	}

	// Elements

	const ELEMENTS_OPTIONS = [
		"mode",
		"amount",
		"currency",
		"clientSecret",
		"setupFutureUsage",
		"setup_future_usage",
		"captureMethod",
		"capture_method",
		"onBehalfOf",
		"on_behalf_of",
		"excludedPaymentMethodTypes",
		"allowedPaymentMethodTypes",
		"paymentMethodConfiguration",
		"payment_method_configuration",
		"paymentMethodOptions",
		"payment_method_options",
		"externalPaymentMethodTypes",
		"adaptivePricing",
		"fonts",
		"locale",
		"appearance",
		"loader",
		"customerOptions",
		"customerSessionClientSecret",
		"customPaymentMethods",
		"syncAddressCheckbox",
		"paymentMethodCreation",
	];
	const ELEMENT_OPTIONS = [
		"defaultValues",
		"business",
		"paymentMethodOrder",
		"fields",
		"readOnly",
		"terms",
		"wallets",
		"walletOptions",
		"layout",
		"applePay",
	];
	const EVENTS = [
		"ready",
		"change",
		"focus",
		"blur",
		"escape",
		"loaderror",
		"loaderstart",
		"carddetailschange",
		"savedpaymentmethodupdate",
		"savedpaymentmethodremove",
		"availablepaymentmethodschange",
	];

	function check_elements_options(options) {
		if ("paymentMethodTypes" in options || "payment_method_types" in options) {
			throw new IntegrationError(
				"paymentMethodTypes is no longer supported. Use allowedPaymentMethodTypes to limit the payment methods, or manage them in the Dashboard."
			);
		}
		refuse_unknown("elements()", options, ELEMENTS_OPTIONS);
		if (options.clientSecret) {
			if (options.mode)
				throw new IntegrationError(
					"You can specify either `mode` or `clientSecret`, not both."
				);
			return id_of(options.clientSecret);
		}
		if (!["payment", "setup", "subscription"].includes(options.mode)) {
			throw new IntegrationError(
				"Invalid value for elements(): mode should be one of payment, setup, subscription."
			);
		}
		if (options.mode !== "setup") check_amount(options);
	}

	function check_amount({ amount, currency }) {
		if (!Number.isInteger(amount) || amount < 0) {
			throw new IntegrationError(
				`Invalid value for elements(): amount should be a positive integer. You specified: ${amount}.`
			);
		}
		if (!/^[a-z]{3}$/.test(currency || "")) {
			throw new IntegrationError(
				`Invalid value for elements(): currency should be a lowercase three-letter code. You specified: ${currency}.`
			);
		}
	}

	class Elements {
		constructor(stripe, options) {
			check_elements_options(options);
			this._stripe = stripe;
			this._options = { ...options };
			this._element = null;
			this._submitted = false;
			this._handlers = [];
		}

		create(type, options = {}) {
			if (type !== "payment")
				throw new IntegrationError(`The stand-in has no Element of type ${type}.`);
			if (this._element)
				throw new IntegrationError(
					"Can only create one Element of type payment through elements()."
				);
			refuse_unknown("create()", options, ELEMENT_OPTIONS);
			this._element = new PaymentElement(this, options);
			return this._element;
		}

		getElement(type) {
			return type === "payment" ? this._element : null;
		}

		async update(options) {
			if (this._options.clientSecret && ("amount" in options || "mode" in options)) {
				throw new IntegrationError(
					"You cannot update amount or mode of Elements created with a clientSecret."
				);
			}
			const merged = { ...this._options, ...options };
			check_elements_options(merged);
			this._options = merged;
			await this._element?._tell_options();
			this._handlers.forEach((handler) => handler());
		}

		on(event, handler) {
			if (event === "update-end") this._handlers.push(handler);
		}

		async fetchUpdates() {
			await this._element?._tell_options();
			return {};
		}

		async submit() {
			const answer = await this._mounted().frame.ask("submit");
			if (!answer.error && answer.wallet) answer.error = await this._open_wallet(answer);
			this._submitted = !answer.error;
			return answer.error ? { error: answer.error } : { selectedPaymentMethod: answer.type };
		}

		/** The wallet's own sheet, in which the payer confirms the amount; answers an error if they close it. */
		async _open_wallet({ type, wallet }) {
			const chosen = await show_modal("wallet", wallet, {
				wallet,
				amount: this._options.amount,
				currency: this._options.currency,
			});
			if (!chosen)
				return {
					type: "validation_error",
					message: `${wallet} was closed before you paid.`,
				};
			await this._mounted().frame.ask("wallet_card", { type, ...chosen });
		}

		_mounted() {
			if (!this._element?.frame) {
				throw new IntegrationError(
					"Please make sure the Payment Element is mounted before calling this method."
				);
			}
			return this._element;
		}

		_usage() {
			return this._options.setupFutureUsage || this._options.setup_future_usage || undefined;
		}
	}

	class PaymentElement {
		constructor(elements, options) {
			this._elements = elements;
			this._options = options;
			this._handlers = {};
			this._destroyed = false;
			this.frame = null;
		}

		mount(target) {
			if (this._destroyed)
				throw new IntegrationError(
					"This Element has already been destroyed. Please create a new one."
				);
			const node = typeof target === "string" ? document.querySelector(target) : target;
			if (!node)
				throw new IntegrationError(
					`The selector you specified (${target}) applies to no DOM elements that are currently on the page.`
				);
			if (this.frame?.node.parentNode === node) return;
			this.unmount();
			this.frame = new Frame("payment_element", {
				title: "Secure payment input frame",
				init: {
					key: this._elements._stripe._key,
					domain: window.location.hostname,
					has_apple_pay: "ApplePaySession" in window,
					...this._described(),
				},
				style: {
					border: "0",
					width: "100%",
					height: "60px",
					display: "block",
					colorScheme: "none",
				},
				on_event: (event, data) => this._hear(event, data),
			});
			node.replaceChildren(this.frame.node);
			this._emit("loaderstart", { elementType: "payment" });
			this.frame.open.catch(() =>
				this._emit("loaderror", {
					elementType: "payment",
					error: {
						type: "api_connection_error",
						message: "The frame could not be loaded.",
					},
				})
			);
		}

		_described() {
			const { appearance, locale, ...options } = this._elements._options;
			return {
				options,
				appearance,
				locale: locale || this._elements._stripe._locale,
				element: this._options,
			};
		}

		async _tell_options() {
			if (this.frame) await this.frame.ask("options", this._described());
		}

		_hear(event, data) {
			if (event === "height") this.frame.node.style.height = `${data}px`;
			else if (event === "link_bank") this._link_bank(data);
			else {
				if (event === "change") this._elements._submitted = false;
				this._emit(event, { elementType: "payment", ...data });
			}
		}

		/** Financial Connections opens over the page, not inside the Element's frame. */
		async _link_bank(init) {
			const linked = await show_modal("financial_connections", "Link your bank account", {
				key: this._elements._stripe._key,
				...init,
			});
			if (this.frame) await this.frame.ask("bank_linked", linked);
		}

		on(event, handler) {
			if (!EVENTS.includes(event))
				throw new IntegrationError(
					`${event} is not a valid event type for the payment Element.`
				);
			(this._handlers[event] = this._handlers[event] || []).push(handler);
			return this;
		}

		once(event, handler) {
			const once = (data) => {
				this.off(event, once);
				handler(data);
			};
			return this.on(event, once);
		}

		off(event, handler) {
			this._handlers[event] = (this._handlers[event] || []).filter(
				(known) => handler && known !== handler
			);
			return this;
		}

		_emit(event, data) {
			(this._handlers[event] || []).forEach((handler) => handler(data));
		}

		update(options) {
			refuse_unknown("update()", options, ELEMENT_OPTIONS);
			Object.assign(this._options, options);
			this._tell_options();
			return this;
		}

		collapse() {
			return this;
		}

		focus() {
			this.frame?.node.focus();
			this.frame?.ask("focus");
		}

		blur() {
			this.frame?.ask("blur");
		}

		clear() {
			this.frame?.ask("clear");
		}

		unmount() {
			this.frame?.remove();
			this.frame = null;
		}

		destroy() {
			this.unmount();
			this._destroyed = true;
			this._elements._element = null;
		}
	}

	// The Stripe object

	class StripeObject {
		constructor(key, options) {
			this._key = key;
			this._locale = options.locale;
		}

		elements(options = {}) {
			return new Elements(this, options);
		}

		// Tokens

		async createConfirmationToken({ elements, params = {} }) {
			if (!elements?._submitted) {
				throw new IntegrationError(
					"elements.submit() must be called before stripe.createConfirmationToken(). See https://docs.stripe.com/payments/finalize-payments-on-the-server"
				);
			}
			refuse_unknown("createConfirmationToken()", params, [
				"payment_method_data",
				"shipping",
				"return_url",
				"metadata",
			]);
			if (params.return_url && !/^https?:\/\//.test(params.return_url)) {
				return {
					error: {
						type: "invalid_request_error",
						code: "url_invalid",
						param: "return_url",
						message: "Not a valid URL",
					},
				};
			}
			const { answer, error } = await elements._mounted().frame.ask("confirmation_token", {
				...params,
				setup_future_usage: elements._usage(),
			});
			return error ? { error } : { confirmationToken: answer };
		}

		async createPaymentMethod({ elements, params = {} }) {
			if (elements._options.paymentMethodCreation !== "manual") {
				throw new IntegrationError(
					"elements must be created with paymentMethodCreation: 'manual' to call stripe.createPaymentMethod()."
				);
			}
			const { answer, error } = await elements
				._mounted()
				.frame.ask("payment_method", params);
			return error ? { error } : { paymentMethod: answer };
		}

		// Confirming

		confirmPayment(options) {
			return this._confirm("pi", options);
		}

		confirmSetup(options) {
			return this._confirm("seti", options);
		}

		async _confirm(
			prefix,
			{ elements, clientSecret, confirmParams = {}, redirect = "always" }
		) {
			const secret = clientSecret || elements?._options.clientSecret;
			const { id, kind } = id_of(secret, prefix);
			if (redirect === "always" && !confirmParams.return_url) {
				throw new IntegrationError(
					"You must provide confirmParams.return_url, or redirect: 'if_required'."
				);
			}
			if (elements?._options.mode && !elements._submitted) {
				throw new IntegrationError(
					"elements.submit() must be called before confirming when Elements were created without a clientSecret."
				);
			}
			const path = `/v1/${kind}s/${id}/confirm`;
			const params = { ...confirmParams, client_secret: secret, use_stripe_sdk: true };
			const confirmed = elements
				? await elements._mounted().frame.ask("confirm", { path, params })
				: await call("POST", path, params, this._key);
			const done = await this._finish(kind, confirmed, secret);
			return this._return(done, kind, confirmParams.return_url, redirect);
		}

		/** Show what the intent asks for, if a person can answer it now. */
		async _finish(kind, { answer, error }, secret) {
			if (error) return { error };
			if (answer.status === "requires_action" && is_three_d_secure(answer.next_action)) {
				return this.handleNextAction({ clientSecret: secret });
			}
			return intent_result(kind, { answer });
		}

		_return(result, kind, return_url, redirect) {
			if (result.error || redirect === "if_required") return result;
			const intent = result[RESULT_NAME[kind]];
			const url = new URL(return_url);
			url.searchParams.set(kind, intent.id);
			url.searchParams.set(`${kind}_client_secret`, intent.client_secret);
			url.searchParams.set(
				"redirect_status",
				intent.status === "succeeded" ? "succeeded" : "pending"
			);
			window.location.assign(url);
			return new Promise(() => {});
		}

		/** 3-D Secure: the bank's page over ours. The intent is read again whatever the page says. */
		async handleNextAction({ clientSecret }) {
			const { id, kind } = id_of(clientSecret);
			const before = await this._retrieve(clientSecret);
			if (before.error) return before;
			const intent = before[RESULT_NAME[kind]];
			if (intent.status !== "requires_action" || !is_three_d_secure(intent.next_action))
				return before;

			await show_modal("challenge", "3-D Secure authentication", {
				id,
				clientSecret,
				amount: intent.amount,
				currency: intent.currency,
			});
			const after = await this._retrieve(clientSecret);
			const failed = after[RESULT_NAME[kind]];
			if (failed && failed.status === "requires_payment_method") {
				const error = failed.last_payment_error || failed.last_setup_error;
				return { error: { ...error, [kind]: failed } };
			}
			return after;
		}

		retrievePaymentIntent(clientSecret) {
			id_of(clientSecret, "pi");
			return this._retrieve(clientSecret);
		}

		retrieveSetupIntent(clientSecret) {
			id_of(clientSecret, "seti");
			return this._retrieve(clientSecret);
		}

		async _retrieve(clientSecret) {
			const { id, kind } = id_of(clientSecret);
			return intent_result(
				kind,
				await call("GET", `/v1/${kind}s/${id}`, { client_secret: clientSecret }, this._key)
			);
		}

		// US bank accounts without the Payment Element

		async collectBankAccountForSetup({ clientSecret, params }) {
			const { id } = id_of(clientSecret, "seti");
			if (
				params?.payment_method_type !== "us_bank_account" ||
				!params.payment_method_data?.billing_details?.name
			) {
				throw new IntegrationError(
					"params.payment_method_type and params.payment_method_data.billing_details.name are required."
				);
			}
			const linked = await show_modal("financial_connections", "Link your bank account", {
				key: this._key,
			});
			if (!linked) return this._retrieve(clientSecret);
			const data = {
				...params.payment_method_data,
				type: "us_bank_account",
				us_bank_account: linked.us_bank_account,
			};
			const made = await call("POST", "/v1/payment_methods", data, this._key);
			if (made.error) return { error: made.error };
			this._collected = { ...this._collected, [id]: made.answer.id };
			const read = await this._retrieve(clientSecret);
			return read.error
				? read
				: {
						setupIntent: {
							...read.setupIntent,
							status: "requires_confirmation",
							payment_method: made.answer,
						},
				  };
		}

		async confirmUsBankAccountSetup(clientSecret, data = {}) {
			const { id, kind } = id_of(clientSecret, "seti");
			const method = data.payment_method || this._collected?.[id];
			const params = { client_secret: clientSecret, mandate_data: ACCEPTED_ONLINE };
			if (typeof method === "string") params.payment_method = method;
			else if (method) params.payment_method_data = { ...method, type: "us_bank_account" };
			return intent_result(
				kind,
				await call("POST", `/v1/setup_intents/${id}/confirm`, params, this._key)
			);
		}

		async verifyMicrodepositsForSetup(clientSecret, { amounts, descriptor_code } = {}) {
			const { id, kind } = id_of(clientSecret, "seti");
			const params = { client_secret: clientSecret, amounts, descriptor_code };
			return intent_result(
				kind,
				await call(
					"POST",
					`/v1/setup_intents/${id}/verify_microdeposits`,
					params,
					this._key
				)
			);
		}

		registerAppInfo() {}
	}

	const ACCEPTED_ONLINE = {
		customer_acceptance: { type: "online", online: { infer_from_client: true } },
	};

	function is_three_d_secure(next_action) {
		return next_action?.type === "use_stripe_sdk" || next_action?.type === "redirect_to_url";
	}

	function Stripe(key, options = {}) {
		if (typeof key !== "string" || !key) {
			throw new IntegrationError("Missing value for Stripe(): apiKey should be a string.");
		}
		if (!/^pk_(test|live)_/.test(key)) {
			throw new IntegrationError(
				"You should not use your secret key with Stripe.js. Please pass a publishable key instead."
			);
		}
		refuse_unknown("Stripe()", options, [
			"stripeAccount",
			"apiVersion",
			"locale",
			"betas",
			"developerTools",
		]);
		return new StripeObject(key, options);
	}

	Stripe.version = "emulator";
	window.Stripe = Stripe;
})();
