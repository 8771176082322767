import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Browser, chromium, expect, type Page } from "@playwright/test";
import { DEFAULT_PREFERENCES, PREFERENCES_COOKIE, writePreferences } from "@/lib/format/preferences";
import { startDemo } from "../e2e/fixtures/running-demo";
import { startChild } from "./client/child";
import type { ConsoleSession } from "./client/console-session";
import { findChromium } from "./setup/system.mjs";

/**
 * Pictures of every page, light and dark, at 1440 and 390 pixels, taken from the running demo, into `screenshots/`
 * (which git ignores). `--only WORD` takes those whose name holds the word; `--out DIR` puts them elsewhere.
 */
const APP = "example.coin.rush";
const BUSY_APP = "example.marble.drop";
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;
const THEMES = ["light", "dark"] as const;

type Shot = { name: string; path: string; role?: string; before?(page: Page): Promise<void> };

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : process.argv[at + 1];
}

const only = option("only");
const outDir = resolve(option("out") ?? "screenshots");
let taken = 0;

async function take(
  browser: Browser,
  url: string,
  shot: Shot,
  cookie?: { name: string; value: string },
): Promise<void> {
  if (only !== undefined && !shot.name.includes(only)) return;
  for (const size of SIZES) {
    for (const theme of THEMES) {
      const context = await browser.newContext({ viewport: size, baseURL: url, deviceScaleFactor: 1 });
      const value = writePreferences({ ...DEFAULT_PREFERENCES, theme });
      await context.addCookies([
        { name: PREFERENCES_COOKIE, value, url },
        ...(cookie === undefined ? [] : [{ ...cookie, url, httpOnly: true, sameSite: "Lax" as const }]),
      ]);
      const page = await context.newPage();
      await page.goto(shot.path, { waitUntil: "load" });
      await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);
      await shot.before?.(page);
      await page.evaluate(() => document.fonts.ready);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (sideways > 0) process.stderr.write(`${shot.name}: scrolls sideways by ${sideways} px at ${size.width}\n`);
      // As high as the page, so that what is docked at the bottom of the window stands at the bottom of the picture.
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width: size.width, height: Math.min(4000, Math.max(size.height, height)) });
      await page.screenshot({ path: join(outDir, `${shot.name}.${size.width}.${theme}.png`) });
      taken += 1;
      await context.close();
    }
  }
}

/** Something to decide: a proposal of security that waits for the operator, and a draft of the operator's own. */
async function prepareDecisions(operator: ConsoleSession, security: ConsoleSession): Promise<{ proposedId: string }> {
  type Draft = { draft: { id: string } | null };
  const proposal = await security.post<Draft>("change-sets/edit", {
    changes: [{ member: `program:${APP}/grant:clipboard.read`, after: { consent: "ask" } }],
  });
  const proposedId = proposal.draft?.id ?? "";
  await security.post(`change-sets/${proposedId}/propose`, { reason: "Invitation codes are pasted by hand today." });
  await operator.post("change-sets/edit", {
    changes: [
      {
        member: `program:${APP}/host:new`,
        after: { host: "cdn.coinrush.example", ports: [443], purposes: ["request"] },
      },
      { member: `program:${BUSY_APP}/limit:requestsPerSecond`, after: { max: 8, action: "throttle" } },
    ],
  });
  return { proposedId };
}

async function takeConsole(browser: Browser): Promise<void> {
  const demo = await startDemo();
  try {
    await demo.untilProgram(BUSY_APP, (line) => line.state === "running");
    const operator = await demo.session("operator");
    const security = await demo.session("security");
    const { proposedId } = await prepareDecisions(operator, security);
    const denialId = await untilDenial(operator);
    const draft = await operator.get<{ draft: { id: string } }>("change-sets/draft");
    const shots: Shot[] = [
      { name: "overview", path: "/" },
      { name: "programs", path: "/programs" },
      { name: "programs-panel", path: `/programs?panel=${BUSY_APP}` },
      { name: "program", path: `/programs/${APP}` },
      { name: "program-versions", path: `/programs/${APP}/versions?version=1` },
      { name: "program-access", path: `/programs/${APP}/access` },
      { name: "program-access-grant", path: `/programs/${APP}/access?edit=capability:network.request` },
      { name: "program-access-host", path: `/programs/${APP}/access?edit=new-host` },
      { name: "program-limits", path: `/programs/${BUSY_APP}/limits?range=1h` },
      { name: "program-limits-edit", path: `/programs/${BUSY_APP}/limits?range=1h&edit=cpuMsPerMinute` },
      { name: "program-telemetry", path: `/programs/${BUSY_APP}/telemetry?range=1h` },
      { name: "program-blocked", path: `/programs/${APP}/blocked?range=1h` },
      { name: "program-audit", path: `/programs/${APP}/audit` },
      { name: "program-suspend", path: `/programs/${APP}`, before: openSuspend },
      { name: "denial", path: `/denials/${denialId}` },
      { name: "policy", path: "/policy?state=all" },
      { name: "change-set-draft", path: `/policy/${draft.draft.id}` },
      { name: "change-set-proposed", path: `/policy/${proposedId}` },
      { name: "fleet", path: "/fleet" },
      { name: "publishers", path: "/publishers" },
      { name: "people", path: "/people" },
      { name: "readiness", path: "/readiness" },
      { name: "audit", path: "/audit" },
      { name: "audit-entry", path: "/audit?entry=12" },
      { name: "palette", path: "/programs", before: (page) => page.keyboard.press("Control+k") },
      { name: "keys", path: "/programs", before: (page) => page.keyboard.press("?") },
      { name: "not-found", path: "/programs/example.none" },
    ];
    for (const shot of shots) await take(browser, demo.url, shot, operator.cookie);
    const admin = await demo.session("admin");
    await take(browser, demo.url, { name: "people-admin", path: "/people" }, admin.cookie);
  } finally {
    await demo.stop();
  }
}

async function openSuspend(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Suspend program/ }).click();
  await page.getByRole("dialog").waitFor();
}

/** Telemetry takes a moment: the first denial that a device has told. */
async function untilDenial(session: ConsoleSession): Promise<string> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const { items } = await session.get<{ items: { denialId: string; code: string }[] }>(
      `programs/${APP}/denials?range=1h`,
    );
    const found = items.find(({ code }) => code === "HOST_NOT_ALLOWED");
    if (found !== undefined) return found.denialId;
    await new Promise((resume) => setTimeout(resume, 1000));
  }
  throw new Error("no denial arrived within a minute");
}

/** A platform's first start: the set-up link, then inviting two more people. */
async function takeFirstStart(browser: Browser): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "bulkhead-screenshots-"));
  const server = startChild("dist/server.mjs", ["--port", "0", "--data", dataDir, "--json"], {
    cwd: process.cwd(),
    env: { ...process.env, BULKHEAD_PLATFORM_NAME: "Harbor" },
    say: () => undefined,
  });
  try {
    const { url: link } = (await server.waitFor("setup_link")) as { url: string };
    const { url } = (await server.waitFor("listening")) as { url: string };
    await take(browser, url, { name: "sign-in", path: "/sign-in" });
    await take(browser, url, { name: "link-set-up", path: new URL(link).pathname });
    await take(browser, url, { name: "link-gone", path: `/link/${"x".repeat(43)}` });
    const context = await browser.newContext({ baseURL: url });
    const page = await context.newPage();
    await page.goto(new URL(link).pathname);
    await page.getByLabel("Name").fill("Jonas Weil");
    await page.getByLabel("E-mail").fill("jonas@harbor.example");
    await page.getByLabel("Password").fill("a long enough password");
    await page.getByLabel("The same again").fill("a long enough password");
    await page.getByRole("button", { name: "Begin set-up" }).click();
    await page.waitForURL("**/set-up");
    const cookie = (await context.cookies()).find(({ name }) => name.endsWith("bulkhead.session"));
    if (cookie === undefined) throw new Error("set-up did not sign in");
    await take(browser, url, { name: "set-up", path: "/set-up" }, { name: cookie.name, value: cookie.value });
    await context.close();
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === null)
    throw new Error("Screenshots need Chrome or Chromium; install it, or name it by BULKHEAD_CHROMIUM.");
  mkdirSync(outDir, { recursive: true });
  const browser = await chromium.launch({
    executablePath,
    // Root may not use Chromium's own sandbox; anybody else does.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  try {
    await takeConsole(browser);
    await takeFirstStart(browser);
  } finally {
    await browser.close();
  }
  process.stdout.write(`${taken} pictures in ${outDir}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
