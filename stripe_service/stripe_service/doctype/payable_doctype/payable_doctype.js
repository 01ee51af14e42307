// Offers the fields and states of the chosen DocType; what fits where, the server decides (payable_doctype.py).

const PAYABLE_STATE_FIELDS = ["status_partly_paid", "status_paid", "status_to_be_paid"];

frappe.ui.form.on("Payable DocType", {
	setup(frm) {
		frm.set_query("document_type", () => ({
			filters: { issingle: 0, istable: 0, is_virtual: 0, module: ["!=", "Core"] },
		}));
	},

	refresh(frm) {
		frm.set_df_property("document_type", "read_only", !frm.is_new());
		offer_choices(frm);
		if (!frm.is_new() && !(frm.doc.paid_fieldname && frm.doc.reserved_fieldname)) {
			frm.add_custom_button(__("Add Amount Fields"), () => add_amount_fields(frm));
		}
		if (!frm.is_new()) {
			frm.add_custom_button(__("Open List"), () =>
				frappe.set_route("List", frm.doc.document_type)
			);
		}
	},

	document_type: (frm) => offer_choices(frm, true),
	status_fieldname: (frm) => offer_choices(frm),
});

async function offer_choices(frm, suggest = false) {
	if (!frm.doc.document_type) return;
	const { message: choices } = await frm.call("choices");
	if (!choices) return;
	for (const [fieldname, options] of Object.entries(choices.fields)) {
		frm.fields_dict[fieldname]?.set_data(options);
	}
	for (const fieldname of PAYABLE_STATE_FIELDS) {
		frm.fields_dict[fieldname]?.set_data(choices.states || []);
	}
	describe_states(frm, choices.states);
	if (suggest) await frm.set_value(choices.suggested);
}

function describe_states(frm, states) {
	frm.set_df_property(
		"payable_statuses",
		"description",
		states
			? __("None chosen: in every state.")
			: `${__("One per line")}. ${__("Leave empty to allow every state.")}`
	);
	frm.set_df_property("void_statuses", "description", states ? "" : __("One per line"));
	for (const fieldname of ["payable_statuses", "void_statuses"]) {
		offer_states(frm, fieldname, states || []);
	}
}

/** Known states are chosen, not typed: a button for each, which writes or takes away its line. */
function offer_states(frm, fieldname, states) {
	const field = frm.fields_dict[fieldname];
	const may_edit = frm.is_new() || Boolean(frm.perm[0]?.write);
	field.$wrapper.find(".stripe-states").remove();
	if (!states.length || !may_edit) return;
	const group = $(`<div class="stripe-states" role="group"></div>`)
		.attr("aria-label", __(field.df.label))
		.css({ display: "flex", flexWrap: "wrap", gap: "6px", margin: "6px 0 15px" });
	for (const state of states) {
		const button = $(`<button type="button" class="btn btn-xs"></button>`);
		stripe_service.give_edge(button.get(0));
		const show = () => {
			const chosen = lines_of(frm, fieldname).includes(state);
			button.text(`${chosen ? "✓ " : "+ "}${__(state)}`);
			button.attr("aria-pressed", String(chosen));
			button.toggleClass("btn-primary", chosen).toggleClass("btn-default", !chosen);
		};
		button.on("click", async () => {
			await frm.set_value(fieldname, toggled(frm, fieldname, state).join("\n"));
			show();
		});
		show();
		group.append(button);
	}
	field.$wrapper.append(group);
}

const lines_of = (frm, fieldname) =>
	(frm.doc[fieldname] || "")
		.split("\n")
		.map((line) => line.trim())
		.filter(Boolean);

function toggled(frm, fieldname, state) {
	const lines = lines_of(frm, fieldname);
	return lines.includes(state) ? lines.filter((line) => line !== state) : [...lines, state];
}

function add_amount_fields(frm) {
	stripe_service.dialogs.confirm(
		__(
			"Add the read-only fields Paid Online and Payment Under Way to {0}, and enter them here?",
			[__(frm.doc.document_type)]
		),
		async () => {
			await frm.call("add_amount_fields");
			frm.reload_doc();
		}
	);
}
