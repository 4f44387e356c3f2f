// Where a flow wants whoever opens the app to have signed in to it a moment ago: the bot challenges, as RFC 9470 has
// it, and the app has them sign in anew.
import { page, redirect, text } from "./page.js";

/** STALE is the type of the problem that goes away when they sign in anew. The bot has used nothing up. */
export const STALE = "urn:understudy:problem:fresh-sign-in";

/** proof is when and how who is signed in proved who they are, as the bot is told. */
export async function proof(req, signedIn) {
  const { at, how } = (await signedIn?.(req)) ?? {};
  const seconds = Math.floor(at instanceof Date ? at.getTime() / 1000 : Number(at ?? NaN));
  return { auth_time: seconds || undefined, amr: how?.length ? how : undefined };
}

/** stepUp sends an agent to sign in anew, and back. Who came back no fresher reads why, and is sent in no circle. */
export function stepUp({ signedIn, signInAgain, log }, res, { title, detail, maxAge }, { path, came }) {
  if (!signedIn || !signInAgain) {
    log("a flow wants a fresh sign-in, which the app can't show: set signedIn and signInAgain");
    return page(res, 403, title, detail);
  }
  const to = withQuery(signInAgain, { next: withQuery(path, { again: "1" }), max_age: maxAge });
  if (!came) return redirect(res, to);
  page(res, 403, title, detail, { more: `<p><a href="${text(to)}">Sign in once more</a></p>` });
}

export const withQuery = (path, query) => `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams(query)}`;
