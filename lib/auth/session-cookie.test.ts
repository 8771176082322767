import { describe, expect, it } from "vitest";
import { maySignIn } from "./may-sign-in";
import { readCookie, sessionCookie } from "./session-cookie";
import { isSessionLive, SESSION_IDLE_MS, SESSION_LIFE_MS, SESSION_TOUCH_MS } from "./session-life";

describe("the session cookie", () => {
  it("is the host's alone and never sent in the clear where the console is served by https", () => {
    expect(sessionCookie("https://console.test")).toEqual({
      name: "__Host-bulkhead.session",
      options: { httpOnly: true, sameSite: "lax", path: "/", secure: true },
    });
    expect(sessionCookie("http://localhost:3000")).toEqual({
      name: "bulkhead.session",
      options: { httpOnly: true, sameSite: "lax", path: "/", secure: false },
    });
  });

  it.each([
    ["a=1; session=x; b=2", "x"],
    ["session=x", "x"],
    ["session=x=y", "x=y"],
    ["session=", ""],
    ["other=session=x", undefined],
    ["xsession=x", undefined],
    ["session=x; session=y", undefined],
    ["", undefined],
    [null, undefined],
  ])("of the header %s is %s", (header, value) => {
    expect(readCookie(header, "session")).toBe(value);
  });
});

describe("a session", () => {
  const at = new Date(0);
  const session = { expiresAt: new Date(SESSION_LIFE_MS), lastSeenAt: at, endedAt: null };

  it("lives 12 hours, 2 of them idle, and its last sight is written once a minute at most", () => {
    expect([SESSION_LIFE_MS, SESSION_IDLE_MS, SESSION_TOUCH_MS]).toEqual([43_200_000, 7_200_000, 60_000]);
    expect(isSessionLive(session, SESSION_IDLE_MS - 1)).toBe(true);
    expect(isSessionLive(session, SESSION_IDLE_MS)).toBe(false);
    const seen = { ...session, lastSeenAt: new Date(SESSION_LIFE_MS) };
    expect(isSessionLive(seen, SESSION_LIFE_MS - 1)).toBe(true);
    expect(isSessionLive(seen, SESSION_LIFE_MS)).toBe(false);
    expect(isSessionLive({ ...session, endedAt: at }, 1)).toBe(false);
  });

  it("is an active person's whose sign-in is not locked", () => {
    expect(maySignIn({ state: "active", signInLockedAt: null })).toBe(true);
    expect(maySignIn({ state: "active", signInLockedAt: at })).toBe(false);
    for (const state of ["invited", "disabled"] as const)
      expect(maySignIn({ state, signInLockedAt: null })).toBe(false);
  });
});
