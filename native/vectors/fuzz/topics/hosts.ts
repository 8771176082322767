import { mutateText, mutateValue } from "../mutate";
import type { Random } from "../random";
import { type Members, plainTopic } from "../topic";
import { vectorInputs } from "./corpus";
import { drawBlocked, drawRule, TIMES } from "./policies";
import { drawUrl } from "./urls";

const inputs = vectorInputs("host");
const hops = vectorInputs("redirect");

/** A URL before rules of its own, or before a vector's; or a vector with an edit. */
export const hosts = plainTopic("hosts", "host", (random) => {
  const known = random.pick(inputs);
  const about = { now: random.pick(TIMES), versionCode: random.integer(10, 14), purpose: drawPurpose(random) };
  if (random.oneIn(3)) return { ...known, ...about, url: drawUrl(random) };
  if (random.oneIn(4)) return { ...known, url: mutateText(String(known.url), random) };
  if (random.oneIn(12)) return mutateValue(known, random) as Members;
  return {
    ...about,
    url: drawUrl(random),
    program: drawProgram(random),
    platform: { blockedHosts: drawBlocked(random) },
  };
});

/** The same with a `Location` and where it came from. */
export const redirects = plainTopic("redirects", "redirect", (random) => {
  const known = random.pick(hops);
  const hop = random.oneIn(8) ? random.integer(-1, 7) : 1;
  if (random.oneIn(12)) return mutateValue(known, random) as Members;
  const from = random.oneIn(3) ? drawUrl(random) : known.from;
  return { ...known, hop, from, url: random.oneIn(3) ? mutateText(String(known.url), random) : drawLocation(random) };
});

function drawPurpose(random: Random): string {
  return random.pick([
    "request",
    "request",
    "request",
    "upload",
    "download",
    "socket",
    random.oneIn(9) ? "x" : "socket",
  ]);
}

function drawProgram(random: Random): Members {
  return { hosts: random.list(0, 6, () => drawRule(random)) };
}

const SEGMENTS = [
  "",
  "a",
  "..",
  ".",
  "a:b",
  "//",
  "/",
  "?q",
  "#f",
  "é",
  "%zz",
  ";",
  "@",
  "\\",
  " ",
  "\u{1f600}",
  "x.test",
];

function drawLocation(random: Random): string {
  const url = drawUrl(random);
  if (random.oneIn(2)) return url;
  if (random.oneIn(3)) return url.replace(/^[^/]*:/, "");
  return random.list(0, 4, () => random.pick(SEGMENTS)).join(random.pick(["", "/"]));
}
