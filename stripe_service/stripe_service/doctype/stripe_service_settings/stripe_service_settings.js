const CHECKLIST_COLOURS = { Done: "green", Warning: "orange", "To Do": "red" };

frappe.ui.form.on("Stripe Service Settings", {
	refresh(frm) {
		frm.set_query("default_account", () => ({ filters: { status: "Connected" } }));
		show_checklist(frm);
	},
});

async function show_checklist(frm, parts) {
	parts = parts || (await frappe.xcall("stripe_service.api.account.checklist"));
	const place = frm.get_field("checklist_html").$wrapper;
	place.html(`<ul class="list-unstyled stripe-checklist">${parts.map(part_html).join("")}</ul>`);
	place.find("[data-make]").on("click", async (event) => {
		const part = event.currentTarget.dataset.make;
		const now = await frappe.xcall("stripe_service.api.account.make_missing", { part });
		show_checklist(frm, now);
	});
	place.find(".btn").each((index, button) => stripe_service.give_edge(button));
	show_server_script_state(frm, parts);
}

function part_html(part) {
	return `<li class="flex" data-part="${
		part.part
	}" style="flex-wrap: wrap; gap: var(--padding-sm); padding: var(--padding-xs) 0">
		<span style="flex: 0 0 6rem"><span class="indicator-pill ${CHECKLIST_COLOURS[part.state]}">${__(
		part.state
	)}</span></span>
		<span style="flex: 1 1 7rem; min-width: 0; overflow-wrap: anywhere">
			<strong>${frappe.utils.escape_html(part.label)}</strong><br>
			<span class="text-muted">${frappe.utils.escape_html(part.message)}</span>
		</span>
		<span>${action_html(part.action)}</span>
	</li>`;
}

function action_html(action) {
	if (!action) {
		return "";
	}
	const label = frappe.utils.escape_html(action.label);
	if (!action.make && !can_open(action.link)) {
		return `<span class="text-muted small">${why_not_open(action.link)}</span>`;
	}
	return action.make
		? `<button class="btn btn-primary btn-xs" data-make="${action.make}">${label}</button>`
		: `<a class="btn btn-default btn-xs" href="${frappe.utils.escape_html(
				action.link
		  )}">${label}</a>`;
}

/** The desk knows a page for every DocType, page and workspace that the user may open, and for no other. */
function can_open(link) {
	const slug = slug_of(link);
	const known = [frappe.router.routes, frappe.boot.page_info, frappe.workspaces];
	return !slug || known.some((pages) => pages && slug in pages);
}

function slug_of(link) {
	return /\/(?:app|desk)\/([^/?#]+)/.exec(link || "")?.[1];
}

function why_not_open(link) {
	return slug_of(link) === "server-script"
		? __("Needs the role {0}", [__("Script Manager")])
		: __("You do not have access to this page");
}

function show_server_script_state(frm, parts) {
	const scripts = parts.find((part) => part.part === "server_scripts");
	frm.get_field("server_script_state").$wrapper.html(
		`<p class="text-muted small"><strong>${frappe.utils.escape_html(
			scripts.label
		)}</strong><br>${frappe.utils.escape_html(scripts.message)}</p>`
	);
}
