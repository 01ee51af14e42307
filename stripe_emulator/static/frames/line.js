/** The frame's end of the line that stripe.js opens to each of its frames, and the calls to the API. */

/** Resolves with `{init, tell}` once the page around has opened the line; `answers[name](data)` reply to its questions. */
export function open_line(answers) {
	return new Promise((resolve) => {
		window.addEventListener("message", function opened({ data, ports }) {
			if (!data?.stripe_stand_in) return;
			window.removeEventListener("message", opened);
			const [port] = ports;
			port.onmessage = (message) => reply(port, answers, message.data);
			resolve({
				init: data.init,
				tell: (event, content) => port.postMessage({ event, data: content }),
			});
		});
	});
}

async function reply(port, answers, { ask, data, number }) {
	try {
		port.postMessage({ answer_to: number, answer: await answers[ask](data) });
	} catch (error) {
		port.postMessage({ answer_to: number, error: String(error.message || error) });
	}
}

export function encode(value, path = "", into = new URLSearchParams()) {
	if (value === null || value === undefined) return into;
	if (typeof value === "object") {
		for (const [name, inner] of Object.entries(value))
			encode(inner, path ? `${path}[${name}]` : name, into);
	} else {
		into.append(path, String(value));
	}
	return into;
}

/** `{answer}` or `{error}` in Stripe's shape. */
export async function post(path, params, key) {
	return call(path, { method: "POST", body: encode(params) }, key);
}

export async function get(path, params, key) {
	return call(`${path}?${encode(params)}`, { method: "GET" }, key);
}

async function call(url, options, key) {
	try {
		const response = await fetch(url, {
			...options,
			headers: { Authorization: `Bearer ${key}` },
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

/** An element with text and attributes; the frames, too, build nothing from markup. */
export function el(tag, attributes = {}, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
		else if (value !== undefined && value !== false)
			node.setAttribute(name, value === true ? "" : value);
	}
	node.append(...children.filter((child) => child !== null && child !== undefined));
	return node;
}
