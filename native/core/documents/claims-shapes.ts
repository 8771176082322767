import { z } from "zod";
import { HOST_PURPOSES, LIMIT_ACTIONS, LIMIT_NAMES, type LimitName } from "../codes";
import { publicKeyShape } from "../crypto/public-key";
import { readHostPattern } from "../decide/host-name";
import { PORT_MAX, SHA256_HEX } from "../decide/rule-parts";

/**
 * Shapes of the three documents' claims (spec §4). Unknown members are left out of the view, never refused, except in
 * `grantShape` and `hostRuleShape`: there they make the entry inert, which `read-claims` decides.
 */

const whole = z.int();
const notNegative = z.int().min(0);
const counter = z.int().min(1);
const sha256 = z.string().regex(SHA256_HEX);
const HOST_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const hostPattern = z.string().refine((text) => readHostPattern(text) !== undefined);
/** Blocks itself and every name below it, so one label is enough; either case is read, for nothing may slip through. */
const blockedHost = z
  .string()
  .max(253)
  .regex(new RegExp(`^${HOST_LABEL}(?:\\.${HOST_LABEL})*$`));

const namedKey = z.object({ kid: z.string().min(1), jwk: publicKeyShape });
/** Each `kid` once: two keys of one name are one key to one reader and another to the next (spec 4.36). */
const namedKeys = z.array(namedKey).refine(hasEachKidOnce);

const common = {
  schema: z.literal(1),
  platform: z.string(),
  epoch: counter,
  revision: counter,
  iat: notNegative,
  exp: notNegative,
  decision: z.unknown().exactOptional(),
};

export const limitShape = z.object({
  warn: notNegative.exactOptional(),
  max: notNegative,
  action: z.enum(LIMIT_ACTIONS),
});
const limitMembers = LIMIT_NAMES.map((name) => [name, limitShape.exactOptional()] as const);
export const limitsShape = z.object(
  Object.fromEntries(limitMembers) as Record<LimitName, (typeof limitMembers)[number][1]>,
);

const constraintsShape = z
  .strictObject({
    perMinute: notNegative.exactOptional(),
    perDay: notNegative.exactOptional(),
    foregroundOnly: z.literal(true).exactOptional(),
    gestureRequired: z.literal(true).exactOptional(),
    maxBytes: notNegative.exactOptional(),
    mediaTypes: z.array(z.string()).exactOptional(),
    precisionMetres: notNegative.exactOptional(),
    maxAmountMinor: notNegative.exactOptional(),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .exactOptional(),
    fields: z.array(z.string()).exactOptional(),
  })
  .refine((kinds) => (kinds.maxAmountMinor === undefined) === (kinds.currency === undefined));

/** A grant that this version understands wholly. */
export const grantShape = z.strictObject({
  constraints: constraintsShape.exactOptional(),
  consent: z.enum(["none", "ask"]),
  until: whole.exactOptional(),
});
/** A grant that some version may understand: what must be there is there, of its JSON type. */
export const readableGrantShape = z.object({
  constraints: z
    .object({
      perMinute: whole.exactOptional(),
      perDay: whole.exactOptional(),
      foregroundOnly: z.boolean().exactOptional(),
      gestureRequired: z.boolean().exactOptional(),
      maxBytes: whole.exactOptional(),
      mediaTypes: z.array(z.string()).exactOptional(),
      precisionMetres: whole.exactOptional(),
      maxAmountMinor: whole.exactOptional(),
      currency: z.string().exactOptional(),
      fields: z.array(z.string()).exactOptional(),
    })
    .loose()
    .exactOptional(),
  consent: z.string(),
  until: whole.exactOptional(),
});

/** A host rule that this version understands wholly. */
export const hostRuleShape = z.strictObject({
  host: hostPattern,
  ports: z.array(z.int().min(1).max(PORT_MAX)),
  purposes: z.array(z.enum(HOST_PURPOSES)),
  until: whole.exactOptional(),
  fromVersion: whole.exactOptional(),
  pins: z.strictObject({ sha256: z.array(sha256), until: whole, mode: z.enum(["enforce", "report"]) }).exactOptional(),
});
/** A host rule that some version may understand. */
export const readableHostRuleShape = z.object({
  host: z.string(),
  ports: z.array(whole),
  purposes: z.array(z.string()),
  until: whole.exactOptional(),
  fromVersion: whole.exactOptional(),
  pins: z
    .object({ sha256: z.array(z.string()), until: whole, mode: z.string() })
    .loose()
    .exactOptional(),
});

export const versionShape = z.object({
  code: notNegative,
  name: z.string(),
  sha256,
  size: notNegative,
  kid: z.string(),
  declares: z.array(z.string()),
});

export const programShape = z.object({
  ...common,
  appId: z.string(),
  status: z.enum(["active", "suspended", "retired"]),
  versions: z.array(versionShape),
  publisherKeys: z.array(namedKey.extend({ status: z.enum(["active", "revoked"]) })),
  /** Each read by `readGrant` and `readHostRule`: what they do not know stays in its place. */
  grants: z.record(z.string(), readableGrantShape.loose()),
  hosts: z.array(readableHostRuleShape.loose()),
  limits: limitsShape,
  receives: z.array(z.object({ from: z.string(), actions: z.array(z.string()) })),
  externalRoutes: z.array(z.string()),
});

export const platformShape = z.object({
  ...common,
  limits: limitsShape,
  blockedHosts: z.array(blockedHost),
  suspended: z.array(z.string()),
  minRevisions: z.record(z.string(), notNegative),
  minRuntime: z.record(z.string(), z.string().regex(/^\d{1,9}\.\d{1,9}\.\d{1,9}$/)),
  graceSeconds: notNegative,
  telemetry: z.object({ intervalSeconds: counter, sampling: notNegative }),
  auditHead: z.object({ sequence: notNegative, sha256 }),
});

export const keysetShape = z.object({
  ...common,
  environment: z.enum(["production", "development"]),
  keys: namedKeys,
  rootKeys: namedKeys,
  threshold: counter,
});

function hasEachKidOnce(keys: readonly { kid: string }[]): boolean {
  return new Set(keys.map(({ kid }) => kid)).size === keys.length;
}
