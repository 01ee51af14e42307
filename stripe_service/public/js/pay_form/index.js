export { PayForm } from "./pay_form.js";
