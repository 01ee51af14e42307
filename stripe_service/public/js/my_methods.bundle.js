import { MyMethods } from "./my_methods/index.js";

frappe.provide("stripe_service");
stripe_service.MyMethods = MyMethods;
