import { show_latest_payments } from "./desk/latest_payments";
import { show_overview } from "./desk/overview";
import { show_payment_link } from "./desk/payment_link";
import { ask_refund, refund_reasons } from "./desk/refund";
import { show_in_list } from "./desk/test_mode";
import { brand_name, card_title } from "./pay_form/messages";

frappe.provide("stripe_service");

stripe_service.brand_name = brand_name;
stripe_service.card_title = card_title;
stripe_service.refund = ask_refund;
stripe_service.refund_reasons = refund_reasons;
stripe_service.payment_link = show_payment_link;
stripe_service.overview = { show: show_overview };
stripe_service.latest_payments = { show: show_latest_payments };
stripe_service.test_mode = { show_in_list };
