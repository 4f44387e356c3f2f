// What is read of a request and its session. A value is a single string, or empty: what comes twice, or as an
// object, is nothing.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { Problem } from "./page.js";
import { fromHere } from "./request.js";

const LONGEST_FORM = 64 * 1024;

export const secret = () => randomBytes(32).toString("base64url");

/** fold is an address as the bot compares it: only the letters A to Z have no case, or others' would become alike. */
export const fold = (email) => email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

export function parameter(req, name) {
  const values = new URLSearchParams(req.url.split("?").slice(1).join("?")).getAll(name);
  return values.length === 1 ? values[0] : "";
}

/** readForm gives a function from a field's name to its value, whether or not the app has read the form before. */
export async function readForm(req) {
  if (req.body && typeof req.body === "object" && !Buffer.isBuffer(req.body)) {
    return (name) => (Object.hasOwn(req.body, name) && typeof req.body[name] === "string" ? req.body[name] : "");
  }
  let raw = String(req.body ?? "");
  if (!raw) {
    for await (const chunk of req) {
      raw += chunk.toString("latin1"); // forms are percent-encoded
      if (raw.length > LONGEST_FORM) throw new Problem(413, "Too large", "What was sent is too large. Nothing was done.");
    }
  }
  const fields = new URLSearchParams(raw);
  return (name) => (fields.getAll(name).length === 1 ? fields.get(name) : "");
}

export function checkCSRF(req, field) {
  const [want, got] = [String(req.session.understudy?.csrf ?? ""), field("understudy_csrf")].map((s) => Buffer.from(s));
  if (fromHere(req) && want.length && want.length === got.length && timingSafeEqual(want, got)) return;
  throw new Problem(403, "Not from here", "This was sent by no page of this session, or by one that is too old. Nothing was done. Go back, load the page again, and try once more.");
}

/** local is a path of this app, and never another site's address. */
export const local = (path) => (/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path) ? path : "/");

export async function save(req) {
  const { session } = req;
  if (session.save) await new Promise((resolve, reject) => session.save((e) => (e ? reject(e) : resolve())));
}

/** renew gives the session a new id, so that whoever knows the one of before has nothing of what it is now. */
export async function renew(req, understudy) {
  const { cookie, ...rest } = req.session;
  if (req.session.regenerate) {
    await new Promise((resolve, reject) => req.session.regenerate((e) => (e ? reject(e) : resolve())));
    req.session.cookie.maxAge = cookie.originalMaxAge;
  }
  Object.assign(req.session, rest, { understudy });
  await save(req);
}
