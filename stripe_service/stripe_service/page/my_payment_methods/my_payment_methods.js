frappe.pages["my-payment-methods"].on_page_load = function (wrapper) {
	const page = frappe.ui.make_app_page({
		parent: wrapper,
		title: __("My Payment Methods"),
		single_column: true,
	});
	frappe.require(
		["pay_form.bundle.css", "my_methods.bundle.css", "my_methods.bundle.js"],
		() => {
			wrapper.my_methods = new stripe_service.MyMethods({ node: page.main.get(0) });
			wrapper.my_methods.load();
		}
	);
	page.set_secondary_action(__("Refresh"), () => wrapper.my_methods?.load(), "refresh");
};

// What happened elsewhere meanwhile (a payment that saved a card) shows when the page is come back to.
frappe.pages["my-payment-methods"].on_page_show = function (wrapper) {
	wrapper.my_methods?.load();
};
