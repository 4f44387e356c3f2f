// What a request is, by its method and its headers.

export const LOOKS = new Set(["GET", "HEAD", "OPTIONS"]);
export const CHANGES = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const MORE = ["upgrade", "x-http-method-override", "x-http-method", "x-method-override"];
const AHEAD = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/** harmless says whether it changes nothing, by what HTTP says of methods. What a socket would be used for, nobody knows. */
export const harmless = (req) => LOOKS.has(req.method) && !MORE.some((name) => req.headers[name]);

/** ahead says whether nobody has clicked yet, and a browser fetches what might be clicked. */
export const ahead = (req) => AHEAD.some((name) => req.headers[name]);

/** fromHere says whether it comes from a page of this app, as far as the browser says. */
export function fromHere({ headers: { host, origin = "null", "sec-fetch-site": site } }) {
  if (site) return site === "same-origin" || site === "none";
  return origin === "null" || origin.split("://")[1] === host;
}

/** pinMethod keeps what runs later from making a GET into something else. */
export function pinMethod(req) {
  let { method } = req;
  const set = (other) => {
    if (!LOOKS.has(other)) throw Object.assign(new Error("understudy: who only looks sends no other methods"), { status: 403 });
    method = other;
  };
  Object.defineProperty(req, "method", { get: () => method, set, enumerable: true, configurable: true });
}

/** deedOf is what the bot takes of any request: of what is told together with one that it doesn't, it would keep nothing. */
export function deedOf({ method, originalUrl, url }, status, at) {
  const path = (originalUrl ?? url).replace(/^\w+:\/\/[^/]*/, "").split("?")[0].replace(/[^\x21-\x7e]/g, (c) => encodeURIComponent(c));
  return {
    at, method: /^[A-Z]{1,20}$/.test(method) ? method : "OTHER", path: (path.startsWith("/") ? path : `/${path}`).slice(0, 300),
    status: Math.min(Math.max(status, 100), 599),
  };
}
