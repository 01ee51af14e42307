/** Mounts the pay form without Frappe: `?name=PINV-1&user=…&theme=dark`. */

import { PayForm } from "/pay_form/pay_form.js";

const query = new URLSearchParams(window.location.search);
const user = query.get("user") || "payer@example.com";
document.documentElement.dataset.theme = query.get("theme") || "light";

const adapter = {
	locale: query.get("locale") || "en-US",
	number_format: () =>
		query.get("number_format") === "comma"
			? { decimal: ",", group: "." }
			: { decimal: ".", group: "," },
	login_url: () => "/login",
	remember: (what, value) => localStorage.setItem(`${user}:${what}`, value),
	recall: (what) => localStorage.getItem(`${user}:${what}`),
	async call(method, args) {
		let response;
		try {
			response = await fetch(`/call/${method}`, {
				method: "POST",
				headers: { "Content-Type": "application/json", "X-User": user },
				body: JSON.stringify(args),
			});
		} catch {
			throw { status: 0, message: "" };
		}
		const answer = await response.json().catch(() => {
			throw { status: 0, message: "", unreadable: true };
		});
		if (response.ok) return answer.message;
		throw { ...answer, status: response.status, message: answer.error };
	},
};

const form = new PayForm({
	target: document.getElementById("form"),
	doctype: "Portal Invoice",
	name: query.get("name"),
	adapter,
	on_close: () => window.location.assign("/"),
	on_result: (result) =>
		document.dispatchEvent(new CustomEvent("pay-form-result", { detail: result })),
});
form.open();
