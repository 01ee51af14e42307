import { show_home } from "./payer_home/index.js";

frappe.provide("stripe_service");
stripe_service.payer_home = { show: show_home };
