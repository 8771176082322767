import { LANES, type Lane } from "../store";

/** Of `n` connections, how many a lane and all less urgent ones may have together. */
const SHARES = {
  decide: (n) => n,
  "sign-in": (n) => n - reserve(n),
  page: (n) => n - 2 * reserve(n),
  ingest: (n) => Math.floor((2 * n) / 5),
  tend: (n) => Math.floor(n / 5),
} as const satisfies Record<Lane, (n: number) => number>;

/** What decisions have alone, and sign-ins before everybody else. */
const reserve = (n: number) => Math.max(1, Math.floor(n / 5));

export type Shares = { mayEnter(lane: Lane, busy: Readonly<Record<Lane, number>>): boolean };

/** Who may have one more of `n` connections, by what each lane has. */
export function sharesOf(n: number): Shares {
  return {
    mayEnter(lane, busy) {
      // Entering a lane counts against its own share, and against that of every more urgent one.
      return LANES.slice(0, LANES.indexOf(lane) + 1).every((urgent) => {
        const together = LANES.slice(LANES.indexOf(urgent)).reduce((sum, each) => sum + busy[each], 0);
        return together < Math.max(1, SHARES[urgent](n));
      });
    },
  };
}
