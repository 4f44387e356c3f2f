// What was opened in a customer's place and isn't closed yet: answers that stream, and sockets. They end with the grant.

const LEEWAY = 30_000; // milliseconds that the clocks of the bot and the app may differ

export class Opened {
  constructor(running) {
    Object.assign(this, { running, all: new Set() });
  }

  /** add has a stream cut when its grant is over, whose token the app got at that time. */
  add(grant, got, stream, cut = () => stream.destroy()) {
    const one = { grant, got, cut };
    this.all.add(one);
    const late = setTimeout(cut, Math.min(grant.until - Date.now() + LEEWAY, 2 ** 31 - 1)).unref(); // if nobody tells of it
    stream.once("close", () => {
      clearTimeout(late);
      this.all.delete(one);
    });
  }

  /** cut ends what is over. */
  cut() {
    for (const { grant, got, cut } of this.all) {
      if (this.running.over(grant.case, got)) cut();
    }
  }
}
