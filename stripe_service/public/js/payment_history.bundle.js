import { show_history } from "./desk/history.js";

frappe.provide("stripe_service");
stripe_service.history = { show: show_history };
