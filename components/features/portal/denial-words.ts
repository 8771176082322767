import { API_CODES, type DecisionCode, EGRESS_CODES, HOST_CODES } from "@/native/core/codes";

type Words = {
  /** What happens; `{target}` is the host or the API. */
  happens: string;
  /** What its developers can do. */
  remedy: string;
};

/** What a refusal is to the program's developers, by its code: one sentence each. */
const WORDS = {
  UNKNOWN_API: {
    happens: "Calls of {target} are refused: there is no such API",
    remedy: "Call an API of the catalogue.",
  },
  PROGRAM_SUSPENDED: {
    happens: "Calls of {target} are refused while the program is suspended",
    remedy: "Ask the platform: it lifts a suspension by two people.",
  },
  UPGRADE_REQUIRED: {
    happens: "Calls of {target} are refused to a version or runtime that is not served",
    remedy: "Nothing in the program: it is asked again once the version is listed, or the runtime is newer.",
  },
  POLICY_EXPIRED: {
    happens: "Calls of {target} are refused while the device's documents are too old",
    remedy: "Nothing in the program: it ends when the device is in reach again.",
  },
  PERMISSION_DENIED: {
    happens: "Calls of {target} are refused",
    remedy: "Declare it under req_permissions with a reason, or do without.",
  },
  CONSENT_REQUIRED: {
    happens: "{target} is not called before the person was asked",
    remedy: "Ask when the person begins something that needs it.",
  },
  CONSENT_DENIED: { happens: "People answer no to {target}", remedy: "Nothing. Their choice stands." },
  INVALID_ARGUMENTS: {
    happens: "Calls of {target} have arguments that do not fit",
    remedy: "Hold the arguments against the API's parameters.",
  },
  CONSTRAINT_NOT_MET: {
    happens: "Calls of {target} are outside what it was granted for",
    remedy: "Stay within the constraint that stands below, or ask for another with the next version.",
  },
  RATE_LIMITED: {
    happens: "More calls of {target} than the limit allows are refused",
    remedy: "Honour retryAfterMs, or ask for more under bulkhead_limits of the next version.",
  },
  HOST_ERROR: { happens: "{target} failed on the device", remedy: "Try again later: nothing refused it." },
  URL_MALFORMED: {
    happens: "Addresses of {target} cannot be read",
    remedy: "Write the address out: scheme, host, path.",
  },
  SCHEME_NOT_ALLOWED: {
    happens: "Requests to {target} have a scheme that their purpose does not take",
    remedy: "Use https:, and wss: for sockets.",
  },
  HOST_MALFORMED: {
    happens: "{target} is no host name that is allowed",
    remedy: "Use a name of two labels or more, never an address.",
  },
  HOST_BLOCKED_BY_PLATFORM: {
    happens: "Requests to {target} are refused",
    remedy: "Remove it: the platform blocks it for every program.",
  },
  HOST_NOT_ALLOWED: {
    happens: "Requests to {target} are refused",
    remedy: "Remove it, or declare it under bulkhead_network with a reason.",
  },
  PORT_NOT_ALLOWED: {
    happens: "Requests to {target} are refused for their port",
    remedy: "Use a port of the rule, or declare this one under bulkhead_network.",
  },
  PURPOSE_NOT_ALLOWED: {
    happens: "Requests to {target} are refused for their purpose",
    remedy: "Declare the purpose under bulkhead_network of the next version.",
  },
  ADDRESS_NOT_PUBLIC: {
    happens: "{target} leads to an address that is not public",
    remedy: "Mend the name's records: each of its addresses must be public.",
  },
  TLS_INVALID: { happens: "{target} has no certificate that holds", remedy: "Mend the host's certificate." },
  PIN_MISMATCH: {
    happens: "The certificate of {target} is none of those that are pinned",
    remedy: "Ask for the new pin before the certificate changes.",
  },
  REDIRECT_NOT_ALLOWED: { happens: "{target} redirects too often", remedy: "Ask for the last address at once." },
  ALLOWED: { happens: "Calls of {target} were allowed", remedy: "Nothing." },
} as const satisfies Record<DecisionCode, Words>;

const NOT_GRANTED: Words = {
  happens: "Calls of {target} are refused",
  remedy:
    "It is declared, and the platform does not grant it: give a better reason in the next version, or do without.",
};

const CODES = [...API_CODES, ...HOST_CODES, ...EGRESS_CODES];

/** Of a code that no list has, nothing more than that is said. What is declared already need not be declared. */
export function denialWords(code: string, layer: string): Words {
  const known = CODES.find((one) => one === code);
  if (known === undefined)
    return { happens: "Calls of {target} are refused", remedy: "Read the checks of the denial." };
  return known === "PERMISSION_DENIED" && layer === "grant" ? NOT_GRANTED : WORDS[known];
}
