// Understudy's middleware for Express 4 and 5: it lets support agents into an app as a customer, for as long as an
// approval of Understudy's runs, and shows, limits and reports what they do there.
//
// The session keeps a token of the bot's, which is verified on each request, so that nothing that a session says is
// believed because it was believed before. Whenever something about it is in doubt, nobody acts for anybody. What has
// ended is told once before the session goes on as the agent's own, so that a form that was filled in as the customer
// isn't carried out as the agent.
//
// It calls the bot at four times only: to open, to refresh, to end, and to tell what was done. Beside that it listens.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const LEEWAY = 30; // seconds that the clocks of the bot and the app may differ
const LIFE = 5 * 60; // seconds, a token's at most
const RENEW = 60; // seconds before its end, when it is refreshed
const LOOKS = new Set(["GET", "HEAD", "OPTIONS"]);
const CHANGES = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const HERE = Symbol("understudy"); // where a request has what is known of it

/**
 * understudy is the middleware. It comes after the session, and before all that it is to guard.
 *
 * url is the bot's, app its name for this app, and token the app's. staffEmail(req) is who is signed in as staff, and
 * isStaffAccount(id) says whether a customer's account is in truth a member of staff's; both may be asynchronous.
 */
export function understudy(options) {
  const gate = new Gate(checked(options));
  const middleware = (req, res, next) => {
    gate.enter(req, res).then((goesOn) => goesOn && next(), next); // Express 4 waits for no promise
  };
  /** close tells the bot of what was done and isn't told yet, and listens no more. */
  middleware.close = () => gate.close();
  return middleware;
}

/** requireGrant lets in who acts as this account, by this flow. Others meet a page to ask for it. */
export function requireGrant({ flow, account }) {
  if (typeof flow !== "string" || typeof account !== "function") {
    throw new TypeError("requireGrant needs flow, a flow's name, and account, a function of the request");
  }
  return (req, res, next) => {
    here(req).gate.require(req, res, flow, account).then((goesOn) => goesOn && next(), next);
  };
}

/** dangerous guards what is a GET and does something all the same: who only looks is refused. */
export function dangerous(req, res, next) {
  const { grant, over } = here(req);
  if (over !== undefined) return refuse(req, res, ...ended(over));
  if (grant && grant.scope !== "full") return refuse(req, res, "You only look", `You look at the account of ${grant.subject.name}, and this does something. Nothing was done.`);
  here(req).changes = Boolean(grant);
  next();
}

/** neverAsCustomer guards what nobody does in a customer's place, whatever their scope. */
export function neverAsCustomer(req, res, next) {
  const { grant, over } = here(req);
  if (over !== undefined) return refuse(req, res, ...ended(over));
  if (grant) return refuse(req, res, "Only customers do this themselves", `You act as ${grant.subject.name}, and nobody may do this in a customer's place. Nothing was done.`);
  next();
}

function here(req) {
  if (!req[HERE]) throw new Error("understudy: the middleware understudy(…) has to come before what it guards");
  return req[HERE];
}

function checked({ url, app, token, staffEmail, isStaffAccount, signIn = "/sign-in", issuer, plain = false, log = (line) => console.error(`understudy: ${line}`) }) {
  const bot = new URL(url);
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(bot.hostname);
  if (bot.protocol !== "https:" && !(bot.protocol === "http:" && (loopback || plain))) {
    throw new TypeError(`understudy: the token would cross the network for all to read on its way to ${bot.origin}: use https, or set plain: true if something else protects it`);
  }
  for (const [name, value] of Object.entries({ app, token, signIn })) {
    if (typeof value !== "string" || !value) throw new TypeError(`understudy: ${name} is missing`);
  }
  for (const [name, value] of Object.entries({ staffEmail, isStaffAccount })) {
    if (typeof value !== "function") throw new TypeError(`understudy: ${name} is missing; it is a function that only your app can write`);
  }
  return { url: bot.href.replace(/\/+$/, ""), app, token, staffEmail, isStaffAccount, signIn, issuer, log };
}

/** Gate is what happens to a request. */
class Gate {
  constructor(options) {
    Object.assign(this, options);
    this.bot = new Bot(options);
    this.running = new Running(this.bot, (id) => this.deeds.flush(id), options.log);
    this.deeds = new Deeds(this.bot, options.log);
    this.refreshes = new Map(); // by token, those that are under way
    this.quietUntil = 0; // after a refresh that had no answer
    this.own = new Map([
      ["GET /understudy/open", this.open], ["POST /understudy/end", this.end],
      ["POST /understudy/ask", this.ask], ["GET /understudy/wait", this.wait],
    ]);
  }

  async close() {
    this.running.close();
    await this.deeds.flush();
  }

  /** enter says whether the request goes on into the app. */
  async enter(req, res) {
    const { claims, over, another } = await this.look(req);
    const grant = claims && grantOf(claims);
    req[HERE] = { gate: this, grant, over, changes: false };
    for (const [name, value] of Object.entries({ actor: grant?.actor, subject: grant?.subject, grant })) {
      Object.defineProperty(req, name, { value, enumerable: true });
    }
    if (grant) showBanner(req, res, banner(grant, `${req.baseUrl}/understudy/end`, req.session.understudy.csrf));
    const own = this.own.get(`${req.method} ${req.path}`);
    if (own) {
      await own.call(this, req, res).catch((e) => problemPage(req, res, e));
      return false;
    }
    if (another && !LOOKS.has(req.method)) return refuse(req, res, "Not as somebody else", "This was sent by somebody who acted as a customer here before you signed in. Nothing was done.");
    if (over !== undefined) return this.tell(req, res, over);
    return !grant || this.limit(req, res, grant);
  }

  /** limit keeps who acts within their scope, and has what they change reported. */
  limit(req, res, grant) {
    const { token } = req.session.understudy;
    const path = req.originalUrl;
    if (!LOOKS.has(req.method) && (grant.scope !== "full" || !CHANGES.has(req.method))) {
      return refuse(req, res, "You only look", `You look at the account of ${grant.subject.name} and change nothing. Nothing was changed.`);
    }
    if (grant.scope !== "full") pinMethod(req);
    res.once("close", () => {
      const { changes } = req[HERE];
      if (changes !== undefined && (changes || !LOOKS.has(req.method))) this.deeds.add(grant, token, { at: new Date(), method: req.method, path: plainPath(path), status: res.statusCode });
    });
    return true;
  }

  /** tell says once that a grant has ended. Until it was said, nothing is changed. */
  tell(req, res, over) {
    const [title, detail] = ended(over);
    if (!LOOKS.has(req.method)) return refuse(req, res, title, detail);
    if (req.method !== "GET" || !wantsPage(req)) return true;
    delete req.session.understudy.over;
    page(res, 200, title, "You are here as yourself again.", `<p><a href="${text(req.baseUrl)}/">Go on</a></p>`);
    return false;
  }

  /** look is who acts for whom, by the session's token: {claims}, or {over: the customer's name} if no longer, or {}. */
  async look(req) {
    const kept = req.session?.understudy;
    if (typeof kept?.token !== "string") return { over: kept?.over };
    const lose = (rest) => {
      req.session.understudy = { csrf: kept.csrf, asked: kept.asked, ...rest };
      return rest;
    };
    try {
      const email = await this.staff(req);
      let { claims, expired } = await this.bot.read(kept.token);
      if (claims.act.sub !== email) {
        req.session.understudy = undefined;
        return { another: true };
      }
      await this.running.known();
      if (!this.running.over(claims.case, kept.got) && (expired || claims.exp - Date.now() / 1000 < RENEW)) {
        ({ claims, expired } = await this.refresh(kept, claims, expired));
      }
      if (!expired && !this.running.over(claims.case, kept.got)) return { claims };
    } catch (e) {
      this.log(`a token isn't taken: ${e.message}`);
    }
    return lose({ over: String(kept.name) });
  }

  /** refresh goes on with a new token. If the bot doesn't answer, the old one is good until its end. */
  async refresh(kept, claims, expired) {
    const before = kept.token;
    if (Date.now() < this.quietUntil && !this.refreshes.has(before)) return { claims, expired };
    try {
      if (!this.refreshes.has(before)) {
        this.refreshes.set(before, this.bot.call("/v1/grants/refresh", { json: { token: before } }).finally(() => this.refreshes.delete(before)));
      }
      const { token } = await this.refreshes.get(before);
      const next = await this.bot.read(token);
      for (const same of ["sub", "case", "sid", "flow"]) {
        if (next.claims[same] !== claims[same]) throw new Error(`a refreshed token is of another ${same}`);
      }
      if (next.claims.act.sub !== claims.act.sub) throw new Error("a refreshed token is of another agent");
      Object.assign(kept, { token, got: Date.now() });
      return next;
    } catch (e) {
      if (!(e instanceof Problem) || e.status < 500) {
        if (e.status === 410) this.running.end(claims.case);
        throw e;
      }
      this.log(`refreshing a token: ${e.message}`);
      this.quietUntil = Date.now() + 5000;
      return { claims, expired };
    }
  }

  async staff(req) {
    const email = await this.staffEmail(req);
    return typeof email === "string" ? email.trim().toLowerCase() : "";
  }

  /** open takes a link's code. */
  async open(req, res) {
    const code = parameter(req, "code");
    req.url = req.originalUrl = `${req.baseUrl}/understudy/open`; // the code is for no log
    const email = await this.staff(req);
    if (!/^[\w.~-]{1,200}$/.test(code)) throw new Problem(400, "No link", "This address has no code of a link. Nothing was opened. Click Open as … in Slack.");
    if (!email) return this.signInFirst(res, `${req.baseUrl}/understudy/open?code=${encodeURIComponent(code)}`);
    await this.begin(req, res, { code }, email, `${req.baseUrl}/`);
  }

  /** begin opens the grant of a code or a case, in a session of a new id. */
  async begin(req, res, what, email, next) {
    const { grant } = req[HERE];
    if (grant) throw nested(grant);
    const { token } = await this.bot.call("/v1/grants/redeem", { json: { ...what, staff_email: email } });
    const got = Date.now();
    const { claims, expired } = await this.bot.read(token).catch((e) => {
      this.log(`the bot's token isn't taken, so nobody is let in: ${e.message}`);
      throw new Problem(502, "Not understood", "What Understudy answered can't be verified, so nothing was opened. Whoever runs this app finds the reason in its log.");
    });
    if (expired || claims.act.sub !== email) throw new Problem(502, "Not understood", "What Understudy answered is over already, or is somebody else's. Nothing was opened.");
    if ((await this.isStaffAccount(claims.sub)) !== false) {
      await this.bot.revoke(token).catch((e) => this.log(`ending a grant for a member of staff: ${e.message}`));
      throw staffAccount(claims.name);
    }
    const asked = asks(req).filter((a) => a.case !== claims.case);
    await renew(req, { token, got, csrf: secret(), name: claims.name, asked });
    redirect(res, next);
  }

  /** end is the banner's button. */
  async end(req, res) {
    await checkCSRF(req, await form(req));
    const { csrf, asked, token, name } = req.session.understudy;
    const { grant } = req[HERE];
    let unheard;
    if (grant) {
      await this.deeds.flush(grant.case);
      await this.bot.revoke(token).then(() => this.running.end(grant.case), (e) => { unheard = e; });
    }
    await renew(req, { csrf, asked });
    if (!unheard) return redirect(res, `${req.baseUrl}/`);
    this.log(`ending a grant: ${unheard.message}`);
    throw new Problem(502, "Ended here only", `You don't act as ${name} here any more, but Understudy couldn't be told. End it in Slack as well.`);
  }

  /** ask begins a request for whoever is signed in. */
  async ask(req, res) {
    const field = await form(req);
    await checkCSRF(req, field);
    const email = await this.staff(req);
    const { grant } = req[HERE];
    const [flow, account, reason, next] = [field("flow"), field("account"), field("reason"), local(field("next"))];
    if (!email) return this.signInFirst(res, next);
    if (grant) throw nested(grant);
    if ((await this.isStaffAccount(account)) !== false) throw staffAccount(account);
    const asked = await this.bot.call("/v1/cases", { json: { flow, account, reason, staff_email: email } });
    const others = asks(req).filter((a) => a.case !== asked.case);
    req.session.understudy.asked = [...others, { case: asked.case, email }].slice(-10);
    await save(req);
    redirect(res, waitAt(req, asked.case, next));
  }

  /** wait shows who asked how their request stands, and lets them in as soon as it is approved. */
  async wait(req, res) {
    const [id, next] = [parameter(req, "case"), local(parameter(req, "next"))];
    const email = await this.staff(req);
    const { grant } = req[HERE];
    if (!email) return this.signInFirst(res, waitAt(req, id, next));
    if (grant && grant.case === id) return redirect(res, next);
    if (!asks(req).some((a) => a.case === id && a.email === email)) throw new Problem(404, "No such request", "You asked for nothing under this address, or in another session.");
    const reload = `<meta http-equiv="refresh" content="2">`;
    try {
      const s = await this.bot.call(`/v1/cases/${encodeURIComponent(id)}/standing`);
      const name = s.subject.name;
      if (s.over) return page(res, 200, "Nothing was opened", `Your request for ${name} is over (${s.status.replace("_", " ")})${s.why ? `: ${s.why}` : ""}.`, `<p><a href="${text(next)}">Ask again</a></p>`);
      if (s.status === "active" && !s.from_slack) return await this.begin(req, res, { case: id }, email, next);
      if (s.status === "active") return page(res, 200, "Open it from Slack", `Your access to ${name} was asked for in Slack and is approved. Click Open as ${name} there.`);
      const who = s.asked.length ? `Asked: ${s.asked.join(", ")}.` : "Who decides is being found out.";
      page(res, 200, `Waiting for access to ${name}`, `${who} This page goes on by itself${s.from_slack ? "; once it is approved, open it from Slack, where it was asked for" : " once it is approved"}.`, "", reload);
    } catch (e) {
      if (!(e instanceof Problem) || (e.status < 500 && e.status !== 409) || grant) throw e;
      page(res, 200, "Waiting", `${e.detail} This page tries again by itself.`, "", reload);
    }
  }

  async require(req, res, flow, account) {
    const { grant, over } = req[HERE];
    const id = String((await account(req)) ?? "");
    if (!id) throw new Error("understudy: requireGrant was given no account by its function");
    if (grant && grant.subject.id === id && grant.flow === flow) return true;
    if (!LOOKS.has(req.method)) return refuse(req, res, "Access needed", "This needs an approved access to this customer, which you don't have. Nothing was done.");
    if (over !== undefined) return refuse(req, res, ...ended(over));
    if (grant) {
      problemPage(req, res, nested(grant));
    } else if (!(await this.staff(req))) {
      this.signInFirst(res, local(req.originalUrl));
    } else {
      await this.asking(req, res, flow, id);
    }
    return false;
  }

  async asking(req, res, flow, account) {
    const kept = (req.session.understudy ??= {});
    kept.csrf ??= secret();
    await save(req);
    const hidden = Object.entries({ understudy_csrf: kept.csrf, flow, account, next: local(req.originalUrl) }).map(([name, value]) => `<input type="hidden" name="${name}" value="${text(value)}">`);
    page(res, 403, "Access needed", `To look at ${account}, ask for access. Whoever decides is told in Slack.`, `<form method="post" action="${text(req.baseUrl)}/understudy/ask">${hidden.join("")}
<p><label>Why do you need it?<br><textarea name="reason" rows="3" cols="60" maxlength="500" required autofocus></textarea></label></p><p><button>Ask for access</button></p></form>`);
  }

  signInFirst(res, back) {
    redirect(res, `${this.signIn}${this.signIn.includes("?") ? "&" : "?"}next=${encodeURIComponent(back)}`);
  }
}

const grantOf = (claims) =>
  Object.freeze({
    actor: Object.freeze({ email: claims.act.sub, name: String(claims.act.name ?? claims.act.sub) }),
    subject: Object.freeze({ id: claims.sub, name: String(claims.name ?? claims.sub) }),
    case: claims.case, session: claims.sid, flow: claims.flow, scope: claims.scope, reason: claims.reason, until: new Date(claims.until * 1000),
  });

/** Problem is an error that people are told as it is. */
class Problem extends Error {
  constructor(status, title, detail, cause) {
    super(`${status} ${title}: ${cause?.cause?.message ?? cause?.message ?? detail}`);
    Object.assign(this, { status, title, detail });
  }
}

const ended = (name) => [`Your access to ${name} has ended.`, "Nothing was done. Load the page again to go on as yourself."];
const nested = (grant) => new Problem(409, "One customer at a time", `You act as ${grant.subject.name}. End that first, then open the other one. Nothing was opened.`);
const staffAccount = (name) => new Problem(403, "A member of staff", `${name} is an account of a member of staff, as whom nobody acts. Nothing was opened.`);

/** Bot is what the bot is asked, and what is believed of what it answers. */
class Bot {
  constructor({ url, app, token, issuer }) {
    Object.assign(this, { url, app, token, knownIssuer: issuer });
    this.keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`), { cacheMaxAge: 3600_000, cooldownDuration: 30_000, timeoutDuration: 5000 });
  }

  fetch(path, options) {
    return fetch(this.url + path, { redirect: "error", ...options, headers: { Authorization: `Bearer ${this.token}`, ...options.headers } });
  }

  /** call is the bot's answer, or throws a Problem. Its status is 502 if the bot couldn't be understood. */
  async call(path, { json, form } = {}) {
    const body = json ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
    const headers = body && { "Content-Type": json ? "application/json" : "application/x-www-form-urlencoded" };
    let response, answer;
    try {
      response = await this.fetch(path, { method: body ? "POST" : "GET", headers, body, signal: AbortSignal.timeout(5000) });
      answer = await response.json();
    } catch (cause) {
      throw new Problem(502, "Understudy doesn't answer", "Nothing was opened. Try again in a moment.", cause);
    }
    if (response.ok) return answer;
    throw new Problem(response.status < 400 ? 502 : response.status, String(answer.title), String(answer.detail));
  }

  revoke(token) {
    return this.call("/v1/revoke", { form: { token } });
  }

  async issuer() {
    return (this.knownIssuer ??= String((await this.call("/.well-known/oauth-authorization-server")).issuer || "none"));
  }

  /** read is what a token says that the bot made for this app, and whether it is over. It throws if it is any other. */
  async read(token) {
    let claims, expired = false;
    const options = { algorithms: ["EdDSA"], typ: "understudy-grant+jwt", issuer: await this.issuer(), audience: this.app, clockTolerance: LEEWAY, requiredClaims: ["iat", "nbf", "exp", "jti", "act", "until"] };
    try {
      claims = (await jwtVerify(token, this.keys, options)).payload;
    } catch (e) {
      if (!(e instanceof errors.JWTExpired)) throw e;
      [claims, expired] = [e.payload, true]; // it is whole, and may be refreshed
    }
    const now = Date.now() / 1000;
    const said = [claims.sub, claims.act?.sub, claims.case, claims.sid, claims.jti, claims.flow];
    if (!said.every((s) => typeof s === "string" && s) || !["read_only", "full"].includes(claims.scope) || typeof claims.until !== "number") throw new Error("it lacks what a token says");
    if (claims.aud !== this.app || claims.sub === claims.act.sub) throw new Error("it is for several apps, or of somebody for themselves");
    if (claims.iat > now + LEEWAY || claims.exp - claims.iat > LIFE) throw new Error("its times are none of the bot's");
    return { claims, expired: expired || claims.until + LEEWAY <= now };
  }
}

/** Running knows which grants have ended, from the bot's stream. */
class Running {
  constructor(bot, onEnd, log) {
    Object.assign(this, { bot, onEnd, log, ended: new Map(), list: undefined, stop: new AbortController() });
    this.tried = new Promise((resolve) => { this.resolve = resolve; });
    this.listen();
  }

  /** known waits, at the very start, until it was tried to hear what runs. */
  known() {
    return this.list || Promise.race([this.tried, sleep(1000)]);
  }

  /** over says whether the grant of a token that the app got at that time has ended. */
  over(id, got) {
    return this.ended.has(id) || Boolean(this.list && !(got >= this.list.asked) && !this.list.cases.has(id));
  }

  end(id) {
    const now = Date.now();
    for (const [old, at] of this.ended) {
      if (now - at > 600_000 + LEEWAY * 1000) this.ended.delete(old); // its tokens are over as well
    }
    this.ended.set(id, now);
    this.list?.cases.delete(id);
    this.onEnd(id);
  }

  async listen() {
    for (let pause = 500; !this.stop.signal.aborted; pause = Math.min(2 * pause, 10_000)) {
      try {
        await this.hear(() => { pause = 250; });
      } catch (e) {
        if (!this.stop.signal.aborted) this.log(`listening to the bot: ${e.cause?.message ?? e.message}`);
      }
      this.resolve();
      await sleep(pause * (0.5 + Math.random() / 2), this.stop.signal);
    }
  }

  /** hear listens until the stream ends. The bot says something every ten seconds. */
  async hear(heard) {
    const asked = Date.now();
    const silence = new AbortController();
    const patience = setTimeout(() => silence.abort(new Error("it has become silent")), 25_000);
    try {
      const response = await this.bot.fetch("/v1/grants/stream", { signal: AbortSignal.any([silence.signal, this.stop.signal]) });
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      const decoder = new TextDecoder();
      let rest = "";
      for await (const chunk of response.body) {
        patience.refresh();
        const events = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
        rest = events.pop();
        for (const event of events) this.learn(event, asked);
        if (this.list) heard();
      }
    } finally {
      clearTimeout(patience);
    }
  }

  learn(event, asked) {
    const [, name, data] = /^event: (\w+)\ndata: (.*)$/m.exec(event) ?? [];
    if (!name) return; // a comment
    const said = JSON.parse(data);
    if (name === "ended") this.end(said.case);
    if (name !== "running") return;
    if (said.all) this.list = { asked, cases: new Set() };
    for (const grant of said.grants) this.list?.cases.add(grant.case);
    this.resolve();
  }
}

/** Deeds are what agents changed, told to the bot in batches. */
class Deeds {
  constructor(bot, log) {
    Object.assign(this, { bot, log, waiting: new Map() }); // by opening
  }

  add(grant, token, deed) {
    if (!this.waiting.has(grant.session)) this.waiting.set(grant.session, { case: grant.case, deeds: [] });
    const one = this.waiting.get(grant.session);
    one.token = token;
    if (one.deeds.push(deed) >= 100) return this.flush(grant.case);
    this.soon();
  }

  soon() {
    this.timer ??= setTimeout(() => this.flush(), 5000).unref();
  }

  /** flush tells what waits, of one case or of all. What the bot didn't hear is told later. */
  async flush(id) {
    if (!id) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
    const batches = [...this.waiting].filter(([, one]) => !id || one.case === id);
    for (const [session] of batches) this.waiting.delete(session);
    await Promise.all(batches.map(([session, one]) => this.send(session, one)));
  }

  async send(session, one) {
    try {
      for (; one.deeds.length; one.deeds.splice(0, 100)) {
        await this.bot.call("/v1/grants/deeds", { json: { token: one.token, deeds: one.deeds.slice(0, 100) } });
      }
    } catch (e) {
      this.log(`telling what was done: ${e.message}`);
      if (e.status < 500) return;
      const newer = this.waiting.get(session)?.deeds ?? [];
      this.waiting.set(session, { ...one, deeds: [...one.deeds, ...newer].slice(-1000) });
      this.soon();
    }
  }
}

const sleep = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms).unref();
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

// Sessions and requests. A value is a single string or empty: what came twice, or as an object, is nothing.

const secret = () => randomBytes(32).toString("base64url");
const asks = (req) => req.session?.understudy?.asked ?? [];
const waitAt = (req, id, next) => `${req.baseUrl}/understudy/wait?${new URLSearchParams({ case: id, next })}`;

function parameter(req, name) {
  const values = new URLSearchParams(req.url.split("?").slice(1).join("?")).getAll(name);
  return values.length === 1 ? values[0] : "";
}

async function form(req) {
  if (req.body && typeof req.body === "object" && !Buffer.isBuffer(req.body)) {
    return (name) => (Object.hasOwn(req.body, name) && typeof req.body[name] === "string" ? req.body[name] : "");
  }
  let raw = req.body ? String(req.body) : "";
  if (!raw) {
    for await (const chunk of req) {
      raw += chunk.toString("latin1"); // percent-encoded
      if (raw.length > 65536) throw new Problem(413, "Too large", "What was sent is too large. Nothing was done.");
    }
  }
  const fields = new URLSearchParams(raw);
  return (name) => (fields.getAll(name).length === 1 ? fields.get(name) : "");
}

async function checkCSRF(req, field) {
  const [want, got] = [Buffer.from(String(req.session?.understudy?.csrf ?? "")), Buffer.from(field("understudy_csrf"))];
  if (!want.length || want.length !== got.length || !timingSafeEqual(want, got)) throw new Problem(403, "Not from here", "This wasn't sent by a page of this session, or by one that is too old. Nothing was done. Go back, load the page again, and try once more.");
}

/** local is a path of this app, and never another site's address. */
function local(path) {
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path) ? path : "/";
}

const save = (req) => new Promise((resolve, reject) => (req.session.save ? req.session.save((e) => (e ? reject(e) : resolve())) : resolve()));

/** renew gives the session a new id, so that whoever knows the one of before has nothing. */
async function renew(req, understudy) {
  const { cookie, ...rest } = req.session;
  if (req.session.regenerate) {
    await new Promise((resolve, reject) => req.session.regenerate((e) => (e ? reject(e) : resolve())));
    req.session.cookie.maxAge = cookie.originalMaxAge;
  }
  Object.assign(req.session, rest, { understudy });
  await save(req);
}

/** pinMethod keeps what runs later from making a GET into something else. */
function pinMethod(req) {
  let { method } = req;
  const set = (other) => {
    if (!LOOKS.has(other)) throw Object.assign(new Error("understudy: who only looks sends no other methods"), { status: 403 });
    method = other;
  };
  Object.defineProperty(req, "method", { get: () => method, set, enumerable: true, configurable: true });
}

/** plainPath is a path as the bot keeps it, without its query. */
function plainPath(url) {
  const path = url.replace(/^\w+:\/\/[^/]*/, "").split("?")[0].replace(/[^\x21-\x7e]/g, (c) => encodeURIComponent(c));
  return (path.startsWith("/") ? path : `/${path}`).slice(0, 300);
}

// Pages.

/** text is what somebody wrote, for a page of any charset. */
const text = (s) => String(s).replace(/[^\x20-\x7e]|[&<>"'`]/gu, (c) => `&#${c.codePointAt(0)};`);

const wantsPage = (req) => req.headers.accept === undefined || req.headers.accept.includes("text/html");

function quiet(res) {
  res.setHeader("Cache-Control", "no-store");
  res.setHeader("Referrer-Policy", "no-referrer");
  res.setHeader("X-Content-Type-Options", "nosniff");
}

function redirect(res, to) {
  quiet(res);
  res.statusCode = 303;
  res.setHeader("Location", to);
  res.end();
}

function page(res, status, title, detail, more = "", head = "") {
  quiet(res);
  res.statusCode = status;
  res.setHeader("Content-Type", "text/html; charset=utf-8");
  res.setHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
  res.end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${head}<title>${text(title)}</title></head>
<body style="font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:0 auto;padding:1em"><h1>${text(title)}</h1><p>${text(detail)}</p>${more}</body></html>`);
}

function refuse(req, res, title, detail) {
  req[HERE].changes = undefined; // nothing was done
  problemPage(req, res, new Problem(403, title, detail));
  return false;
}

function problemPage(req, res, e) {
  if (!(e instanceof Problem)) throw e;
  if (wantsPage(req)) return page(res, e.status, e.title, e.detail);
  quiet(res);
  res.statusCode = e.status;
  res.setHeader("Content-Type", "application/problem+json");
  res.end(JSON.stringify({ title: e.title, status: e.status, detail: e.detail }));
}

function banner(grant, end, csrf) {
  const [who, whom] = [grant.actor.name, grant.subject.name].map((name) => `<strong><bdi>${text(name)}</bdi></strong>`);
  const scope = grant.scope === "full" ? "What you do is done as the customer" : "You look, and change nothing";
  const until = grant.until.toISOString();
  return Buffer.from(`<div id="understudy-banner" role="status" style="position:sticky;top:0;z-index:2147483647;display:flex;flex-wrap:wrap;gap:.25em 1em;align-items:center;justify-content:space-between;padding:.5em 1em;background:#7a1f1f;color:#fff;font:15px/1.4 system-ui,sans-serif;text-align:left">
<span>${who}, you are here as ${whom}. ${scope}, until <time datetime="${until}">${until.slice(11, 16)} UTC</time>.</span>
<form method="post" action="${text(end)}" style="margin:0"><input type="hidden" name="understudy_csrf" value="${text(csrf)}"><button style="font:inherit;color:#7a1f1f;background:#fff;border:0;border-radius:.25em;padding:.25em .75em;cursor:pointer">End now</button></form></div>`);
}

// What of a page comes before its banner: comments and elements whose text isn't markup are passed over.
const BODY = /<!--[^]*?(?:-->|$)|<(script|style|title|textarea|template|noscript)(?=[\s/>])[^]*?(?:<\/\1\s*>|$)|(?<body><body(?=[\s/>])(?:[^>"']|"[^"]*"|'[^']*')*>)/gi;
const DOCTYPE = /^(?:\xef\xbb\xbf)?\s*<!doctype[^>]*>/i;
const LONGEST_HEAD = 256 * 1024;

/** withBanner is the page with the banner in it, or undefined as long as there is no place for it. */
function withBanner(html, banner, { whole, fragment }) {
  const seen = html.toString("latin1"); // one character a byte
  const body = seen.matchAll(BODY).find?.((m) => m.groups.body) ?? [...seen.matchAll(BODY)].find((m) => m.groups.body);
  if (!body && !whole && html.length < LONGEST_HEAD) return undefined;
  if (!body && fragment && !DOCTYPE.test(seen)) return html;
  const at = body ? body.index + body[0].length : (DOCTYPE.exec(seen)?.[0].length ?? 0);
  return Buffer.concat([html.subarray(0, at), banner, html.subarray(at)]);
}

/** showBanner puts the banner into the answer if it is a page, however it is written. */
function showBanner(req, res, banner) {
  // What is compressed can't be looked into, and a page of before has no banner, or an older one.
  for (const name of ["accept-encoding", "if-none-match", "if-modified-since"]) delete req.headers[name];
  const fragment = req.headers["sec-fetch-dest"] === "empty"; // a script puts it into a page that has the banner
  const { write, end, writeHead } = res;
  let begun = false;
  let held; // what has been written of a page before there was a place for the banner
  let unreadable = false;

  const begin = () => {
    if (begun) return;
    begun = true;
    if (res.headersSent) return;
    const header = (name) => String(res.getHeader(name) ?? "");
    const html = /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(header("Content-Type"));
    if (html || !/\bpublic\b/i.test(header("Cache-Control"))) res.setHeader("Cache-Control", "no-store");
    if (!html || (res.statusCode >= 300 && res.statusCode < 400) || res.statusCode === 204 || /^\s*attachment/i.test(header("Content-Disposition"))) return;
    for (const name of ["Content-Length", "ETag", "Last-Modified", "Accept-Ranges"]) res.removeHeader(name);
    unreadable = !/^(identity)?$/i.test(header("Content-Encoding"));
    if (unreadable) {
      res.removeHeader("Content-Encoding");
      res.setHeader("Content-Type", "text/plain");
      res.statusCode = 500;
    } else if (req.method !== "HEAD") {
      held = [];
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
    const out = held && withBanner(Buffer.concat(held), banner, { fragment });
    if (out) {
      held = undefined;
      return write.call(res, out, undefined, done);
    }
    if (done) process.nextTick(done);
    return true;
  };

  res.end = (chunk, encoding, done) => {
    if (typeof chunk === "function") [chunk, done] = [undefined, chunk];
    if (typeof encoding === "function") [encoding, done] = [undefined, encoding];
    begin();
    if (unreadable) return end.call(res, "This page came compressed, so Understudy can't show on it who acts as whom. Let the app compress it for itself.", undefined, done);
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
