// Understudy's middleware for Express 4 and 5: it lets support agents into an app as a customer, for as long as an
// approval of Understudy's runs, and shows, limits and reports what they do there.
//
// The session keeps a token of the bot's, which is verified on each request: nothing that a session says is believed
// because it was believed before. Whenever something about it is in doubt, nobody acts for anybody. That it has ended
// is told before the session goes on as the agent's own, so that a form that was filled in as the customer isn't
// carried out as the agent.
import { showBanner } from "./banner.js";
import { Bot, grantOf } from "./bot.js";
import { Deeds } from "./deeds.js";
import { Opened } from "./opened.js";
import { banner, form, page, Problem, redirect, tellProblem, text, wantsPage } from "./page.js";
import { ahead, CHANGES, deedOf, fromHere, harmless, LOOKS, pinMethod } from "./request.js";
import { Running } from "./running.js";
import { checkCSRF, fold, local, parameter, readForm, renew, save, secret } from "./session.js";
import { proof, STALE, stepUp, withQuery } from "./signin.js";
import { guarded } from "./upgrade.js";

const RENEW = 60; // seconds before a token's end, when it is refreshed
const QUIET = 5000; // milliseconds without another try, when the bot didn't answer
const FRESH = 10_000; // milliseconds without another refresh, also in a grant's last minute
const NEARLY = 1000; // milliseconds that an answer has once its grant is over
const ASKED = 10; // requests that a session remembers
const HERE = Symbol("understudy"); // where a request has what is known of it

/**
 * understudy is the middleware. It comes after the session, and before all that it is to guard.
 *
 * url is the bot's, app its name for this app, and token the app's. staffEmail(req) is who is signed in as staff, and
 * isStaffAccount(id) says whether a customer's account is in truth a member of staff's; both may be asynchronous.
 *
 * Where a flow wants whoever opens the app to have signed in a moment ago, signedIn(req) says when and how they did,
 * as {at, how}: at is a Date or OpenID Connect's auth_time, and how a list of words such as its amr. signInAgain is
 * where they do it anew, a path that takes next, and max_age in seconds.
 */
export function understudy(options) {
  const gate = new Gate(checked(options));
  const middleware = (req, res, next) => {
    gate.enter(req, res).then((goesOn) => goesOn && next(), next); // Express 4 waits for no promise
  };
  /** close tells the bot of what was done and isn't told yet, and listens no more. */
  middleware.close = () => gate.close();
  /** upgrade guards sockets, which don't go through Express: server.on("upgrade", gate.upgrade(session, handle)). */
  middleware.upgrade = (session, handle) => guarded((req, socket) => gate.enterSocket(req, socket), session, handle, gate.log);
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
  if (grant && grant.scope !== "full") return refuse(req, res, "You only look", `Your access to ${grant.subject.name} is read-only, and this does something. Nothing was done.`);
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

function checked({ url, app, token, staffEmail, isStaffAccount, signIn = "/sign-in", signedIn, signInAgain, issuer, plain = false, log = (line) => console.error(`understudy: ${line}`) }) {
  const wrong = [];
  const bot = URL.canParse(url) ? new URL(url) : undefined;
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(bot?.hostname);
  if (!/^https?:$/.test(bot?.protocol)) wrong.push("url isn't the bot's address");
  else if (bot.protocol === "http:" && !loopback && !plain) wrong.push(`the token would cross the network for all to read on its way to ${bot.origin}: use https, or set plain: true if something else protects it`);
  for (const [name, value] of Object.entries({ app, token, signIn })) {
    if (typeof value !== "string" || !value) wrong.push(`${name} is missing`);
  }
  for (const [name, value] of Object.entries({ staffEmail, isStaffAccount })) {
    if (typeof value !== "function") wrong.push(`${name} is missing, a function that only your app can write`);
  }
  if (signedIn !== undefined && typeof signedIn !== "function") wrong.push("signedIn isn't a function of the request");
  if (signInAgain !== undefined && typeof signInAgain !== "string") wrong.push("signInAgain isn't a path");
  if (wrong.length) throw new TypeError(`understudy: ${wrong.join("; ")}`);
  return { url: bot.href.replace(/\/+$/, ""), app, token, staffEmail, isStaffAccount, signIn, signedIn, signInAgain, issuer, log };
}

/** Gate is what happens to a request. */
class Gate {
  constructor(options) {
    Object.assign(this, options);
    this.bot = new Bot(options);
    this.deeds = new Deeds(this.bot, this.log);
    this.running = new Running(this.bot, this.log, (id) => {
      this.opened.cut();
      this.deeds.flush(id);
    });
    this.opened = new Opened(this.running);
    this.refreshes = new Map(); // of the last seconds, by the token of before
    this.quietUntil = 0;
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
    if (req[HERE]) return true; // it was mounted twice
    const { claims, over, another } = await this.look(req);
    const grant = claims && grantOf(claims);
    this.know(req, grant, over);
    if (grant) showBanner(req, res, banner(grant, `${req.baseUrl}/understudy/end`, req.session.understudy.csrf));
    const own = this.own.get(`${req.method} ${req.path}`);
    if (own) return this.answer(own, req, res);
    if (another && !harmless(req)) return refuse(req, res, "Not as somebody else", "This was sent from a session in which somebody else acted as a customer before you signed in. Nothing was done.");
    if (over !== undefined) return this.tell(req, res, over);
    return !grant || this.limit(req, res, grant);
  }

  know(req, grant, over) {
    req[HERE] = { gate: this, grant, over, refused: false };
    for (const [name, value] of Object.entries({ actor: grant?.actor, subject: grant?.subject, grant })) {
      Object.defineProperty(req, name, { value, enumerable: true });
    }
  }

  /** enterSocket says whether the request may open a socket: who only looks may not, nor who is to hear that it is over. */
  async enterSocket(req, socket) {
    const { claims, over, another } = await this.look(req);
    const grant = claims && grantOf(claims);
    this.know(req, grant, over);
    if (!grant) return over === undefined && !another;
    if (grant.scope !== "full" || !fromHere(req)) return false; // no form has a mark here
    const { token, got } = req.session.understudy;
    this.opened.add(grant, got, socket);
    this.deeds.add(grant, token, deedOf(req, 101, new Date()));
    return true;
  }

  /** answer answers at one of the middleware's own paths. */
  async answer(own, req, res) {
    if (!req.session) throw new Error("understudy: the request has no session: express-session, or another one, has to come before the middleware, and its store has to answer");
    try {
      if (ahead(req)) throw new Problem(503, "Not clicked yet", "Nothing was done."); // a browser keeps nothing of it, and asks again
      await own.call(this, req, res);
    } catch (e) {
      if (!(e instanceof Problem)) throw e;
      if (e.away) this.log(e.message);
      tellProblem(req, res, e);
    }
    return false;
  }

  /** limit keeps who acts within their scope, and has what they change reported. */
  limit(req, res, grant) {
    const { method } = req;
    const { token, got } = req.session.understudy;
    const reads = LOOKS.has(method);
    const quiet = harmless(req);
    // What is nearly there isn't torn apart, and a change that is under way is answered, so that nobody sends it again.
    this.opened.add(grant, got, res, () => setTimeout(() => (reads || res.headersSent) && res.destroy(), NEARLY).unref());
    if (grant.scope !== "full") {
      if (!quiet) return refuse(req, res, "You only look", `Your access to ${grant.subject.name} is read-only. Nothing was changed.`);
      pinMethod(req);
      return true;
    }
    if (!reads && !CHANGES.has(method)) return refuse(req, res, "Not as a customer", `Nobody sends ${method} in a customer's place. Nothing was done.`);
    const at = new Date();
    res.once("close", () => {
      if (!(quiet && LOOKS.has(req.method)) && !req[HERE].refused) this.deeds.add(grant, token, deedOf(req, res.statusCode, at));
    });
    return true;
  }

  /** tell says that a grant has ended. Until it was said, and a page was looked at since, nothing is changed. */
  tell(req, res, over) {
    const kept = req.session.understudy;
    if (!harmless(req)) {
      kept.told ||= wantsPage(req);
      return refuse(req, res, ...ended(over));
    }
    if (req.method !== "GET" || !wantsPage(req) || ahead(req)) return true;
    const { told, ...rest } = kept;
    delete rest.over;
    req.session.understudy = rest;
    req[HERE].over = undefined;
    if (!told) page(res, 200, ended(over)[0], "You are here as yourself again.", { more: `<p><a href="${text(req.baseUrl)}/">Go on</a></p>` });
    return Boolean(told);
  }

  /** look is who acts for whom: {claims}, or {over: the customer's name}, or {another: true} once, or {}. */
  async look(req) {
    const kept = req.session?.understudy;
    if (typeof kept?.token !== "string") return { over: kept?.over };
    const email = await this.staff(req);
    try {
      const claims = await this.current(kept, email);
      if (claims) return { claims };
    } catch (e) {
      this.log(`a token isn't taken: ${e.message}`);
    }
    const another = email !== kept.email;
    const over = another ? undefined : String(kept.name);
    req.session.understudy = another ? undefined : { csrf: kept.csrf, asked: kept.asked, over };
    return { over, another };
  }

  /** current is what the session's token says, or undefined if it gives nothing to this member of staff any more. */
  async current(kept, email) {
    let now = await this.bot.read(kept.token);
    const { act, exp, case: id } = now.claims;
    if (fold(act.sub) !== email) return undefined;
    await this.running.known();
    if (this.running.over(id, kept.got)) return undefined;
    if (now.expired || (exp - Date.now() / 1000 < RENEW && !(Date.now() - kept.got < FRESH))) {
      now = await this.refresh(kept, now);
      if (this.running.over(id, kept.got)) return undefined; // meanwhile
    }
    return now.expired ? undefined : now.claims;
  }

  /** refresh goes on with a new token. If the bot doesn't answer, the old one is good until its end. */
  async refresh(kept, old) {
    const { token } = kept;
    if (Date.now() < this.quietUntil && !old.expired) return old;
    if (!this.refreshes.has(token)) this.refreshes.set(token, this.askRefresh(token));
    try {
      const fresh = await this.refreshes.get(token);
      const next = await this.bot.read(fresh.token);
      const identity = ({ claims: { sub, act, case: id, sid, flow } }) => JSON.stringify([sub, act.sub, id, sid, flow]);
      if (identity(next) !== identity(old)) throw new Error("it was refreshed by another one's");
      Object.assign(kept, fresh);
      return next;
    } catch (e) {
      if (e.status === 410) this.running.end(old.claims.case);
      if (!e.away) throw e;
      this.log(`refreshing a token: ${e.message}`);
      this.quietUntil = Date.now() + QUIET;
      return old;
    }
  }

  /** askRefresh is asked once, also for requests that read their session before its answer was in there. */
  async askRefresh(old) {
    const forget = () => this.refreshes.delete(old);
    try {
      const { token } = await this.bot.call("/v1/grants/refresh", { json: { token: old } });
      setTimeout(forget, FRESH).unref();
      return { token, got: Date.now() };
    } catch (e) {
      forget();
      throw e;
    }
  }

  async staff(req) {
    const email = await this.staffEmail(req);
    return typeof email === "string" ? fold(email) : "";
  }

  signInFirst(res, back) {
    redirect(res, withQuery(this.signIn, { next: back }));
  }

  /** open takes a link's code. */
  async open(req, res) {
    const code = parameter(req, "code");
    const came = parameter(req, "again");
    const path = `${req.baseUrl}/understudy/open`;
    req.url = req.originalUrl = path; // the code is for no log
    if (!/^[\w.~-]{1,200}$/.test(code)) throw new Problem(400, "No link", "This address has no code of a link. Nothing was opened. Click Open as … in Slack.");
    const email = await this.staff(req);
    if (!email) return this.signInFirst(res, `${path}?code=${code}`);
    await this.begin(req, res, { code }, email, `${req.baseUrl}/`, { path: `${path}?code=${code}`, came });
  }

  /** begin opens the grant of a code or a case, in a session with a new id; or has the agent sign in anew, and back. */
  async begin(req, res, what, email, next, back) {
    const { grant } = req[HERE];
    if (grant) throw nested(grant);
    let token;
    try {
      ({ token } = await this.bot.call("/v1/grants/redeem", { json: { ...what, staff_email: email, ...(await proof(req, this.signedIn)) } }));
    } catch (e) {
      if (e.type !== STALE) throw e;
      return stepUp(this, res, e, back);
    }
    const got = Date.now();
    const { claims, expired } = await this.bot.read(token).catch((e) => {
      this.log(`the bot's answer isn't taken, so nobody was let in: ${e.message}`);
      throw new Problem(502, "Not understood", "Understudy's answer can't be verified, so nothing was opened. Whoever runs this app finds the reason in its log.");
    });
    if (expired || fold(claims.act.sub) !== email) throw new Problem(502, "Not understood", "Understudy's answer is over already, or is somebody else's. Nothing was opened.");
    if ((await this.isStaffAccount(claims.sub)) !== false) {
      await this.bot.revoke(token).catch((e) => this.log(`ending a grant for a member of staff: ${e.message}`));
      throw staffAccount(grantOf(claims).subject.name);
    }
    const asked = asks(req).filter((a) => a.case !== claims.case);
    await renew(req, { token, got, email, name: grantOf(claims).subject.name, csrf: secret(), asked });
    redirect(res, next);
  }

  /** end is the banner's button. */
  async end(req, res) {
    checkCSRF(req, await readForm(req));
    const { csrf, asked, token } = req.session.understudy;
    const { grant } = req[HERE];
    let unheard;
    if (grant) {
      await this.deeds.flush(grant.case);
      await this.bot.revoke(token).then(() => this.running.end(grant.case), (e) => (unheard = e));
    }
    await renew(req, { csrf, asked });
    if (!unheard) return redirect(res, `${req.baseUrl}/`);
    this.log(`ending a grant: ${unheard.message}`);
    throw new Problem(502, "Ended here only", `You don't act as ${grant.subject.name} here any more, but Understudy couldn't be told. End it in Slack as well.`);
  }

  /** ask begins a request for whoever is signed in. */
  async ask(req, res) {
    const field = await readForm(req);
    checkCSRF(req, field);
    const email = await this.staff(req);
    const { grant } = req[HERE];
    const [flow, account, reason, next] = [field("flow"), field("account"), field("reason"), local(field("next"))];
    if (!email) return this.signInFirst(res, next);
    if (grant) throw nested(grant);
    if ((await this.isStaffAccount(account)) !== false) throw staffAccount(account);
    const asked = await this.bot.call("/v1/cases", { json: { flow, account, reason, staff_email: email } });
    const others = asks(req).filter((a) => a.case !== asked.case);
    req.session.understudy.asked = [...others, { case: asked.case, email }].slice(-ASKED);
    await save(req);
    redirect(res, waitAt(req, asked.case, next));
  }

  /** wait shows how a request stands to who made it, and lets them in as soon as it is approved. */
  async wait(req, res) {
    const [id, next] = [parameter(req, "case"), local(parameter(req, "next"))];
    const { grant } = req[HERE];
    const email = await this.staff(req);
    if (!email) return this.signInFirst(res, waitAt(req, id, next));
    if (grant?.case === id) return redirect(res, next);
    if (!asks(req).some((a) => a.case === id && a.email === email)) throw new Problem(403, "Not your request", "Only who made a request sees how it stands, in the browser in which they made it.");
    const again = { head: `<meta http-equiv="refresh" content="2">` };
    try {
      const s = await this.bot.call(`/v1/cases/${encodeURIComponent(id)}/standing`);
      const { name } = s.subject;
      if (s.over) return page(res, 200, "Nothing was opened", `Your request for ${name} is over: ${s.why || s.status}`, { more: `<p><a href="${text(next)}">Go back</a></p>` });
      if (s.status === "active" && !s.from_slack) return await this.begin(req, res, { case: id }, email, next, { path: waitAt(req, id, next), came: parameter(req, "again") });
      if (s.status === "active") return page(res, 200, "Open it from Slack", `Your access to ${name} is approved. It was asked for in Slack: click Open as ${name} there.`);
      const who = s.asked.length ? `Asked: ${s.asked.join(", ")}.` : "Who decides is being found out.";
      page(res, 200, `Waiting for access to ${name}`, `${who} ${s.from_slack ? "It was asked for in Slack: once it is approved, open it from there." : "This page goes on by itself once it is approved."}`, again);
    } catch (e) {
      if (grant || !(e.away || e.status === 409)) throw e; // else it may come
      page(res, 200, "Waiting", `${e.detail} This page tries again by itself.`, again);
    }
  }

  /** require says whether who asks acts as the account, and shows how to ask for it. */
  async require(req, res, flow, account) {
    const { grant, over } = req[HERE];
    const id = String((await account(req)) ?? "");
    if (!id) throw new Error("understudy: requireGrant's account(req) names no account");
    if (grant?.subject.id === id && grant.flow === flow) return true;
    if (over !== undefined) return refuse(req, res, ...ended(over));
    if (grant) return refuse(req, res, ...oneAtATime(grant));
    if (!LOOKS.has(req.method)) return refuse(req, res, "Access needed", "This needs an approved access to this customer, which you don't have. Nothing was done.");
    if (!req.session || !(await this.staff(req))) this.signInFirst(res, local(req.originalUrl));
    else if (!wantsPage(req)) refuse(req, res, "Access needed", "This needs an approved access to this customer. Load it as a page to ask for one.");
    else await this.showAsking(req, res, { flow, account: id, next: local(req.originalUrl) });
    return false;
  }

  async showAsking(req, res, fields) {
    const kept = req.session.understudy ?? {};
    kept.csrf ??= secret();
    req.session.understudy = kept;
    await save(req);
    const rest = `<p><label>Why do you need it?<br><textarea name="reason" rows="3" cols="50" required autofocus></textarea></label></p><p><button>Ask for access</button></p>`;
    page(res, 403, "Access needed", `You have no access to ${fields.account} now. Whoever decides about it is asked in Slack, and sees why you need it.`, {
      more: form(`${req.baseUrl}/understudy/ask`, { understudy_csrf: kept.csrf, ...fields }, rest),
    });
  }
}

const asks = (req) => req.session.understudy?.asked ?? [];
const waitAt = (req, id, next) => `${req.baseUrl}/understudy/wait?${new URLSearchParams({ case: id, next })}`;
const ended = (name) => [`Your access to ${name} has ended.`, "Nothing was done. Load the page again to go on as yourself."];
const oneAtATime = (grant) => ["One customer at a time", `Nobody acts as two customers at once, and you act as ${grant.subject.name}. Nothing was opened. End that first.`];
const nested = (grant) => new Problem(409, ...oneAtATime(grant));
const staffAccount = (name) => new Problem(403, "A member of staff", `${name} is a member of staff, as whom nobody acts. Nothing was opened.`);

function refuse(req, res, title, detail) {
  req[HERE].refused = true;
  tellProblem(req, res, { status: 403, title, detail });
  return false;
}
