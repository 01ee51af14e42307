/**
 * Before Frappe's realtime server, which asks the site's web server who has connected: a browser finds *.localhost by itself,
 * Node asks the machine, which mostly knows no such name (https://www.rfc-editor.org/rfc/rfc6761#section-6.3).
 */
const dns = require("dns");

const { lookup } = dns;
dns.lookup = (name, ...rest) =>
  lookup(/\.localhost$/.test(name) ? "127.0.0.1" : name, ...rest);
