/**
 * Stripe.js, loaded from the address that the server names (Stripe's terms: never bundled, never hosted by us).
 *
 * Once per page, whichever bundle asks: the pay form and the page of saved methods are bundles of their own, and each
 * has its own copy of this module. So is the `Stripe` object of an account: Stripe.js keeps hidden frames for each one
 * until the page is left, and the desk is a page that stays for days. What failed is forgotten, so that the next try
 * asks the network again.
 */

const ON_THIS_PAGE = Symbol.for("stripe_service.stripe_js");
const LOADED_WITHIN = 20000; // milliseconds

// https://docs.stripe.com/js/appendix/supported_locales, and @stripe/stripe-js 10's StripeElementLocale.
const LOCALES = (
	"ar bg cs da de el en en-AU en-CA en-GB en-NZ es es-419 es-ES et fi fil fr fr-CA fr-FR he hr hu id it it-IT ja ko lt " +
	"lv ms mt nb nl no pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW"
).split(" ");
const OTHER_NAMES = {
	nn: "nb",
	tl: "fil",
	iw: "he",
	in: "id",
	"zh-hant": "zh-TW",
	"zh-hant-hk": "zh-HK",
	"zh-hant-mo": "zh-HK",
	"zh-mo": "zh-HK",
};

/**
 * The `Stripe` object of an account in a language, the same one for whoever asks. Rejects when the script can't be
 * loaded, or not in time.
 */
export function load_stripe({ stripe_js_url, publishable_key, locale }) {
	const options = { locale: stripe_locale(locale) };
	const stripe = once([stripe_js_url, publishable_key, options.locale].join(" "), async () => {
		const Stripe = await once(stripe_js_url, () => append_script(stripe_js_url));
		return Stripe(publishable_key, options);
	});
	return in_time(stripe);
}

/** The language of this page as Stripe.js names it; "auto", the browser's own, for one that it does not speak. */
export function stripe_locale(language) {
	const tag = String(language || "").replace(/_/g, "-");
	const [base, ...region] = tag.split("-");
	const american_spanish = /^es$/i.test(base) && region.length > 0 && !/^es$/i.test(region[0]);
	const wished = [
		tag,
		OTHER_NAMES[tag.toLowerCase()],
		OTHER_NAMES[`${base}-${region[0]}`.toLowerCase()],
		american_spanish && "es-419",
		base,
		OTHER_NAMES[base.toLowerCase()],
	];
	for (const name of wished.filter(Boolean)) {
		const known = LOCALES.find((locale) => locale.toLowerCase() === name.toLowerCase());
		if (known) return known;
	}
	return "auto";
}

/** The promise that `make` made on this page under this name, unless it came to nothing. */
function once(name, make) {
	const promises = (window[ON_THIS_PAGE] = window[ON_THIS_PAGE] || new Map());
	if (!promises.has(name)) {
		const promise = make().catch((error) => {
			promises.delete(name);
			throw error;
		});
		promises.set(name, promise);
	}
	return promises.get(name);
}

/** One that is late is waited for again by the next try: browsers would not ask twice for a script that is on its way. */
function in_time(loading) {
	const late = new Promise((resolve, reject) =>
		setTimeout(() => reject(new Error("Stripe.js did not load in time")), LOADED_WITHIN)
	);
	late.catch(() => {});
	return Promise.race([loading, late]);
}

function append_script(url) {
	// Another app's tag: asked again, Stripe.js would warn and start twice.
	if (window.Stripe && [...document.scripts].some((script) => script.src === url)) {
		return Promise.resolve(window.Stripe);
	}
	return new Promise((resolve, reject) => {
		const script = document.createElement("script");
		const fail = (reason) => {
			script.remove();
			reject(new Error(reason));
		};
		script.src = url;
		script.async = true;
		script.addEventListener("load", () =>
			window.Stripe ? resolve(window.Stripe) : fail("Stripe.js did not start")
		);
		script.addEventListener("error", () => fail("Stripe.js could not be loaded"));
		document.head.append(script);
	});
}
