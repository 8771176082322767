import { HOST_PURPOSES, LIMIT_NAMES } from "../codes";
import { isCapability } from "../decide/catalog";
import { readHostPattern } from "../decide/host-name";
import { DEFAULT_PORT, isPort, PORT_MAX, placesOf, SHA256_HEX } from "../decide/rule-parts";
import { isJsonObject, type JsonValue } from "../json/parse-json";
import { APP_ID_CHARACTERS_MAX, hasAppIdForm } from "./app-id";
import { flag, integer, list, object, oneOf, text, type ValueOf } from "./member-shapes";

/** The manifest of the W3C draft with the vendor members of spec §2. One description: validator, type and JSON Schema. */

const requiredText = text({ isRequired: true });
const appId = text({
  hasForm: hasAppIdForm,
  max: APP_ID_CHARACTERS_MAX,
  form: "lower-case reverse DNS, two labels or more",
});
const capability = text({ isRequired: true, isKnown: isCapability });
const hostPattern = text({
  hasForm: (host) => readHostPattern(host) !== undefined,
  form: "a host, or `*.` and a host for exactly one label",
});
const languageTag = text({
  hasForm: (tag) => /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(tag),
  form: "a language tag of BCP 47",
});
const sha256 = text({ hasForm: (digest) => SHA256_HEX.test(digest), form: "64 lower-case hex digits" });

const icon = object({ src: requiredText }, { label: text(), sizes: text() });
const widget = object({ name: requiredText, path: requiredText }, { min_code: integer(0) });
const windowStyle = object(
  {},
  {
    auto_design_width: flag(),
    background_color: text(),
    background_text_style: oneOf(["light", "dark"]),
    design_width: integer(0),
    enable_pull_down_refresh: flag(),
    fullscreen: flag(),
    navigation_bar_background_color: text(),
    navigation_bar_text_style: oneOf(["white", "black"]),
    navigation_bar_title_text: text(),
    navigation_style: oneOf(["default", "custom"]),
    on_reach_bottom_distance: integer(0),
    orientation: oneOf(["portrait", "landscape"]),
  },
);

const everyUnknown = () => true;
const pins = object(
  { sha256: list(sha256, { isRequired: true }), until: integer(0), mode: oneOf(["enforce", "report"]) },
  {},
  everyUnknown,
);
const networkWish = object(
  { host: hostPattern, purposes: list(oneOf(HOST_PURPOSES), { isRequired: true }), reason: requiredText },
  { ports: list(integer(1, PORT_MAX), { isRequired: true }), pins },
  everyUnknown,
);
const limitWishes = object({}, limitMembers(), everyUnknown);
const optionalWishes = object({}, { capabilities: list(capability), hosts: list(hostPattern) }, everyUnknown);
const receiver = object({ from: appId, actions: list(requiredText, { isRequired: true }) }, {}, everyUnknown);

export const manifestShape = object(
  {
    app_id: appId,
    name: requiredText,
    icons: list(icon),
    pages: list(requiredText),
    platform_version: object({ min_code: integer(0) }, { target_code: integer(0), release_type: text() }),
    version: object({ code: integer(0), name: requiredText }, {}),
  },
  {
    short_name: text(),
    description: text(),
    dir: oneOf(["ltr", "rtl", "auto"]),
    lang: languageTag,
    color_scheme: oneOf(["auto", "light", "dark"]),
    device_type: list(text()),
    widgets: list(widget),
    window: windowStyle,
    req_permissions: list(object({ name: capability, reason: requiredText }, {}), { keysOf: memberKey("name") }),
    bulkhead_engine: oneOf(["web", "script"]),
    bulkhead_network: list(networkWish, { keysOf: networkKeys }),
    bulkhead_limits: limitWishes,
    bulkhead_optional: optionalWishes,
    bulkhead_external_routes: list(requiredText),
    bulkhead_receives: list(receiver, { keysOf: memberKey("from") }),
  },
);

/** A valid manifest as its author wrote it, unknown W3C-style members included. */
export type Manifest = ValueOf<typeof manifestShape>;

function limitMembers() {
  const wish = integer(0);
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, wish])) as Record<
    (typeof LIMIT_NAMES)[number],
    typeof wish
  >;
}

/** Two items are the same wish where this member is the same text. */
function memberKey(member: string): (item: JsonValue) => readonly string[] {
  return (item) => {
    const key = isJsonObject(item) && Object.hasOwn(item, member) ? item[member] : undefined;
    return typeof key === "string" ? [key] : [];
  };
}

/** Two wishes for one host that share a port and a purpose would be refused as rules, so they are here (spec §5, Host). */
function networkKeys(item: JsonValue): readonly string[] {
  if (!isJsonObject(item) || typeof item.host !== "string") return [];
  const { host } = item;
  const ports = Array.isArray(item.ports) ? item.ports : [DEFAULT_PORT];
  const purposes = Array.isArray(item.purposes) ? item.purposes : [];
  const wanted = HOST_PURPOSES.filter((purpose) => purposes.includes(purpose));
  return placesOf({ host, ports: [...new Set(ports.filter(isPort))], purposes: wanted });
}
