// What agents changed, told to the bot in batches, so that the case's history says it.

const BATCH = 100; // the bot takes no more at once
const SOON = 5000; // milliseconds
const KEPT = 1000; // deeds of one opening, while the bot is away

export class Deeds {
  constructor(bot, log) {
    Object.assign(this, { bot, log, waiting: new Map() }); // by opening
  }

  add(grant, token, deed) {
    const { deeds = [] } = this.waiting.get(grant.session) ?? {};
    deeds.push(deed);
    this.waiting.set(grant.session, { case: grant.case, token, deeds });
    if (deeds.length === BATCH) this.flush(grant.case); // and no more often while the bot is away
    else this.soon();
  }

  soon() {
    this.timer ??= setTimeout(() => this.flush(), SOON).unref();
  }

  /** flush tells what waits, of one case or of all. What the bot didn't hear is told later. */
  async flush(id) {
    if (id === undefined) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
    const due = [...this.waiting].filter(([, one]) => id === undefined || one.case === id);
    for (const [session] of due) this.waiting.delete(session);
    await Promise.all(due.map(([session, one]) => this.send(session, one)));
  }

  async send(session, { deeds, ...one }) {
    try {
      for (; deeds.length; deeds = deeds.slice(BATCH)) {
        await this.bot.call("/v1/grants/deeds", { json: { token: one.token, deeds: deeds.slice(0, BATCH) } });
      }
    } catch (e) {
      this.log(`telling what was done: ${e.message}`);
      if (!e.away) return;
      const since = this.waiting.get(session) ?? one;
      this.waiting.set(session, { ...since, deeds: [...deeds, ...(since.deeds ?? [])].slice(-KEPT) });
      this.soon();
    }
  }
}
