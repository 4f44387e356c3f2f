// Pages of the middleware's own. Whatever a name or a reason contains, a page shows it as text.

import { createHash } from "node:crypto";

/**
 * Problem is an error that people are told as it is. It is away if the bot didn't answer, or couldn't; type and maxAge
 * are what the bot's own problem says for programs.
 */
export class Problem extends Error {
  constructor(status, title, detail, { away = false, reason = detail, type, maxAge } = {}) {
    super(`${title}: ${reason}`);
    Object.assign(this, { status, title, detail, away, type, maxAge });
  }
}

const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** text is what somebody wrote, for a page of any charset. */
export const text = (s) => String(s).replace(/[^\x20-\x7e]|[&<>"'`]/gu, (c) => named[c] ?? `&#${c.codePointAt(0)};`);

export const wantsPage = (req) => req.headers.accept === undefined || req.headers.accept.includes("text/html");

function send(res, status, kind, body) {
  res.statusCode = status;
  res.setHeader("Cache-Control", "no-store");
  res.setHeader("Referrer-Policy", "no-referrer");
  res.setHeader("X-Content-Type-Options", "nosniff");
  if (kind) res.setHeader("Content-Type", kind);
  res.end(body);
}

export function redirect(res, to) {
  res.setHeader("Location", to);
  send(res, 303);
}

/** page sends a page. What it says more, and has in its head, is HTML. */
export function page(res, status, title, detail, { more = "", head = "" } = {}) {
  res.setHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
  send(res, status, "text/html; charset=utf-8", `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${head}<title>${text(title)}</title></head>
<body style="margin:0;font:16px/1.5 system-ui,sans-serif"><main style="max-width:40em;margin:0 auto;padding:1em"><h1>${text(title)}</h1><p>${text(detail)}</p>${more}</main></body></html>
`);
}

/** tellProblem says to people or to programs what is wrong. */
export function tellProblem(req, res, { status, title, detail }) {
  if (wantsPage(req)) page(res, status, title, detail);
  else send(res, status, "application/problem+json", JSON.stringify({ title, status, detail }));
}

const layout =
  "all:initial!important;display:flex!important;flex-wrap:wrap!important;gap:4px 16px!important;align-items:center!important;justify-content:space-between!important;" +
  "box-sizing:border-box!important;width:100%!important;max-height:50vh!important;overflow:auto!important;padding:8px 16px!important;background:#7a1f1f!important;color:#fff!important;font:14px/1.4 system-ui,sans-serif!important";
const styles = {
  frame: "all:initial!important;display:block!important;position:sticky!important;top:0!important;z-index:2147483647!important",
  layout,
  bar: `${layout};position:fixed!important;top:0!important;left:0!important;z-index:2147483647!important`,
  form: "margin:0",
  button: "font:inherit;color:#7a1f1f;background:#fff;border:0;border-radius:4px;margin:0;padding:2px 12px;cursor:pointer;white-space:nowrap",
};
const HASHES = Object.values(styles).map((style) => `'sha256-${createHash("sha256").update(style).digest("base64")}'`);

export const form = (action, fields, rest, attributes = "") => `<form${attributes} method="post" action="${text(action)}" style="${styles.form}">${Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${text(value)}" />`).join("")}${rest}</form>`;

/**
 * banner says who acts as whom, how and until when. It needs no script. It is there twice, and lies over itself: fixed
 * above the page, and at the page's begin, where it makes room and sticks. Where a page has the one scrolled away, because
 * of what its body is or is moved by, the other stays.
 */
export function banner(grant, end, csrf) {
  const [who, whom] = [grant.actor.name || grant.actor.email, grant.subject.name || grant.subject.id].map((name) => `<strong><bdi>${text(name)}</bdi></strong>`);
  const until = grant.until.toISOString();
  const said = `<span>${who} acting as ${whom} (${grant.scope === "full" ? "full access" : "read-only"})
until <time datetime="${until}">${until.slice(11, 16)} UTC</time>${grant.reason ? ` · <bdi>${text(grant.reason)}</bdi>` : ""}</span>`;
  const button = (attributes) => `<button${attributes} style="${styles.button}">End now</button>`;
  return Buffer.from(`<div id="understudy-banner" style="${styles.frame}"><div aria-hidden="true" style="${styles.layout}">${said}${button(' form="understudy-end" tabindex="-1"')}</div>
<div role="status" style="${styles.bar}">${said}
${form(end, { understudy_csrf: csrf }, button(""), ' id="understudy-end"')}</div></div>
`);
}

/**
 * allowBanner is the Content-Security-Policy of a page, each of whose policies allows what the banner needs, and nothing
 * else: its own styles by their hashes, and a form that leads to the app itself. Source: Content Security Policy Level 3.
 */
export const allowBanner = (policies) => String(policies).split(",").map(allowingBanner).join(",");

// What takes 'unsafe-inline' back where it stands beside it.
const TAKES_BACK = /^'(nonce|sha256|sha384|sha512)-[a-z0-9+/_-]+=*'$/i;

function allowingBanner(policy) {
  const said = new Map(); // the first of a name counts
  for (const directive of policy.split(";")) {
    const [name, ...words] = directive.split(/[\t\n\f\r ]+/).filter(Boolean);
    if (!name || /[^\x00-\x7f]/.test(directive) || said.has(name.toLowerCase())) continue;
    said.set(name.toLowerCase(), words);
  }
  const has = (words, word) => words.some((one) => one.toLowerCase() === word);
  const own = said.get("style-src-attr") ?? said.get("style-src") ?? said.get("default-src");
  if (own && !(has(own, "'unsafe-inline'") && !own.some((one) => TAKES_BACK.test(one))) && !own.includes(HASHES[0])) {
    const kept = has(own, "'unsafe-hashes'") ? own.filter((one) => TAKES_BACK.test(one) && !/^'nonce/i.test(one)) : [];
    policy = `style-src-attr ${[...kept, "'unsafe-hashes'", ...HASHES].join(" ")}; ${policy}`;
  }
  const forms = said.get("form-action");
  if (forms && !has(forms, "'self'")) policy = `form-action ${[...forms.filter((one) => one.toLowerCase() !== "'none'"), "'self'"].join(" ")}; ${policy}`;
  return policy;
}
