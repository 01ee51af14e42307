import { show_overview } from "./desk/overview";
import { show_in_list, test_mode_banner } from "./desk/test_mode";
import { add_reprocess } from "./desk/work_items";

frappe.provide("stripe_service");

stripe_service.overview = { show: show_overview };
stripe_service.test_mode = { show_in_list, banner: test_mode_banner };
stripe_service.work_items = { add_reprocess };
