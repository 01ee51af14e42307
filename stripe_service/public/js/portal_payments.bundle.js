import { show_payments } from "./portal_payments/index.js";

frappe.provide("stripe_service");
stripe_service.show_portal_payments = show_payments;
