/**
 * Lets Frappe's realtime server find the site at `stripe-demo.localhost`, as browsers do: not every machine's own resolver knows
 * the names below `localhost`, which are this machine (RFC 6761).
 */

const dns = require("node:dns");

const { lookup } = dns;
dns.lookup = (name, ...more) =>
  lookup(/\.localhost$/.test(name) ? "localhost" : name, ...more);
