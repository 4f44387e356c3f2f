// Which grants have ended: the bot tells it, on a stream. A grant that it hasn't told of goes on to the end of its
// token, which is minutes away.
import { setTimeout as sleep } from "node:timers/promises";

const SILENCE = 25_000; // milliseconds: the bot says something every ten seconds
const KEPT = 630_000; // milliseconds, after which all tokens of a grant are over as well
const [SOON, LATE] = [500, 10_000]; // milliseconds between two attempts

export class Running {
  /** onNews(id) hears of each case whose grant has ended, and without an id that others may have. */
  constructor(bot, log, onNews) {
    Object.assign(this, { bot, log, onNews, ended: new Map(), list: undefined, stop: new AbortController() });
    this.tried = new Promise((resolve) => {
      this.wasTried = resolve;
    });
    this.listen();
  }

  close() {
    this.stop.abort();
  }

  /** known waits, at the very start, until it was tried to hear what runs. */
  async known() {
    if (!this.list) await Promise.race([this.tried, sleep(1000, undefined, { ref: false })]);
  }

  /** over says whether the grant has ended whose token the app got at that time. */
  over(id, got) {
    const listed = this.list && (got >= this.list.asked || this.list.cases.has(id)); // what was opened since is in no list
    return this.ended.has(id) || (this.list !== undefined && !listed);
  }

  end(id) {
    for (const [old, at] of this.ended) {
      if (Date.now() - at > KEPT) this.ended.delete(old);
    }
    this.ended.set(id, Date.now());
    this.list?.cases.delete(id);
    this.onNews(id);
  }

  async listen() {
    let pause = SOON;
    let trouble; // that was logged
    while (!this.stop.signal.aborted) {
      try {
        await this.hear(() => {
          pause = SOON;
          trouble = undefined;
        });
      } catch (e) {
        const why = e.cause?.message ?? e.message;
        if (why !== trouble && !this.stop.signal.aborted) this.log(`listening to the bot: ${why}`);
        trouble = why;
      }
      this.wasTried();
      await sleep(pause * (1 + Math.random() / 2), undefined, { ref: false, signal: this.stop.signal }).catch(() => {});
      pause = Math.min(2 * pause, LATE);
    }
  }

  /** hear listens until the stream ends. */
  async hear(heard) {
    const asked = Date.now();
    const silence = new AbortController();
    const patience = setTimeout(() => silence.abort(new Error("it has become silent")), SILENCE);
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
        heard();
      }
    } finally {
      clearTimeout(patience);
    }
  }

  learn(event, asked) {
    const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
    if (!name) return; // a comment
    const said = JSON.parse(data);
    if (name === "keys" || said.all) this.bot.forgetKeys(); // they may have changed, also while nobody listened
    if (name === "ended") this.end(said.case);
    if (name !== "running") return;
    if (said.all) this.list = { asked, cases: new Set() };
    for (const grant of said.grants) this.list?.cases.add(grant.case);
    if (said.all) this.onNews();
    this.wasTried();
  }
}
