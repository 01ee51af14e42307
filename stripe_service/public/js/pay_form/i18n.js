/**
 * Translation for modules that must also run where Frappe's global `__` does not exist (the pay form's test page).
 *
 * The function keeps Frappe's name, because the strings for translators are collected by that name.
 */

let translate = null;

export function use_translator(translator) {
	translate = translator;
}

/** Before a translator is named (a dialog's title, a banner of the desk), Frappe's own where there is Frappe. */
export function __(text, replace, context) {
	return (translate || globalThis.__ || fill)(text, replace, context);
}

function fill(text, replace = []) {
	return text.replace(/\{(\d+)\}/g, (placeholder, index) => replace[index] ?? placeholder);
}
