import type { z } from "zod";
import type { ErrorDetail, ToldValue } from "@/lib/platform/errors";

const DETAILS_MAX = 50;
/** Longer text is not sent back: it may be a file, or a secret. */
const SEEN_MAX = 253;

/** What of an input does not fit its shape, place by place, with what was there and what would fit where the shape says so. */
export function inputDetails(place: string, error: z.ZodError, input: unknown): ErrorDetail[] {
  return error.issues.slice(0, DETAILS_MAX).map((issue) => ({
    path: `/${[place, ...issue.path.map(String)].join("/")}`,
    code: issue.code,
    message: issue.message,
    ...toldBy(issue, issue.path.reduce(memberOf, input)),
  }));
}

function memberOf(value: unknown, name: PropertyKey): unknown {
  const isParent = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  return isParent ? (value as Record<PropertyKey, unknown>)[name] : undefined;
}

const NUMBERS: ReadonlySet<string> = new Set(["number", "int", "nan"]);

type Told = Pick<ErrorDetail, "seen" | "wanted">;

/**
 * Text is told back only where the shape has a list of what it takes, and a number where it takes numbers: elsewhere either may be a
 * password.
 */
function toldBy(issue: z.core.$ZodIssue, value: unknown): Told {
  const number = typeof value === "number" || typeof value === "boolean" ? { seen: value } : {};
  const isSecret = typeof value === "number" && issue.code === "invalid_type" && !NUMBERS.has(issue.expected);
  switch (issue.code) {
    case "invalid_type":
      return { ...(isSecret ? {} : number), wanted: issue.expected };
    case "invalid_value": {
      const wanted = issue.values.flatMap((one): (string | number)[] =>
        typeof one === "string" || typeof one === "number" ? [one] : [],
      );
      return { ...(typeof value === "string" && value.length <= SEEN_MAX ? { seen: value } : number), wanted };
    }
    case "too_small":
      return { ...sized(value), wanted: toldSize(issue.minimum) };
    case "too_big":
      return { ...sized(value), wanted: toldSize(issue.maximum) };
    case "not_multiple_of":
      return { ...number, wanted: issue.divisor };
    case "invalid_format":
      return { wanted: issue.format };
    case "unrecognized_keys":
      return { seen: issue.keys.filter((key) => key.length <= SEEN_MAX).slice(0, DETAILS_MAX) };
    default:
      return {};
  }
}

/** Of text and lists how long they are. */
function sized(value: unknown): Told {
  if (typeof value === "number") return { seen: value };
  return typeof value === "string" || Array.isArray(value) ? { seen: value.length } : {};
}

const toldSize = (size: number | bigint): ToldValue => (typeof size === "bigint" ? String(size) : size);
