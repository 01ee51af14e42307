import { show_payment_link } from "./pay_form/link/page.js";

frappe.provide("stripe_service");
stripe_service.show_payment_link = show_payment_link;
