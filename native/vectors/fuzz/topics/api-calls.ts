import catalogue from "../../../catalog/capabilities.json";
import { mutateText, mutateValue } from "../mutate";
import type { Random } from "../random";
import { type Members, plainTopic } from "../topic";
import { vectorInputs } from "./corpus";
import { drawPlatform, drawRule, TIMES, withSomeLeftOut } from "./policies";
import { drawUrl } from "./urls";

const inputs = vectorInputs("api");
type Schema = {
  type: string;
  min?: number;
  max?: number;
  minBytes?: number;
  maxBytes?: number;
  oneOf?: string[];
  items?: Schema;
  maxItems?: number;
};
const APIS = catalogue.capabilities.flatMap(({ apis, ...capability }) =>
  apis.map((api) => ({ capability, api: api as unknown as { name: string; params: Record<string, Schema> } })),
);

/** A call of any API before claims of its own, or of a vector with an edit. */
export const apiCalls = plainTopic("api", "api", (random) => {
  if (random.oneIn(6)) return mutateValue(random.pick(inputs), random) as Members;
  const { capability, api } = random.pick(APIS);
  const name = random.oneIn(16) ? mutateText(api.name, random) : api.name;
  return {
    api: name,
    program: drawProgram(capability.name, random),
    platform: drawPlatform(random),
    versionCode: random.pick([12, 12, 12, 12, 11, 13]),
    runtime: {
      kind: random.pick(["linux", "android"]),
      version: random.pick(["1.4.0", "1.4.0", "1.10.0", "1.4", "01.4.0", "1.4.0-rc"]),
    },
    now: random.pick(TIMES),
    ...(random.oneIn(8) ? {} : { params: drawParams(api.params, random) }),
    ...(random.oneIn(3) ? { consent: random.pick(["given", "given", "refused"]) } : {}),
    ...(random.oneIn(3) ? { context: drawContext(random) } : {}),
  };
});

function drawProgram(capability: string, random: Random): Members {
  const declares = random.oneIn(10) ? [] : [capability, "device.info"];
  const grants = random.oneIn(10)
    ? {}
    : { "device.info": { consent: "none" }, [capability]: drawGrant(capability, random) };
  return withSomeLeftOut(
    {
      appId: "com.example.notes",
      status: random.oneIn(12) ? random.pick(["suspended", "retired"]) : "active",
      epoch: 3,
      revision: 21,
      exp: random.pick([1_707_768_800, 1_707_768_800, ...TIMES, 1_699_740_800]),
      versions: [
        { code: 11, declares: ["device.info"] },
        { code: 12, declares },
      ],
      grants,
      hosts: random.list(0, 3, () => drawRule(random)),
    },
    random,
  );
}

const MEDIA_TYPES = [
  "image/png",
  "image/*",
  "IMAGE/PNG",
  "*/*",
  "*",
  "video/mp4",
  "image/png; q=1",
  " image/png",
  "text/plain;x",
  "image/",
  "",
];

/** A value about the boundaries of what a constraint of this kind may hold. */
function drawConstraint(kind: string, random: Random): unknown {
  switch (kind) {
    case "foregroundOnly":
    case "gestureRequired":
      return !random.oneIn(6);
    case "mediaTypes":
      return random.list(0, 3, () => random.pick(MEDIA_TYPES));
    case "fields":
      return random.list(0, 2, () => random.pick(["kind", "x"]));
    case "currency":
      return random.pick(["EUR", "EUR", "USD", "eur", "EURO"]);
    default:
      return random.pick([0, 1, 2, 3, 4, 5, 16, 100, 1000, -1]);
  }
}

function drawGrant(capability: string, random: Random): unknown {
  const own = catalogue.capabilities.find(({ name }) => name === capability)?.constraints ?? [];
  const kinds = random.list(0, 3, () =>
    random.oneIn(16) ? random.pick(["maxBytes", "moonPhase", "__proto__", "currency"]) : random.pick(own),
  );
  if (kinds.includes("maxAmountMinor") && !random.oneIn(6)) kinds.push("currency");
  const grant: Members = { consent: random.oneIn(3) ? "ask" : "none" };
  if (kinds.length > 0)
    grant.constraints = Object.fromEntries(kinds.map((kind) => [kind, drawConstraint(kind, random)]));
  if (random.oneIn(5)) grant.until = random.pick(TIMES);
  return random.oneIn(24) ? mutateValue(grant, random) : grant;
}

const TEXTS = ["", "a", "k", "EUR", "USD", "é", "ü€", "\ud800", "GET", "get", "\u{1f600}", "image/png", "x\u0000"];
const HEADERS = [
  "Accept",
  "x-a",
  "Host",
  "host ",
  "content-length",
  "Connection",
  "Transfer-Encoding",
  "upgrade",
  "Proxy-A",
  "proxy",
  "Content-Type",
  "",
  "a b",
  "é",
  "x:y",
  "__proto__",
];

function drawParams(params: Record<string, Schema>, random: Random): unknown {
  if (random.oneIn(20)) return mutateValue({}, random);
  const entries = Object.entries(params).filter(([name]) => name === "url" || name === "key" || !random.oneIn(3));
  const drawn = Object.fromEntries(entries.map(([name, schema]) => [name, drawParam(name, schema, random)]));
  if (random.oneIn(12)) drawn[random.pick(["x", "__proto__", "mediaType", "bytes"])] = "x";
  return random.oneIn(12) ? mutateValue(drawn, random) : drawn;
}

function drawParam(name: string, schema: Schema, random: Random): unknown {
  if (name === "url" && !random.oneIn(6)) return drawUrl(random);
  if (/^mediaType/.test(name) && schema.type === "string") return random.pick(MEDIA_TYPES);
  switch (schema.type) {
    case "integer":
      return random.pick([
        schema.min ?? 0,
        (schema.min ?? 0) - 1,
        schema.max ?? 0,
        (schema.max ?? 0) + 1,
        1,
        2,
        3,
        100,
        999,
        1000,
        1.5,
      ]);
    case "list":
      return random.list(0, random.oneIn(9) ? (schema.maxItems ?? 0) + 1 : 2, () =>
        schema.items === undefined
          ? null
          : random.oneIn(2)
            ? random.pick(MEDIA_TYPES)
            : drawParam("", schema.items, random),
      );
    case "headers":
      return Object.fromEntries(
        random.list(0, 2, () => [
          random.pick(HEADERS),
          random.pick([...MEDIA_TYPES, "a\tb", "a\nb", "é", "\u0100", "\u007f", 1]),
        ]),
      );
    case "json":
      return random.pick([null, 0.8, -0, [], { a: [1, "é"] }, "xxxx", "€", "\ud800", 1e300, true]);
    default: {
      const text = random.pick(TEXTS);
      const about =
        schema.maxBytes !== undefined && schema.maxBytes <= 2048
          ? [0, 1].map((more) => "x".repeat((schema.maxBytes ?? 0) + more))
          : [];
      return random.pick([text, text, schema.oneOf?.[0] ?? text, ...about]);
    }
  }
}

function drawContext(random: Random): Members {
  const all = {
    foreground: !random.oneIn(3),
    gesture: !random.oneIn(3),
    used: withSomeLeftOut({ perMinute: random.integer(0, 5), perDay: random.integer(0, 5) }, random),
  };
  return withSomeLeftOut(all, random);
}
