// Pages of the middleware's own. Whatever a name or a reason contains, a page shows it as text.

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

export const form = (action, fields, rest) => `<form method="post" action="${text(action)}" style="margin:0">${Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${text(value)}">`).join("")}${rest}</form>`;

/** banner says who acts as whom, how and until when. It needs no script, and is there without its style. */
export function banner(grant, end, csrf) {
  const [who, whom] = [grant.actor.name, grant.subject.name].map((name) => `<strong><bdi>${text(name)}</bdi></strong>`);
  const scope = grant.scope === "full" ? "What you do is done as the customer" : "You look at everything and change nothing";
  const until = grant.until.toISOString();
  const button = `<button style="font:inherit;color:#7a1f1f;background:#fff;border:0;border-radius:4px;padding:4px 12px;cursor:pointer">End now</button>`;
  return Buffer.from(`<div id="understudy-banner" role="status" style="position:sticky;top:0;z-index:2147483647;display:flex;flex-wrap:wrap;gap:4px 16px;align-items:center;justify-content:space-between;padding:8px 16px;background:#7a1f1f;color:#fff;font:15px/1.4 system-ui,sans-serif;text-align:left">
<span>${who}, you are here as ${whom} until <time datetime="${until}">${until.slice(11, 16)} UTC</time>. ${scope}.</span>
${form(end, { understudy_csrf: csrf }, button)}</div>
`);
}
