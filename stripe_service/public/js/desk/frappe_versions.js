/**
 * The differences between Frappe's versions in the browser, each once and by name. Those on the server are in
 * utils/frappe_versions.py.
 */

/**
 * Let the columns of a list share the screen's width, as they do on 15.
 *
 * 16 makes each column as wide as its longest text and lets the list scroll sideways, unless "Disable Scrolling" is set in
 * List View Settings: what it does then is done here, for our columns alone. On 15 there is nothing to do. Remove the first
 * line with 15.
 */
export function fit_columns(listview) {
	if (!listview.apply_column_widths) return;
	listview.apply_column_widths = () => {};
	listview.page.main.parent().addClass("disable-scrolling");
}

/**
 * The help below a dialog's field in the grey of 15. That of 16 is too light on white (2.8 to 1, where 4.5 is needed). Remove
 * when Frappe's own is darker.
 */
export function darken_help(help) {
	help.classList.replace("text-extra-muted", "text-muted");
}

/**
 * The titles of the desk's pages, of which one is shown. A form's is a breadcrumb on 16, behind that of its DocType, which has
 * the class of 15's title and is not there on a phone. Remove the second line with 15.
 */
export function titles_of_pages() {
	const find = (selector) => [...document.querySelectorAll(`.page-head ${selector}`)];
	return [...find(".title-text-form"), ...find(".title-text")];
}
