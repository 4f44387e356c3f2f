// What the bot is asked, and what is believed of what it answers.
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { Problem } from "./page.js";

const LEEWAY = 30; // seconds that the clocks of the bot and the app may differ
const LIFE = 5 * 60; // seconds, a token's at most
const PATIENCE = 5000; // milliseconds, for one answer
const KEYS_KEPT = 3600_000; // milliseconds
const KEYS_TWICE_IN = 60_000; // milliseconds, for keys that aren't known

/** grantOf is what the app is told of a token. */
export const grantOf = (claims) =>
  Object.freeze({
    actor: Object.freeze({ email: claims.act.sub, name: String(claims.act.name ?? claims.act.sub) }),
    subject: Object.freeze({ id: claims.sub, name: String(claims.name ?? claims.sub) }),
    case: claims.case, session: claims.sid, flow: claims.flow, scope: claims.scope, reason: claims.reason, until: new Date(claims.until * 1000),
  });

export class Bot {
  constructor({ url, app, token, issuer }) {
    Object.assign(this, { url, app, token, knownIssuer: issuer, lookedForKeys: [] });
    this.forgetKeys();
  }

  /** forgetKeys has the keys fetched before they are used again. */
  forgetKeys() {
    this.keys = createRemoteJWKSet(new URL(`${this.url}/.well-known/jwks.json`), { cacheMaxAge: KEYS_KEPT, cooldownDuration: Infinity, timeoutDuration: PATIENCE });
  }

  fetch(path, { headers, ...options }) {
    return fetch(this.url + path, { redirect: "error", ...options, headers: { Authorization: `Bearer ${this.token}`, ...headers } });
  }

  /** call is the bot's answer. What it refuses, or doesn't answer, is thrown as a Problem. */
  async call(path, { json, form } = {}) {
    const body = json ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
    const headers = body && { "Content-Type": json ? "application/json" : "application/x-www-form-urlencoded" };
    let response, answer;
    try {
      response = await this.fetch(path, { method: body ? "POST" : "GET", headers, body, signal: AbortSignal.timeout(PATIENCE) });
      answer = await response.json();
    } catch (e) {
      const reason = response ? `${path}: ${response.status}` : `${path}: ${e.cause?.message ?? e.message}`;
      throw new Problem(502, "Understudy doesn't answer", "Nothing was opened. Try again in a moment.", { away: true, reason });
    }
    if (response.ok) return answer;
    throw new Problem(response.status, String(answer.title), String(answer.detail), { away: response.status >= 500, type: answer.type, maxAge: answer.max_age });
  }

  revoke(token) {
    return this.call("/v1/revoke", { form: { token } });
  }

  async issuer() {
    this.knownIssuer ??= String((await this.call("/.well-known/oauth-authorization-server")).issuer || "none");
    return this.knownIssuer;
  }

  /** read is what a token says that the bot made for this app, and whether it is over. It throws if it is any other. */
  async read(token) {
    const options = {
      algorithms: ["EdDSA"], typ: "understudy-grant+jwt", issuer: await this.issuer(), audience: this.app, clockTolerance: LEEWAY,
      requiredClaims: ["sub", "act", "scope", "case", "sid", "flow", "jti", "iat", "nbf", "exp", "until"],
    };
    let claims, expired = false;
    try {
      claims = (await this.verify(token, options)).payload;
    } catch (e) {
      if (!(e instanceof errors.JWTExpired)) throw e;
      [claims, expired] = [e.payload, true]; // it is whole, and the bot may go on with it
    }
    const now = Date.now() / 1000;
    if (![claims.sub, claims.act.sub, claims.case, claims.sid, claims.flow, claims.jti].every((s) => typeof s === "string" && s)) throw new Error("it lacks what a token says");
    if (claims.aud !== this.app || claims.sub === claims.act.sub) throw new Error("it is for several apps, or somebody's for themselves");
    if (!["read_only", "full"].includes(claims.scope)) throw new Error("its scope isn't known");
    if (typeof claims.until !== "number" || claims.iat > now + LEEWAY || claims.exp - claims.iat > LIFE) throw new Error("its times are none of the bot's; do the clocks differ?");
    return { claims, expired: expired || claims.until + LEEWAY <= now };
  }

  /** verify fetches the keys again if one isn't there, but not on and on. */
  async verify(token, options) {
    try {
      return await jwtVerify(token, this.keys, options);
    } catch (e) {
      this.lookedForKeys = this.lookedForKeys.filter((at) => Date.now() - at < KEYS_TWICE_IN);
      if (!(e instanceof errors.JWKSNoMatchingKey) || this.lookedForKeys.length >= 2) throw e;
      this.lookedForKeys.push(Date.now());
      await this.keys.reload();
      return jwtVerify(token, this.keys, options);
    }
  }
}
