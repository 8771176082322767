/** The closed code lists of the contract. Every runtime answers with these strings and no others (spec §2, §4, §5). */

/** Problems of a manifest, in order of precedence at one path (spec §2). */
export const MANIFEST_ISSUE_CODES = [
  "NOT_JSON",
  "REQUIRED",
  "TYPE",
  "FORMAT",
  "TOO_LONG",
  "TOO_MANY",
  "DUPLICATE",
  "UNKNOWN_MEMBER",
  "UNKNOWN_CAPABILITY",
] as const;
export type ManifestIssueCode = (typeof MANIFEST_ISSUE_CODES)[number];

/** Answers to a received document, in the order in which they are decided (spec §4). */
export const DOCUMENT_CODES = [
  "TOO_LARGE",
  "MALFORMED",
  "WRONG_TYPE",
  "UNKNOWN_KEY",
  "BAD_SIGNATURE",
  "UNSUPPORTED_SCHEMA",
  "WRONG_PLATFORM",
  "WRONG_PROGRAM",
  "ROLLED_BACK",
  "CONFLICT",
  "NOT_YET_VALID",
  "EXPIRED",
  "ACCEPTED",
] as const;
export type DocumentCode = (typeof DOCUMENT_CODES)[number];

/** Answers to a host, redirect or address question (spec §5). */
export const HOST_CODES = [
  "URL_MALFORMED",
  "SCHEME_NOT_ALLOWED",
  "HOST_MALFORMED",
  "HOST_BLOCKED_BY_PLATFORM",
  "HOST_NOT_ALLOWED",
  "PORT_NOT_ALLOWED",
  "PURPOSE_NOT_ALLOWED",
  "ALLOWED",
] as const;
export type HostCode = (typeof HOST_CODES)[number];

/** What may end a request after the host was allowed, in the order of its connection (spec §5). */
export const EGRESS_CODES = ["ADDRESS_NOT_PUBLIC", "TLS_INVALID", "PIN_MISMATCH", "REDIRECT_NOT_ALLOWED"] as const;
export type EgressCode = (typeof EGRESS_CODES)[number];

/** Answers to an API call, in order; for network calls the host codes come before `RATE_LIMITED` (spec §5). */
export const API_CODES = [
  "UNKNOWN_API",
  "PROGRAM_SUSPENDED",
  "UPGRADE_REQUIRED",
  "POLICY_EXPIRED",
  "PERMISSION_DENIED",
  "CONSENT_REQUIRED",
  "CONSENT_DENIED",
  "INVALID_ARGUMENTS",
  "CONSTRAINT_NOT_MET",
  "RATE_LIMITED",
  "HOST_ERROR",
  "ALLOWED",
] as const;
export type ApiCode = (typeof API_CODES)[number];

/** Every code that a decision or denial can carry. */
export type DecisionCode = ApiCode | HostCode | EgressCode;

/** Those of them that a denial can carry. */
export const DENIAL_CODES: readonly DecisionCode[] = [
  ...new Set<DecisionCode>([...API_CODES, ...HOST_CODES, ...EGRESS_CODES]),
].filter((code) => code !== "ALLOWED");

/** Answers to a bundle, in order (spec §5). */
export const BUNDLE_CODES = [
  "SIGNATURE_MISSING",
  "DIGEST_MISMATCH",
  "VERSION_NOT_ALLOWED",
  "KEY_UNKNOWN",
  "KEY_REVOKED",
  "SIGNATURE_INVALID",
  "BUNDLE_MALFORMED",
  "MANIFEST_MISMATCH",
  "ACCEPTED",
] as const;
export type BundleCode = (typeof BUNDLE_CODES)[number];

/** Which layer of the policy decided (spec §5). */
export const DECISION_LAYERS = [
  "api",
  "platform",
  "document",
  "manifest",
  "grant",
  "consent",
  "host",
  "limit",
] as const;
export type DecisionLayer = (typeof DECISION_LAYERS)[number];

export const HOST_PURPOSES = ["request", "upload", "download", "socket"] as const;
export type HostPurpose = (typeof HOST_PURPOSES)[number];

/** The limits of the contract, in the order in which one instant's actions are listed (spec §5). */
export const LIMIT_NAMES = [
  "cpuMsPerMinute",
  "memoryBytes",
  "requestsPerSecond",
  "requestsPerMinute",
  "requestsInFlight",
  "bridgeCallsPerSecond",
  "storageBytes",
  "cacheBytes",
] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

export const LIMIT_ACTIONS = ["warn", "throttle", "suspend", "kill"] as const;
export type LimitAction = (typeof LIMIT_ACTIONS)[number];
/** What a meter reports: the configured actions and those of admission and release. */
export type MeterAction = LimitAction | "refuse" | "evict" | "release";

export const DOCUMENT_TYPES = ["bulkhead-keyset", "bulkhead-platform", "bulkhead-program"] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

export const RUNTIME_KINDS = ["linux", "android", "ios"] as const;
export type RuntimeKind = (typeof RUNTIME_KINDS)[number];

/** Types of events in a telemetry batch (spec §7). */
export const EVENT_TYPES = [
  "blocked_request",
  "denied_api",
  "unknown_api",
  "attestation_failed",
  "document_refused",
  "limit_crossed",
  "storage_refused",
  "exchange_refused",
  "crashed",
  "killed",
  "sandbox_degraded",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** The policy service's own events, about what a device told; a device that sends one sends a type that is not known. */
export const SERVER_EVENT_TYPES = ["evidence_rejected", "counter_clamped"] as const;
export type ServerEventType = (typeof SERVER_EVENT_TYPES)[number];

/** Sensitivity of a capability (spec §3). */
export const SENSITIVITIES = ["public", "restricted", "dangerous"] as const;
export type Sensitivity = (typeof SENSITIVITIES)[number];
