// How the banner comes into the app's pages, however the app writes them.

import { allowBanner } from "./page.js";

// What of a page comes before its banner: comments, and elements whose text is no markup, are passed over.
const BODY = /<!--[\s\S]*?(?:-->|$)|<(script|style|title|textarea|template|noscript)(?=[\s/>])[\s\S]*?(?:<\/\1\s*>|$)|(?<body><body(?=[\s/>]))/gi;
const REST_OF_TAG = /[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>/y;
const DOCTYPE = /^(?:\xef\xbb\xbf)?\s*<!doctype[^>]*>/i;
const LONGEST_HEAD = 256 * 1024;
// What browsers show as HTML, or may take for it.
const HTML = /^\s*(text\/html|application\/xhtml\+xml|(unknown|application)\/unknown|\*\/\*)\s*(;|$)|^\s*$/i;
const DOCUMENTS = new Set(["document", "iframe", "frame", "embed", "object"]);

/** place is where a page's body begins, if its tag is there. Each byte is looked at once, whatever a page is made of. */
function place(seen) {
  for (const { index, groups } of seen.matchAll(BODY)) {
    if (!groups.body) continue;
    REST_OF_TAG.lastIndex = index;
    return REST_OF_TAG.test(seen) ? REST_OF_TAG.lastIndex : undefined;
  }
  return undefined;
}

/** withBanner is the page with the banner in it, or undefined as long as there is no place for it. */
function withBanner(html, banner, { whole, fragment }) {
  const seen = html.toString("latin1"); // a character for each byte
  const body = place(seen);
  if (body === undefined && !whole && html.length < LONGEST_HEAD) return undefined;
  const doctype = DOCTYPE.exec(seen)?.[0];
  if (body === undefined && !doctype && fragment) return html;
  const at = body ?? (doctype ?? "").length;
  return Buffer.concat([html.subarray(0, at), banner, html.subarray(at)]);
}

/** CACHES is of a header by which an app tells a cache something of its own: RFC 9213's, and those before it. */
const CACHES = /-cache-control$|^(surrogate-control|edge-control|x-accel-expires)$/;

/** keepNowhere lets no cache have the answer. */
function keepNowhere(res) {
  for (const name of res.getHeaderNames()) if (CACHES.test(name)) res.removeHeader(name);
  res.setHeader("Cache-Control", "no-store");
}

/** showBanner puts the banner, which is HTML, into the answer if that is a page. */
export function showBanner(req, res, banner) {
  // What is compressed can't be looked into, a page of before has no banner, or an older one, and a part may have none.
  for (const name of ["accept-encoding", "if-none-match", "if-modified-since", "range", "if-range"]) delete req.headers[name];
  const dest = req.headers["sec-fetch-dest"];
  const fragment = Boolean(dest) && !DOCUMENTS.has(dest); // a script puts it into a page that has the banner
  const { write, end, writeHead } = res;
  let begun = false;
  let held; // what was written of a page before there was a place for the banner
  let unreadable = false;

  const begin = () => {
    if (begun || res.headersSent) return;
    begun = true;
    const header = (name) => String(res.getHeader(name) ?? "");
    const html = HTML.test(header("Content-Type"));
    if (html || !/(^|,)\s*public\s*(,|$)/i.test(header("Cache-Control"))) keepNowhere(res);
    const leads = Math.floor(res.statusCode / 100) === 3 && header("Location");
    if (!html || leads || [204, 304].includes(res.statusCode) || /^\s*attachment/i.test(header("Content-Disposition"))) return;
    for (const name of ["Content-Length", "ETag", "Last-Modified", "Accept-Ranges"]) res.removeHeader(name);
    unreadable = !/^(identity)?$/i.test(header("Content-Encoding")) || /utf-?(16|32)/i.test(header("Content-Type"));
    if (unreadable) {
      res.statusCode = 500;
      res.removeHeader("Content-Encoding");
      res.setHeader("Content-Type", "text/plain");
    } else if (req.method !== "HEAD") {
      held = [];
    }
    if (res.hasHeader("Content-Security-Policy")) {
      const policy = res.getHeader("Content-Security-Policy");
      res.setHeader("Content-Security-Policy", Array.isArray(policy) ? policy.map(allowBanner) : allowBanner(policy));
    }
  };

  res.writeHead = (status, ...rest) => {
    res.statusCode = status;
    const message = rest.find((r) => typeof r === "string");
    if (message !== undefined) res.statusMessage = message;
    setHeaders(res, rest.find((r) => r && typeof r === "object"));
    begin();
    return writeHead.call(res, res.statusCode);
  };

  res.write = (chunk, encoding, done) => {
    if (typeof encoding === "function") [encoding, done] = [undefined, encoding];
    begin();
    if (!held && !unreadable) return write.call(res, chunk, encoding, done);
    held?.push(Buffer.from(chunk, encoding));
    const html = held && withBanner(Buffer.concat(held), banner, { fragment });
    if (html) {
      held = undefined;
      return write.call(res, html, undefined, done);
    }
    if (done) process.nextTick(done);
    return true;
  };

  res.end = (chunk, encoding, done) => {
    if (typeof chunk === "function") [chunk, encoding, done] = [undefined, undefined, chunk];
    if (typeof encoding === "function") [encoding, done] = [undefined, encoding];
    begin();
    if (unreadable) return end.call(res, "This page came compressed, so that Understudy can't show on it who acts as whom. Have the app compress it only for who accepts that.", undefined, done);
    if (!held) return end.call(res, chunk, encoding, done);
    if (chunk !== undefined && chunk !== null) held.push(Buffer.from(chunk, encoding));
    const html = Buffer.concat(held);
    held = undefined;
    return end.call(res, html.length ? withBanner(html, banner, { whole: true, fragment }) : undefined, undefined, done);
  };
}

/** setHeaders sets what writeHead was given: an object, a list of pairs, or a flat list. */
function setHeaders(res, headers) {
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers ?? {})) res.setHeader(name, value);
    return;
  }
  const pairs = Array.isArray(headers[0]) ? headers : Array.from({ length: headers.length / 2 }, (_, i) => headers.slice(2 * i, 2 * i + 2));
  for (const [name] of pairs) res.removeHeader(name);
  for (const [name, value] of pairs) res.appendHeader(name, value);
}
