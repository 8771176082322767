import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65_535);
/** 32 bytes in their one spelling of base64url. */
const THUMBPRINT = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]";

/** The environment, read once by a process's entry and passed on; nothing else reads `process.env`. */
const environmentShape = z.object({
  /** Postgres. Absent: the embedded store in the data folder. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** Connections to Postgres that a process opens at most, one more beside them listens. */
  BULKHEAD_POSTGRES_CONNECTIONS: z.coerce.number().int().min(4).max(200).optional(),
  BULKHEAD_DATA: z.string().min(1).optional(),
  /** Bundles as files; one folder for all processes of a store. Absent: `bundles` in the data folder. */
  BULKHEAD_BUNDLES_DIR: z.string().min(1).optional(),
  /** Times what a publisher may have waiting for a review, as shipped. */
  BULKHEAD_SUBMISSION_QUOTA: z.coerce.number().int().min(1).max(10_000).optional(),
  BULKHEAD_HOST: z.string().min(1).optional(),
  BULKHEAD_PORT: port.optional(),
  /** Where people and devices reach the console, for example https://console.example.com. */
  BULKHEAD_BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  BULKHEAD_PLATFORM_ID: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,127}$/)
    .optional(),
  BULKHEAD_PLATFORM_NAME: z.string().min(1).max(100).optional(),
  BULKHEAD_ENVIRONMENT: z.enum(["production", "development"]).optional(),
  /** Sign-in by OpenID Connect; all three or none. */
  BULKHEAD_OIDC_ISSUER: z.url({ protocol: /^https?$/ }).optional(),
  BULKHEAD_OIDC_CLIENT_ID: z.string().min(1).optional(),
  BULKHEAD_OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  BULKHEAD_OIDC_NAME: z.string().min(1).max(60).optional(),
  /** Protects the key files; the file's first line is used where only the second is given. */
  BULKHEAD_KEYS_PASSPHRASE: z.string().min(12).optional(),
  BULKHEAD_KEYS_PASSPHRASE_FILE: z.string().min(1).optional(),
  /** Seals the devices' access tokens, the same for all processes of one store; of the file the first line is used. */
  BULKHEAD_ACCESS_SECRET: z.string().min(32).optional(),
  BULKHEAD_ACCESS_SECRET_FILE: z.string().min(1).optional(),
  /** The root keys that the first keyset was signed by, `THRESHOLD:THUMBPRINT,…`; without it `keys/roots.json` says. */
  BULKHEAD_ROOT_THUMBPRINTS: z
    .string()
    .regex(new RegExp(`^[1-9][0-9]?:${THUMBPRINT}(,${THUMBPRINT}){0,31}$`))
    .transform((text) => {
      const [threshold = "", thumbprints = ""] = text.split(":");
      return { threshold: Number(threshold), rootThumbprints: thumbprints.split(",") };
    })
    .optional(),
  /** Seals backups and opens them; of the file the first line is used. Asked for at a terminal where neither is given. */
  BULKHEAD_BACKUP_PASSPHRASE: z.string().min(12).optional(),
  BULKHEAD_BACKUP_PASSPHRASE_FILE: z.string().min(1).optional(),
  /** Proxies in front of this process; throttles then count the address that the outermost of them saw. */
  BULKHEAD_TRUSTED_PROXIES: z.coerce.number().int().min(0).max(8).optional(),
});
export type Env = z.infer<typeof environmentShape>;

/** Reads the variables that the server knows. Answers with what is wrong, by name and without the values. */
export function parseEnv(
  variables: Readonly<Record<string, string | undefined>>,
): { ok: true; env: Env } | { ok: false; problems: string[] } {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const result = environmentShape.safeParse(given);
  if (result.success) return { ok: true, env: result.data };
  return { ok: false, problems: result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) };
}
