import { isAppError } from "./errors";

export type StartFailure = {
  /** Of `START_FAULTS`, or the code that our own error has; `internal` where nobody foresaw it. */
  code: string;
  /** The whole chain of causes in words, without values of statements and without passwords. */
  message: string;
  remedy: string;
  /** Where it happened, for a failure that nobody foresaw; empty otherwise. */
  stack: string[];
};

type Link = Readonly<Record<string, unknown>>;
type Fault = { finds(code: string, link: Link, isBinding: boolean): boolean; remedy: string };

/** What the operating system and Postgres say at a start, and what to do about it. The first that fits is told. */
const START_FAULTS = {
  port_in_use: {
    finds: (code) => code === "EADDRINUSE",
    remedy: "Stop the process that has the port, or start with another one: --port N.",
  },
  port_not_allowed: {
    finds: (code, _, isBinding) => isBinding && (code === "EACCES" || code === "EPERM"),
    remedy:
      "Ports below 1024 are for root: start with --port 3000 behind a proxy that ends TLS, or give node CAP_NET_BIND_SERVICE.",
  },
  address_not_here: {
    finds: (_, __, isBinding) => isBinding,
    remedy: "--host takes an address of this machine: 127.0.0.1, or 0.0.0.0 for all.",
  },
  postgres_unreachable: {
    finds: (code) =>
      /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|CONNECT_TIMEOUT|CONNECTION_\w+|08...|57P03)$/.test(
        code,
      ),
    remedy: "See that Postgres runs at the host and port of DATABASE_URL and takes connections from this machine.",
  },
  postgres_unknown_host: {
    finds: (code) => code === "ENOTFOUND" || code === "EAI_AGAIN",
    remedy: "Correct the host in DATABASE_URL, or see that its name resolves on this machine.",
  },
  postgres_sign_in: {
    finds: (code) => code === "28P01" || code === "28000",
    remedy: "Correct user and password in DATABASE_URL, or let pg_hba.conf admit them.",
  },
  postgres_no_database: {
    finds: (code) => code === "3D000",
    remedy: "Make the database (createdb NAME), or correct its name in DATABASE_URL.",
  },
  postgres_no_rights: {
    finds: (code) => code === "42501",
    remedy:
      "Let the owner of the database run: GRANT CREATE ON DATABASE name TO user; GRANT CREATE, USAGE ON SCHEMA public TO user;",
  },
  postgres_read_only: {
    finds: (code) => code === "25006",
    remedy:
      "Let the name in DATABASE_URL lead to the primary, promote the standby, or take default_transaction_read_only back.",
  },
  postgres_full: {
    finds: (code) => code === "53300",
    remedy:
      "End other clients of Postgres, or raise max_connections: each process takes up to nineteen connections (BULKHEAD_POSTGRES_CONNECTIONS, and one of each thread that listens).",
  },
  disk_full: {
    finds: (code) => code === "ENOSPC" || code === "EDQUOT" || code === "53100",
    remedy: "Make room on the disk, then start again.",
  },
  path_not_usable: {
    finds: (code, link) =>
      typeof link.path === "string" && /^(EACCES|EPERM|EROFS|ENOTDIR|EISDIR|ENOENT|EEXIST|ELOOP)$/.test(code),
    remedy: "Give the path to the user that starts it (chown, chmod), or name another data folder: --data DIR.",
  },
} as const satisfies Record<string, Fault>;

/** What a failed start is called where the cause is not our own. */
export const START_FAULT_CODES: readonly string[] = Object.keys(START_FAULTS);

const UNFORESEEN = "Nobody foresaw this: what is below says where it happened. Start the version that ran before.";

/** An error and what caused it, nearest first. An attempt at several addresses counts as its first failure. */
function chainOf(error: unknown): Link[] {
  const links: Link[] = [];
  for (let link = error; typeof link === "object" && link !== null && links.length < 10; ) {
    links.push(link as Link);
    const { cause, errors } = link as { cause?: unknown; errors?: unknown };
    link = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return links;
}

/** Drizzle puts the values of a statement behind it, and drivers may repeat the address that they were given. */
function withoutSecrets(text: string): string {
  const [statement = ""] = text.split("\nparams: ", 1);
  return statement.replaceAll(/(:\/\/[^:@/\s]*):\S*@/g, "$1:…@").trim();
}

function inWords(link: Link): string {
  const text = withoutSecrets(typeof link.message === "string" ? link.message : "");
  const code = typeof link.code === "string" ? link.code : "";
  if (isAppError(link) || code === "" || text.includes(code)) return text;
  return "severity" in link ? `${text} (SQLSTATE ${code})` : `${text} (${code})`.trim();
}

/** What kept a process from starting: the cause in words, and what to do about it. */
export function explainStartFailure(error: unknown): StartFailure {
  const links = chainOf(error);
  const own = links.map((link): unknown => link).find(isAppError);
  // An error of ours ends with a line of its own that says what to do.
  const [said = "", ...advice] = (own?.message ?? "").split("\n");
  const words = links.map((link) => ((link as unknown) === own ? said : inWords(link))).filter((text) => text !== "");
  const isSaidBefore = (text: string, at: number) => words.slice(0, at).some((earlier) => earlier.includes(text));
  const kept = words.filter((text, at) => !isSaidBefore(text, at));
  const message = kept.map((text, at) => (at < kept.length - 1 ? text.replace(/\.$/, "") : text)).join(": ");
  const isBinding = own?.details[0]?.path === "/port";
  for (const [code, { finds, remedy }] of Object.entries<Fault>(START_FAULTS)) {
    if (advice.length > 0 || !links.some((link) => finds(String(link.code ?? ""), link, isBinding))) continue;
    return { code, message, remedy, stack: [] };
  }
  if (own !== undefined && own.code !== "internal") {
    return { code: own.code, message, remedy: advice.join(" "), stack: [] };
  }
  const stack = String(links.at(-1)?.stack ?? "").split("\n");
  return {
    code: "internal",
    message: message === "" ? withoutSecrets(String(error)) : message,
    remedy: UNFORESEEN,
    stack: stack.filter((line) => /^\s+at /.test(line)),
  };
}

/** The same as lines for people. `subject` is what did not happen, `unaffected` what is as it was. */
export function startFailureText(failure: StartFailure, subject: string, unaffected: string): string {
  const lines = [`${subject}: ${failure.message}`, unaffected, failure.remedy, ...failure.stack];
  return `${lines.filter((line) => line !== "").join("\n")}\n`;
}
