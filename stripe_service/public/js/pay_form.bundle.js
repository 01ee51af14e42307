import { open_dialog } from "./pay_form/desk/dialog.js";
import { setup_form } from "./pay_form/desk/form_setup.js";
import { frappe_adapter } from "./pay_form/frappe_adapter.js";
import { PayForm } from "./pay_form/pay_form.js";

frappe.provide("stripe_service.pay_form");
stripe_service.PayForm = PayForm;
Object.assign(stripe_service.pay_form, { adapter: frappe_adapter, open_dialog, setup_form });
