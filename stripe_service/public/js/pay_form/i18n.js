/**
 * Translation for modules that must also run where Frappe's global `__` does not exist (the pay form's test page).
 *
 * The function keeps Frappe's name, because the strings for translators are collected by that name.
 */

let translate = (text, replace) => fill(text, replace);

export function use_translator(translator) {
	translate = translator || ((text, replace) => fill(text, replace));
}

export function __(text, replace, context) {
	return translate(text, replace, context);
}

function fill(text, replace = []) {
	return text.replace(/\{(\d+)\}/g, (placeholder, index) => replace[index] ?? placeholder);
}
