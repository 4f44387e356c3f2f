// What jose, and the middleware with it, say of the tokens on stdin: nothing, or why they don't take one.
import { createRemoteJWKSet, jwtVerify } from "jose";
import { text } from "node:stream/consumers";
import { Bot } from "../bot.js";

const { url, issuer, app, tokens } = JSON.parse(await text(process.stdin));
const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
const expected = { algorithms: ["EdDSA"], typ: "understudy-grant+jwt", issuer, audience: app, clockTolerance: 30 };
const bot = new Bot({ url, app, token: "none" });
const why = (promise) => promise.then((read) => (read.expired ? "expired" : ""), (e) => e.code ?? e.message);
const said = {};
for (const [name, token] of Object.entries(tokens)) {
  said[name] = { jose: await why(jwtVerify(token, keys, expected)), middleware: await why(bot.read(token)) };
}
console.log(JSON.stringify(said));
