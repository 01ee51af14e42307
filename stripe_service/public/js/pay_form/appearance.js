/**
 * Stripe's fields in this page's colours.
 *
 * Stripe wants colours, not CSS variables, so they are read from what the browser made of one of our inputs. A browser
 * makes nothing of an input that is not on the page: hence `when_shown`, and hence no empty value is ever passed on.
 */

/** Resolves once `node` takes up room on the page. A dialog may be filled before it is put there. */
export function when_shown(node) {
	if (node.getClientRects().length) return Promise.resolve();
	return new Promise((resolve) => {
		const observer = new ResizeObserver(() => {
			if (!node.getClientRects().length) return;
			observer.disconnect();
			resolve();
		});
		observer.observe(node);
	});
}

/** Stripe's appearance options that make its fields look like `input`, one of ours that is shown. */
export function appearance_of(input) {
	const style = getComputedStyle(input);
	const background = colour_behind(input);
	const dark = is_dark(background);
	const label = input.labels?.[0] && getComputedStyle(input.labels[0]).color;
	return {
		theme: dark ? "night" : "stripe",
		variables: without_empty({
			fontFamily: known_fonts(style.fontFamily),
			fontSizeBase: "14px",
			borderRadius: style.borderTopLeftRadius,
			spacingUnit: "3px",
			colorText: style.color,
			colorTextSecondary: label,
			colorPrimary: style.color,
			colorBackground: background,
			colorDanger: dark ? "#f87171" : "#b52a2a",
		}),
		rules: {
			".Input": without_empty({
				border: style.borderTopColor && `1px solid ${style.borderTopColor}`,
				boxShadow: "none",
			}),
			".Label": { fontWeight: "400" },
		},
	};
}

/** Calls back with the new appearance whenever the page changes its theme. Answers how to stop. */
export function follow_theme(input, on_change) {
	let told = JSON.stringify(appearance_of(input));
	const look = () =>
		requestAnimationFrame(() => {
			if (!input.getClientRects().length) return;
			const appearance = appearance_of(input);
			if (JSON.stringify(appearance) === told) return;
			told = JSON.stringify(appearance);
			on_change(appearance);
		});
	const observer = new MutationObserver(look);
	const options = {
		attributes: true,
		attributeFilter: ["data-theme", "data-theme-mode", "class"],
	};
	observer.observe(document.documentElement, options);
	observer.observe(document.body, options);
	const system = window.matchMedia("(prefers-color-scheme: dark)");
	system.addEventListener("change", look);
	return () => {
		observer.disconnect();
		system.removeEventListener("change", look);
	};
}

function without_empty(values) {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value));
}

/** Stripe's frame has none of this page's own web fonts, only those of the machine. */
function known_fonts(families) {
	const own = new Set([...document.fonts].map(({ family }) => bare(family)));
	// A name in quotes may hold a comma.
	const fonts = (families.match(/("[^"]*"|[^",])+/g) || []).map((family) => family.trim());
	const known = fonts.filter((family) => family && !own.has(bare(family)));
	return known.join(", ") || "system-ui, sans-serif";
}

/** Names of fonts are the same in any case, with quotes as without. */
const bare = (family) => family.replace(/["']/g, "").trim().toLowerCase();

function colour_behind(node) {
	for (let behind = node; behind; behind = behind.parentElement) {
		const colour = getComputedStyle(behind).backgroundColor;
		const [, , , alpha = 1] = numbers_in(colour);
		if (colour && alpha > 0.5) return colour;
	}
	return "rgb(255, 255, 255)";
}

function is_dark(colour) {
	const [red = 255, green = 255, blue = 255] = numbers_in(colour);
	return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

function numbers_in(colour) {
	return (colour.match(/[\d.]+/g) || []).map(Number);
}
