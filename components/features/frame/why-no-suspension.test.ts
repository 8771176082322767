import { describe, expect, it } from "vitest";
import type { CheckState } from "@/lib/contracts/readiness";
import { CHECK_NAMES, type CheckName } from "@/lib/domain/readiness-names";
import { ROLES } from "@/lib/domain/roles";
import { ConsoleError } from "@/lib/http/console-client";
import { mayActOnReadiness, whyNoSuspension, whyUnread } from "./why-no-suspension";

const found = (name: CheckName, state: CheckState) => ({ name, state, says: name, remedy: "Mend it.", ms: 1 });

describe("the banner", () => {
  it("is shown for each failure that stops a suspension, and for no other", () => {
    const alone = CHECK_NAMES.filter((name) => whyNoSuspension({ checks: [found(name, "failed")] }) !== null);
    expect(alone).toEqual(["store_read", "store_write", "disk", "signature", "audit_write", "console_thread"]);
    expect(whyNoSuspension({ checks: CHECK_NAMES.map((name) => found(name, "warn")) })).toBeNull();
  });

  it("tells the first of several, with what to do", () => {
    const checks = [found("store_read", "ok"), found("signature", "failed"), found("audit_write", "failed")];
    expect(whyNoSuspension({ checks })).toMatchObject({ says: "signature", remedy: "Mend it." });
  });

  it("sends whoever is signed out to sign in, and tells any other failure as it is", () => {
    const ended = new ConsoleError("unauthenticated", "Sign in first.", null);
    expect(whyUnread(ended)).toEqual({ says: "your session has ended.", remedy: "Sign in again." });
    const lost = new ConsoleError("unreachable", "No answer.", null);
    expect(whyUnread(lost)).toMatchObject({ says: "No answer.", remedy: expect.stringContaining("log") });
  });

  it("is for those who suspend and those who mend", () => {
    expect(ROLES.filter(mayActOnReadiness)).toEqual(["admin", "operator", "security"]);
  });
});
