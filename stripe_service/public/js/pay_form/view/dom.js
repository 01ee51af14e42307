/**
 * Elements built by hand: text only ever enters through textContent, so nothing a record holds can become markup.
 *
 * Why not Vue, which Frappe ships: docs/decisions.md, "The pay form in the browser".
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * `el("p.note", {id, attrs, on: {click}}, "text", child, ...)`. `attrs` with null or false are left out.
 */
export function el(selector, options = {}, ...children) {
	const [tag, ...classes] = selector.split(".");
	const node = document.createElement(tag || "div");
	if (classes.length) node.className = classes.join(" ");
	set_attributes(node, options.attrs);
	for (const [event, handler] of Object.entries(options.on || {}))
		node.addEventListener(event, handler);
	node.append(
		...children.filter((child) => child !== null && child !== undefined && child !== false)
	);
	return node;
}

export function svg(tag, attributes, ...children) {
	const node = document.createElementNS(SVG, tag);
	set_attributes(node, attributes);
	node.append(...children);
	return node;
}

export function set_attributes(node, attributes = {}) {
	for (const [name, value] of Object.entries(attributes)) {
		if (value === null || value === undefined || value === false) node.removeAttribute(name);
		else node.setAttribute(name, value === true ? "" : value);
	}
}

/** Change the text only if it differs, so that a live region does not speak the same words twice. */
export function set_text(node, text) {
	if (node.textContent !== (text || "")) node.textContent = text || "";
	return node;
}

export function show(node, visible) {
	node.hidden = !visible;
	return node;
}

/** What had the focus in `node` has it again, where it is drawn anew: a live list must not take a keyboard user's place. */
export function replace_children(node, ...children) {
	const held = node.getRootNode().activeElement;
	const name = node.contains(held) ? name_of(held) : null;
	node.replaceChildren(...children.filter(Boolean));
	if (name !== null && !node.contains(node.getRootNode().activeElement))
		[...node.querySelectorAll(held.tagName)].find((one) => name_of(one) === name)?.focus();
	return node;
}

function name_of(node) {
	const { doctype, name } = node.dataset;
	const label = node.getAttribute("aria-label") || node.textContent;
	return JSON.stringify([doctype, name, node.getAttribute("href"), label]);
}

let last_id = 0;

export function unique_id(prefix) {
	last_id += 1;
	return `stripe-pay-${prefix}-${last_id}`;
}
