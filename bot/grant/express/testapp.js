// A customer portal with members of staff, to test the middleware with; EXPRESS=4 runs it on Express 4. Who
// asks for a page here says who they are, so it is for nothing else.
import session from "express-session";
import { dangerous, neverAsCustomer, requireGrant, understudy } from "./understudy.js";

const { default: express } = await import(process.env.EXPRESS === "4" ? "express4" : "express");

const gate = understudy({
  url: process.env.UNDERSTUDY_URL,
  app: process.env.UNDERSTUDY_APP,
  token: process.env.UNDERSTUDY_TOKEN,
  staffEmail: (req) => req.session.staff,
  isStaffAccount: (id) => id === "acct_staff",
  signedIn: process.env.TELLS_NO_SIGN_IN ? undefined : (req) => ({ at: req.session.signedIn, how: ["hwk", "user"] }),
  signInAgain: "/sign-in-again",
});

const app = express();
app.use(session({ secret: "for tests", resave: false, saveUninitialized: false }));
app.use(gate);

let voided = 0;

app.get("/sign-in", (req, res) => {
  req.session.staff = req.query.staff;
  const { ago = "0" } = req.query;
  req.session.signedIn = ago === "" ? undefined : Date.now() / 1000 - Number(ago);
  const next = String(req.query.next ?? "/");
  res.redirect(303, /^\/(?![/\\])/.test(next) ? next : "/");
});
app.get("/sign-in-again", (req, res) => res.type("text").send("who are you?"));
app.get("/sign-out", (req, res) => {
  delete req.session.staff;
  res.redirect(303, "/");
});
app.get("/", (req, res) => {
  const who = req.subject ? `${req.actor.email} as ${req.subject.id} (${req.grant.scope})` : (req.session.staff ?? "nobody");
  res.set({ "CDN-Cache-Control": "max-age=60", "Surrogate-Control": "max-age=60" });
  if (req.query.policy) res.set("Content-Security-Policy", req.query.policy);
  res.send(`<!doctype html><html><head><title>Portal</title></head><body class="x"><p id="who">${who.replace(/[&<]/g, (c) => `&#${c.charCodeAt(0)};`)}</p><p id="voided">${voided}</p></body></html>`);
});
app.post("/invoices/7/void", (req, res) => {
  voided++;
  res.redirect(303, "/");
});
app.get("/export", dangerous, (req, res) => res.type("text").send("exported"));
app.post("/password", neverAsCustomer, (req, res) => res.type("text").send("changed"));
app.get("/accounts/:id", requireGrant({ flow: "impersonation", account: (req) => req.params.id }), (req, res) => res.type("text").send(`account ${req.params.id}`));

const server = app.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
const stop = async () => {
  server.close();
  server.closeAllConnections();
  await gate.close();
  process.exit();
};
process.on("SIGTERM", stop);
process.stdin.on("end", stop).resume();
