// Pages in all the ways in which an app writes them, and what attackers and careless apps do.
import { gzipSync } from "node:zlib";
import compression from "compression";
import session from "express-session";
import { dangerous, neverAsCustomer, requireGrant, understudy } from "../understudy.js";

const { default: express } = await import(process.env.EXPRESS === "4" ? "express4" : "express");
const folder = import.meta.dirname;
const html = `<!doctype html><html><head><title>x</title></head><body class="x"><p>Straße</p>${"<p>a line</p>".repeat(500)}</body></html>`;
const seen = [];
let release = () => {};
let trouble;

const gate = understudy({
  url: process.env.UNDERSTUDY_URL,
  app: process.env.UNDERSTUDY_APP,
  token: process.env.UNDERSTUDY_TOKEN,
  staffEmail: async (req) => {
    if (trouble === "staffEmail") throw new Error("the staff directory is down");
    return req.session.staff;
  },
  isStaffAccount: async (id) => {
    if (trouble === "isStaffAccount") throw new Error("the staff directory is down");
    return trouble === "no answer" ? undefined : id === "acct_staff";
  },
});

const app = express();
app.engine("html", (path, options, done) => done(null, `<html><body>${options.text}</body></html>`));
app.set("views", folder);
app.set("query parser", "extended");
app.use((req, res, next) => {
  res.on("finish", () => seen.push(req.originalUrl)); // as an access log does
  next();
});
const compress = compression({ threshold: 0 });
app.use((req, res, next) => (req.path === "/calls" ? next() : compress(req, res, next))); // it calls nobody back
const sessions = session({ secret: "for tests", resave: false, saveUninitialized: false, cookie: { maxAge: 3600_000 } });
app.use(sessions);
const parse = express.urlencoded({ extended: true });
app.use((req, res, next) => (req.headers["x-read-before"] ? parse(req, res, next) : next()));
app.use("/sub", gate, (req, res) => res.type("html").send(`<body>${req.subject?.id ?? "nobody"}</body>`));
app.use(gate);
app.use((req, res, next) => {
  if (req.query._method) req.method = req.query._method; // as method-override does
  next();
});

app.get("/sign-in", (req, res) => {
  Object.assign(req.session, { staff: req.query.staff, basket: ["kept"] });
  req.session.cookie.maxAge = 7200_000; // "keep me signed in"
  res.end();
});
app.get("/whole", (req, res) => res.send(html));
app.get("/render", (req, res) => res.render("page.html", { text: "rendered" }));
app.get("/file", (req, res) => res.sendFile("page.html", { root: folder }));
app.get("/compressed", compression({ threshold: 0 }), (req, res) => res.send(html));
app.get("/head", (req, res) => res.writeHead(200, "Fine", { "Content-Type": "text/html", "Content-Length": Buffer.byteLength(html) }).end(html));
app.get("/list", (req, res) => res.writeHead(200, ["Content-Type", "text/html", "Set-Cookie", "a=1", "Set-Cookie", "b=2"]).end(html));
app.get("/status", (req, res) => {
  res.setHeader("Content-Type", "text/html");
  res.flushHeaders();
  res.end(Buffer.from(html));
});
app.get("/comment", (req, res) => res.send(`<!doctype html><!-- <body> --><title>a <body> b</title><script>"<body>"</script><BODY data-x="1>2"\n>here`));
app.get("/bodyless", (req, res) => res.send("<!doctype html><title>x</title><p>here"));
app.get("/fragment", (req, res) => res.send("<p>here</p>"));
app.get("/calls", (req, res) => {
  res.type("html");
  res.write("<html>", () => res.write("<bo", "utf8", () => res.end(`dy>here</body>`, () => seen.push("called"))));
});
app.get("/stream", (req, res) => {
  res.type("html").write("<html><head><title>x</title></head><bo");
  res.write("dy><p>first</p>");
  res.flush();
  release = () => res.end("<p>last</p></body></html>");
});
app.get("/release", (req, res) => {
  release();
  res.end();
});
app.get("/lasting", (req, res) => {
  res.type("text").write("begun");
});
app.get("/typeless", (req, res) => res.end(html));
app.get("/typeless/head", (req, res) => res.writeHead(200).end(html));
app.get("/choices", (req, res) => res.status(300).send(html));
app.get("/unknown", (req, res) => res.set("Content-Type", "application/unknown").end(html));
app.get("/wide", (req, res) => res.set("Content-Type", "text/html; charset=UTF-16LE").end(Buffer.from(html, "utf16le")));
app.get("/bodies", (req, res) => res.type("html").end(`${"<body ".repeat(100_000)}${"<body>".repeat(req.query.closed ? 100_000 : 0)}`));
app.all("/odd", (req, res) => {
  res.statusCode = 799;
  res.end();
});
app.get("/error", (req, res, next) => next(Object.assign(new Error("on purpose"), { status: 500 })));
app.get("/json", (req, res) => res.json({ html }));
app.get("/static", (req, res) => res.set("Cache-Control", "public, max-age=60").type("css").send("body{}"));
app.get("/attached", (req, res) => res.attachment("page.html").send(html));
app.get("/redirect", (req, res) => res.redirect("/whole"));
app.get("/empty", (req, res) => res.type("html").end());
app.get("/gzip", (req, res) => res.set("Content-Encoding", "gzip").type("html").send(gzipSync(html)));

app.get("/me", (req, res) => res.json({ staff: req.session.staff, basket: req.session.basket, actor: req.actor, subject: req.subject, minutes: Math.round(req.session.cookie.maxAge / 60_000) }));
app.all("/do", (req, res) => {
  seen.push(`did ${req.method}`);
  res.end();
});
app.get("/export", dangerous, (req, res) => res.send("exported"));
app.all("/password", neverAsCustomer, (req, res) => res.send("changed"));
app.all("/accounts/:id", requireGrant({ flow: "impersonation", account: (req) => req.params.id }), (req, res) => res.send("account"));
app.all("/other/:id", requireGrant({ flow: "another", account: (req) => req.params.id }), (req, res) => res.send("account"));
app.get("/none", requireGrant({ flow: "impersonation", account: () => undefined }), (req, res) => res.send("account"));
app.get("/seen", (req, res) => res.json(seen));
app.get("/trouble", (req, res) => {
  trouble = req.query.is;
  res.end();
});
app.get("/clock", (req, res) => {
  globalThis.turnClock(Number(req.query.ahead));
  res.end();
});

const greet = (req, socket) => socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n${req.subject?.id ?? req.session.staff}\n`);
const server = app.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
server.on("upgrade", gate.upgrade(sessions, greet));
process.stdin
  .on("end", async () => {
    server.close();
    server.closeAllConnections();
    await gate.close();
    process.exit();
  })
  .resume();
