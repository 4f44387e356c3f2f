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

export const form = (action, fields, rest) => `<form method="post" action="${text(action)}" style="${styles.form}">${Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${text(value)}">`).join("")}${rest}</form>`;

const layout =
  "all:initial;display:flex!important;flex-wrap:wrap;gap:4px 16px;align-items:center;justify-content:space-between;" +
  "box-sizing:border-box;width:100%;padding:8px 16px;background:#7a1f1f;color:#fff;font:15px/1.4 system-ui,sans-serif";
const styles = {
  frame: "all:initial;display:block!important",
  room: `${layout};visibility:hidden!important`,
  bar: `${layout};position:fixed!important;top:0;left:0;z-index:2147483647;visibility:visible!important;opacity:1!important`,
  form: "margin:0",
  button: "font:inherit;color:#7a1f1f;background:#fff;border:0;border-radius:4px;margin:0;padding:4px 12px;cursor:pointer",
};

/** banner says who acts as whom, how and until when. It needs no script. It is there twice: once where one
 * sees it, over the page wherever that is scrolled to, and once unseen at the page's begin, which makes room for it. */
export function banner(grant, end, csrf) {
  const [who, whom] = [grant.actor.name || grant.actor.email, grant.subject.name || grant.subject.id].map((name) => `<strong><bdi>${text(name)}</bdi></strong>`);
  const until = grant.until.toISOString();
  const said = `<span>${who} acting as ${whom} (${grant.scope === "full" ? "full access" : "read-only"})
until <time datetime="${until}">${until.slice(11, 16)} UTC</time>${grant.reason ? ` · <bdi>${text(grant.reason)}</bdi>` : ""}</span>`;
  return Buffer.from(`<div id="understudy-banner" style="${styles.frame}"><div aria-hidden="true" style="${styles.room}">${said}<span style="${styles.button}">End now</span></div>
<div role="status" style="${styles.bar}">${said}
${form(end, { understudy_csrf: csrf }, `<button style="${styles.button}">End now</button>`)}</div></div>
`);
}

/**
 * allowBanner is the Content-Security-Policy of a page, each of whose policies allows what the banner needs, and nothing
 * else: its own styles by their hashes, and a form that leads to the app itself. Source: Content Security Policy Level 3.
 */
export const allowBanner = (policies) => policies.split(",").map(allowingBanner).join(",");

function allowingBanner(policy) {
  const said = new Map(); // the first of a name counts
  for (const directive of policy.split(";")) {
    const [name, ...words] = directive.trim().split(/\s+/);
    if (name && !said.has(name.toLowerCase())) said.set(name.toLowerCase(), words.filter((word) => word.toLowerCase() !== "'none'"));
  }
  const own = said.get("style-src-attr") ?? said.get("style-src") ?? said.get("default-src");
  const asItIs = own?.some((word) => /^'unsafe-inline'$/i.test(word)) && !own.some((word) => /^'(nonce-|sha)/i.test(word));
  if (own && !asItIs) policy = `style-src-attr ${[...own, "'unsafe-hashes'", ...Object.values(styles).map(hashed)].join(" ")}; ${policy}`;
  if (said.get("form-action")?.includes("'self'") === false) policy = `form-action ${[...said.get("form-action"), "'self'"].join(" ")}; ${policy}`;
  return policy;
}

const hashed = (style) => `'sha256-${createHash("sha256").update(style).digest("base64")}'`;
