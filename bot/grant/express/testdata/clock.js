// A clock that a test turns, for all that runs in the process.
const Real = Date;
let ahead = 0;

globalThis.Date = class extends Real {
  constructor(...given) {
    super(...(given.length ? given : [Real.now() + ahead]));
  }

  static now() {
    return Real.now() + ahead;
  }
};
globalThis.turnClock = (ms) => {
  ahead = ms;
};
