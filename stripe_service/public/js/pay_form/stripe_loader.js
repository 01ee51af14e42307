/**
 * Stripe.js, loaded from the address that the server names (Stripe's terms: never bundled, never hosted by us).
 *
 * One script tag per address, however many forms open. A load that failed is forgotten, so that the next try asks
 * the network again.
 */

const loading = new Map();

/** A `Stripe` object for one account. Rejects when the script can't be loaded. */
export async function load_stripe({ stripe_js_url, publishable_key, locale }) {
	const Stripe = await load_script(stripe_js_url);
	return Stripe(publishable_key, locale ? { locale } : {});
}

function load_script(url) {
	if (!loading.has(url)) {
		const script_loaded = append_script(url).catch((error) => {
			loading.delete(url);
			throw error;
		});
		loading.set(url, script_loaded);
	}
	return loading.get(url);
}

function append_script(url) {
	return new Promise((resolve, reject) => {
		const script = document.createElement("script");
		script.src = url;
		script.async = true;
		script.addEventListener("load", () =>
			window.Stripe ? resolve(window.Stripe) : reject(new Error("Stripe.js did not start"))
		);
		script.addEventListener("error", () => {
			script.remove();
			reject(new Error("Stripe.js could not be loaded"));
		});
		document.head.append(script);
	});
}
