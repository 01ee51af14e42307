/**
 * The list of work items: what each is about, how much and when it is due, beside the number that Frappe shows.
 *
 * Amounts change after the item was made, so they are no fields of it: they are asked for once for all rows that are shown. A
 * list with none of our documents in it stays as Frappe makes it. Frappe puts this file behind its own for the same list.
 */

(() => {
	const settings = (frappe.listview_settings["Workflow Action"] =
		frappe.listview_settings["Workflow Action"] || {});
	const facts = {}; // by name of the work item
	const COLUMNS = [
		{ fieldname: "stripe_amount", label: __("Outstanding"), fieldtype: "Currency" },
		{ fieldname: "stripe_due", label: __("Due"), fieldtype: "Data" },
		{ fieldname: "stripe_party", label: __("Party"), fieldtype: "Data" },
		{ fieldname: "stripe_number", label: __("Document"), fieldtype: "Data" },
	];

	settings.add_fields = [
		...(settings.add_fields || []),
		"status",
		"reference_doctype",
		"reference_name",
	];
	settings.formatters = {
		...settings.formatters,
		// The subject of a row, which Frappe puts in as text.
		reference_name: (value, df, doc) => facts[doc.name]?.title || value,
		stripe_amount: (value, df, doc) => cell(amount(facts[doc.name])),
		stripe_due: (value, df, doc) => cell(due(facts[doc.name])),
		stripe_party: (value, df, doc) => cell(facts[doc.name]?.party),
		stripe_number: (value, df, doc) => cell(doc.reference_name),
	};

	const frappes_refresh = settings.refresh;
	settings.refresh = (listview) => {
		frappes_refresh?.(listview);
		show_facts(listview);
	};

	// What Frappe shows in an empty list; of its own accord it would ask for a Workflow Action to be created.
	const frappes_onload = settings.onload;
	settings.onload = (listview) => {
		frappes_onload?.(listview);
		listview.meta.description =
			listview.meta.description ||
			__(
				"No work item is waiting for you. One appears here when a document needs something that your roles may do."
			);
	};

	async function show_facts(listview) {
		const names = listview.data.map(({ name }) => name);
		if (!names.length) return;
		const answer = await frappe.xcall("stripe_service.api.home.work_item_facts", { names });
		Object.assign(facts, answer);
		if (!Object.keys(answer).length) return;
		if (!listview.stripe_columns) show_columns(listview);
		listview.render_list();
		listview.set_rows_as_checked();
		keep_from_sorting(listview);
	}

	/** An administrator's own List View Settings are left alone. */
	function show_columns(listview) {
		listview.stripe_columns = true;
		stripe_service.set_up_list(listview);
		listview.$page.addClass("stripe-work-items");
		if (listview.list_view_settings?.fields) return;
		const [subject, ...others] = listview.columns.filter(({ type }) => type !== "Field");
		const named = { ...subject, df: { ...subject.df, label: __("Title") } };
		const fields = COLUMNS.map((df) => ({ type: "Field", df }));
		stripe_service.set_columns(listview, [named, ...others, ...fields]);
	}

	/** The database has no such fields. */
	function keep_from_sorting(listview) {
		listview.$result
			.find('[data-sort-by^="stripe_"]')
			.removeAttr("data-sort-by")
			.removeAttr("title");
	}

	function amount(row) {
		if (!row) return "";
		return stripe_service.amount_in_words(row.outstanding, row.currency);
	}

	function due(row) {
		const day = row?.due_date ? frappe.datetime.str_to_user(row.due_date) : "";
		if (Number(row?.under_way)) {
			const under_way = __("Payment Under Way");
			return day ? `${day} (${under_way})` : under_way;
		}
		return day && row.days_overdue ? __("{0} (overdue)", [day]) : day;
	}

	function cell(text) {
		const safe = frappe.utils.escape_html(String(text || ""));
		return `<span class="ellipsis" title="${safe}">${safe}</span>`;
	}
})();
