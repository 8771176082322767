import { z } from "zod";
import { VERSION_STATES } from "@/lib/domain/lifecycles";
import { HOST_PURPOSES, LIMIT_ACTIONS, LIMIT_NAMES, SENSITIVITIES } from "@/native/core/codes";
import { denialCauseSchema, denialDetailSchema, denialRowSchema, limitRowSchema, programRowSchema } from "./programs";
import { behindSchema, cursorSchema, instantSchema, positionSchema } from "./shared";

/**
 * What developers see of their own programs. Every shape is strict: it names what may be shown, and an answer that holds
 * anything else is none of these. No device, no person of the platform, no reason of theirs, no other program.
 */

const programFields = programRowSchema.pick({
  ...{ appId: true, name: true, status: true, isHeld: true, liveVersion: true, waitingVersion: true, position: true },
  ...{ devices24h: true, requests24h: true, blocked24h: true, blocked14d: true },
});
export const portalProgramRowSchema = programFields.strict();
export type PortalProgramRow = z.infer<typeof portalProgramRowSchema>;
export const portalProgramListQuerySchema = z.object({ cursor: cursorSchema });
export const portalProgramListSchema = z.strictObject({
  publisherName: z.string(),
  items: z.array(portalProgramRowSchema),
  nextCursor: z.string().nullable(),
  total: z.number(),
});
export type PortalProgramList = z.infer<typeof portalProgramListSchema>;

export const portalProgramSchema = programFields
  .extend({
    publisherName: z.string(),
    /** Whoever looks is no developer of it, and sees what those see. */
    isLookedAt: z.boolean(),
    /** Those whose code is theirs, newest first, 20 at most. */
    versions: z.array(
      z.strictObject({
        ...{ code: z.number(), name: z.string(), state: z.enum(VERSION_STATES) },
        listedAt: instantSchema.nullable(),
      }),
    ),
  })
  .strict();
export type PortalProgram = z.infer<typeof portalProgramSchema>;

export const portalVersionQuerySchema = z.object({ version: z.coerce.number().int().positive().optional() });

export const portalLimitSchema = limitRowSchema
  .pick({
    ...{ name: true, effective: true, source: true, requested: true, observed: true },
    ...{ heldBackDevices: true, heldBackDeviceShare: true, heldBack: true },
  })
  .extend({
    /** Kinds of runtime whose device-minutes measured it, and those whose device-minutes all leave it out (spec 7.5). */
    toldBy: z.array(z.string()),
    leftOutBy: z.array(z.string()),
    /** p95 of the device-minutes of each of 14 days (UTC), oldest first, the last under way; null: nothing was measured. */
    p95ByDay: z.array(z.number().nullable()),
  })
  .strict();
export type PortalLimit = z.infer<typeof portalLimitSchema>;
export const portalQuotaSchema = z.strictObject({
  /** From where device-minutes count; 14 d. */
  since: instantSchema,
  /** That told of the program, or of the version that was asked for. */
  devices: z.number(),
  rows: z.array(portalLimitSchema),
  behind: behindSchema,
});
export type PortalQuota = z.infer<typeof portalQuotaSchema>;

export const portalCauseSchema = denialCauseSchema
  .pick({
    ...{ cause: true, code: true, layer: true, rule: true, target: true, purpose: true, sinceVersion: true },
    ...{ firstAt: true, lastAt: true, times: true, devices: true, trend: true, newestDenialId: true },
  })
  .extend({
    /** Of the devices that told of the program; null where none told. */
    deviceShare: z.number().nullable(),
  })
  .strict();
export type PortalCause = z.infer<typeof portalCauseSchema>;
export const portalDenialsSchema = z.strictObject({
  /** The whole hour from which causes are counted; 7 d. */
  since: instantSchema,
  causes: z.array(portalCauseSchema),
  causeTotal: z.number(),
  timesTotal: z.number(),
  behind: behindSchema,
});
export type PortalDenials = z.infer<typeof portalDenialsSchema>;

const rowFields = {
  denialId: true,
  at: true,
  versionCode: true,
  code: true,
  layer: true,
  rule: true,
  target: true,
  purpose: true,
} as const;
const decisionSchema = z.strictObject({
  document: z.enum(["platform", "program"]),
  position: positionSchema,
  at: instantSchema,
});
const detail = denialDetailSchema.shape;
const changed = detail.changed.unwrap().shape;
export const portalDenialSchema = denialRowSchema
  .pick({ ...rowFields, appId: true, programName: true, programPosition: true, platformPosition: true })
  .extend({
    isLookedAt: z.boolean(),
    ladder: detail.ladder,
    nearest: detail.nearest,
    /** The rule in the revision that decided: of the program's own document, or what of the platform's met this call. */
    decidedBy: z
      .strictObject({
        ...{ pointer: z.string(), value: z.unknown(), wasEverListed: z.boolean().nullable() },
        at: instantSchema.nullable(),
      })
      .nullable(),
    ...{ times: detail.times, devices: detail.devices },
    changed: z
      .strictObject({
        ...{ firstAt: changed.firstAt, versionListedAt: changed.versionListedAt, before: changed.before },
        ...{ otherVersions: changed.otherVersions, since: changed.since, hours: changed.hours },
        endedBy: decisionSchema.nullable(),
        marks: z.array(
          z.strictObject({
            ...{ kind: z.enum(["publish", "version", "suspension", "lift"]), at: instantSchema },
            ...{ position: positionSchema.nullable(), versionCode: z.number().nullable() },
          }),
        ),
      })
      .nullable(),
    who: z.strictObject({
      versions: detail.who.shape.versions,
      /** Of the newest single records that are kept, by the runtime that their devices have today. */
      runtimes: detail.who.shape.runtimes,
    }),
    effect: z
      .discriminatedUnion("state", [
        z.strictObject({
          ...{ state: z.literal("allowed"), since: decisionSchema.nullable() },
          ...{ isFirst: z.boolean(), through: z.number(), isAtLeast: z.boolean(), stillRefused: z.array(z.string()) },
        }),
        z.strictObject({ state: z.enum(["refused", "beyond"]) }),
      ])
      .nullable(),
    similar: z.array(denialRowSchema.pick(rowFields).strict()),
  })
  .strict();
export type PortalDenial = z.infer<typeof portalDenialSchema>;

/** `since`: when a decision wrote it last; null where that is not known. */
const since = instantSchema.nullable();
const seconds = z.number().nullable();
export const portalPublishedSchema = z.strictObject({
  status: programRowSchema.shape.status,
  /** What devices enforce once they are up to date; null before the first publish. */
  position: positionSchema.nullable(),
  since,
  versions: z.array(z.strictObject({ code: z.number(), name: z.string(), since })),
  hosts: z.array(
    z.strictObject({
      ...{ host: z.string(), ports: z.array(z.number()), purposes: z.array(z.enum(HOST_PURPOSES)) },
      ...{ until: seconds, fromVersion: seconds, pins: z.enum(["enforce", "report"]).nullable(), since },
    }),
  ),
  capabilities: z.array(
    z.strictObject({
      ...{ name: z.string(), title: z.string(), sensitivity: z.enum(SENSITIVITIES) },
      ...{ consent: z.enum(["none", "ask"]), until: seconds, since },
      constraints: z.array(z.strictObject({ kind: z.string(), value: z.unknown() })),
    }),
  ),
  limits: z.array(
    z.strictObject({
      ...{ name: z.enum(LIMIT_NAMES), warn: z.number(), max: z.number(), action: z.enum(LIMIT_ACTIONS) },
      ...{ source: z.enum(["program", "platform"]), since },
    }),
  ),
});
export type PortalPublished = z.infer<typeof portalPublishedSchema>;
