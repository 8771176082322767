import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Browser, chromium, expect, type Page } from "@playwright/test";
import type { PeopleList, SessionView } from "@/lib/contracts/people";
import type { PortalDenials } from "@/lib/contracts/portal";
import type { ProgramList } from "@/lib/contracts/programs";
import type { PublisherView } from "@/lib/contracts/publishers";
import { formatMember } from "@/lib/domain/member-keys";
import { DEFAULT_PREFERENCES, PREFERENCES_COOKIE, writePreferences } from "@/lib/format/preferences";
import { joinPerson } from "../e2e/fixtures/join-person";
import { type RunningDemo, startDemo } from "../e2e/fixtures/running-demo";
import { startChild } from "./client/child";
import type { ConsoleSession } from "./client/console-session";
import { findChromium } from "./setup/system.mjs";

/**
 * Pictures of every page, light and dark, at 1440 and 390 pixels, taken from the running demo, into `screenshots/`
 * (which git ignores). `--only WORD,WORD` takes those whose name holds one of the words; `--out DIR` puts them elsewhere.
 * `--readme` takes the one that README.md shows, as small files in `docs/pictures`, and makes the icons and the social
 * picture in `public/`; git keeps them.
 */
const APP = "example.coin.rush";
const BUSY_APP = "example.marble.drop";
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;
const THEMES = ["light", "dark"] as const;

type Shot = { name: string; path: string; before?(page: Page): Promise<void> };

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : process.argv[at + 1];
}

/** What one sees who opens a refusal: the checks, the rule, and what would pass. */
const README_SHOT = "denial";
const isReadme = process.argv.includes("--readme");
const only = option("only")?.split(",");
const outDir = resolve(option("out") ?? (isReadme ? "docs/pictures" : "screenshots"));
const sizes = isReadme ? SIZES.slice(0, 1) : SIZES;
let taken = 0;

const isAsked = (name: string) =>
  isReadme ? name === README_SHOT : only === undefined || only.some((word) => name.includes(word));

async function take(
  browser: Browser,
  url: string,
  shot: Shot,
  cookie?: { name: string; value: string },
): Promise<void> {
  if (!isAsked(shot.name)) return;
  for (const size of sizes) {
    for (const theme of THEMES) {
      const context = await browser.newContext({ viewport: size, baseURL: url, deviceScaleFactor: 1 });
      const value = writePreferences({ ...DEFAULT_PREFERENCES, theme });
      await context.addCookies([
        { name: PREFERENCES_COOKIE, value, url },
        ...(cookie === undefined ? [] : [{ ...cookie, url, httpOnly: true, sameSite: "Lax" as const }]),
      ]);
      const page = await context.newPage();
      await page.goto(shot.path, { waitUntil: "load" });
      await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0, { timeout: 60_000 });
      if (/[?&](panel|edit|entry|version)=/.test(shot.path)) await page.locator("aside").first().waitFor();
      await shot.before?.(page);
      await page.evaluate(() => document.fonts.ready);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (sideways > 0) process.stderr.write(`${shot.name}: scrolls sideways by ${sideways} px at ${size.width}\n`);
      if (isReadme) {
        // A machine that is busy says so in a banner: the picture is of one that is not.
        await expect(async () => {
          await page.reload({ waitUntil: "load" });
          await expect(page.getByRole("link", { name: "See readiness" })).toHaveCount(0, { timeout: 1_000 });
        }).toPass({ timeout: 300_000 });
        await page.screenshot({ path: join(outDir, `${shot.name}.${theme}.jpg`), type: "jpeg", quality: 72 });
        taken += 1;
        await context.close();
        continue;
      }
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
    const publisherId = (await operator.get<{ items: PublisherView[] }>("publishers")).items[0]?.id ?? "";
    await operator.post(`publishers/${publisherId}/tokens`, {});
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
      { name: "publishers-panel", path: `/publishers?panel=${publisherId}` },
      { name: "account-menu", path: "/", before: openAccountMenu },
      { name: "palette", path: "/programs", before: openPalette },
      { name: "keys", path: "/programs", before: (page) => page.keyboard.press("?") },
      { name: "not-found", path: "/programs/example.none" },
      { name: "start", path: "/start" },
    ];
    for (const shot of shots) await take(browser, demo.url, shot, operator.cookie);
    await takePortal(browser, demo);
    await takePeople(browser, demo);
    await takeReadiness(browser, demo);
    await takeLaterEpoch(browser, demo);
  } finally {
    await demo.stop();
  }
}

/** What a developer sees of a program that comes to its limits, and of one that is refused what it asks for. */
async function takePortal(browser: Browser, demo: RunningDemo): Promise<void> {
  if (!isAsked("portal")) return;
  const admin = await demo.session("admin");
  const { items } = await admin.get<ProgramList>("programs");
  for (const appId of [BUSY_APP, APP]) {
    const publisherId = items.find((program) => program.appId === appId)?.publisher.id ?? "";
    const email = `developer.${appId}@harbor.example`;
    const person = { email, name: "Ravi Castellan", role: "developer" as const, publisherId };
    const { session } = await joinPerson(demo.url, admin, person);
    const name = `portal-${appId === BUSY_APP ? "busy" : "refused"}`;
    const at = `/portal/programs/${appId}`;
    const { causes } = await session.get<PortalDenials>(`portal/programs/${appId}/denials`);
    const denialId = causes.find(({ newestDenialId }) => newestDenialId !== null)?.newestDenialId;
    const shots: Shot[] = [
      { name: `${name}-programs`, path: "/portal/programs" },
      { name: `${name}-quota`, path: at },
      { name: `${name}-published`, path: `${at}/published` },
      { name: `${name}-submit`, path: "/portal/submit" },
      ...(denialId == null ? [] : [{ name: `${name}-denial`, path: `/portal/denials/${denialId}` }]),
    ];
    for (const shot of shots) await take(browser, demo.url, shot, session.cookie);
  }
}

/** People as an admin sees them: a sign-in that is locked, and the proposal to unlock it. */
async function takePeople(browser: Browser, demo: RunningDemo): Promise<void> {
  const admin = await demo.session("admin");
  const security = await demo.session("security");
  const { items } = await admin.get<PeopleList>("people");
  const idOf = (role: string) => items.find((person) => person.role === role)?.id ?? "";
  const personId = idOf("auditor");
  const member = formatMember({ kind: "sign-in-lock", personId });
  await admin.post("change-sets/narrow", { changes: [{ member, after: true }], reason: "A lost telephone." });
  await security.post("change-sets/edit", { changes: [{ member, after: null }] });
  const { draft } = await security.get<{ draft: { id: string } }>("change-sets/draft");
  await security.post(`change-sets/${draft.id}/propose`, {
    reason: "The telephone was found, and the number is the same.",
  });
  const me = await admin.get<SessionView>("session");
  const shots: Shot[] = [
    { name: "people-admin", path: "/people" },
    { name: "people-locked", path: `/people?edit=${personId}` },
    {
      name: "people-lock",
      path: `/people?edit=${idOf("security")}`,
      before: tickLock,
    },
    { name: "people-self", path: `/people?edit=${me.personId}` },
  ];
  for (const shot of shots) await take(browser, demo.url, shot, admin.cookie);
  const operator = await demo.session("operator");
  await take(browser, demo.url, { name: "people-unlock-proposed", path: `/policy/${draft.id}` }, operator.cookie);
}

/** A proxy that nobody trusts, and a journal that takes no more: the banner of every page. */
async function takeReadiness(browser: Browser, demo: RunningDemo): Promise<void> {
  const shots: Shot[] = [
    { name: "readiness-failed", path: "/readiness", before: untilBanner },
    { name: "banner", path: "/audit?entry=3", before: untilBanner },
    { name: "banner-short", path: "/publishers", before: untilBanner },
  ];
  if (!shots.some(({ name }) => isAsked(name))) return;
  const operator = await demo.session("operator");
  const proxied = await browser.newContext({ baseURL: demo.url, extraHTTPHeaders: { "x-forwarded-for": "192.0.2.1" } });
  await (await proxied.newPage()).goto("/api/health");
  await proxied.close();
  // What the check of the journal writes cannot be written where a folder has its name.
  const inTheWay = join(demo.dataDir, "console", "journal", "trial");
  mkdirSync(inTheWay);
  await new Promise((resume) => setTimeout(resume, 6000));
  for (const shot of shots) await take(browser, demo.url, shot, operator.cookie);
  rmdirSync(inTheWay);
  await new Promise((resume) => setTimeout(resume, 6000));
}

/** Revisions that began anew, as the ceremony lets them. */
async function takeLaterEpoch(browser: Browser, demo: RunningDemo): Promise<void> {
  const shots: Shot[] = [
    { name: "epoch-overview", path: "/" },
    { name: "epoch-program", path: `/programs/${APP}` },
    { name: "epoch-policy", path: "/policy?state=all" },
    { name: "epoch-fleet", path: "/fleet" },
    { name: "epoch-readiness", path: "/readiness" },
  ];
  if (!shots.some(({ name }) => isAsked(name))) return;
  const operator = await demo.session("operator");
  const data = join(demo.dataDir, "console");
  const file = join(demo.dataDir, "keyset-2.json");
  const keys = async (...words: string[]) => {
    const args = [...words, "--data", data];
    const options = { cwd: process.cwd(), nodeArgs: ["--import", "tsx"], say: () => undefined };
    const code = await startChild("lib/sync/ceremony/command.ts", args, options).ended;
    if (code !== 0) throw new Error(`keys ${words.join(" ")} ended with ${code}`);
  };
  await keys("keyset", "next", "--raise-epoch", "--out", file);
  await keys("keyset", "sign", file);
  await keys("keyset", "publish", file);
  await expect
    .poll(async () => JSON.stringify(await operator.get("overview")), { timeout: 60_000 })
    .toContain('"epoch":2');
  for (const shot of shots) await take(browser, demo.url, shot, operator.cookie);
}

async function untilBanner(page: Page): Promise<void> {
  await page.getByRole("alert").filter({ hasText: "A suspension would fail now" }).waitFor();
}

async function openPalette(page: Page): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
}

async function tickLock(page: Page): Promise<void> {
  await page.getByRole("checkbox", { name: /^Sign-in locked/ }).check();
  await page.getByText("Takes one person").waitFor();
}

async function openAccountMenu(page: Page): Promise<void> {
  const rooms = page.getByRole("button", { name: "Rooms" });
  if (await rooms.isVisible()) await rooms.click();
  await page
    .getByRole("button", { name: /operator$/ })
    .filter({ visible: true })
    .click();
  await page.getByRole("menu").waitFor();
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

/** The icon on a square, at two sizes, and the picture that a link to the repository is shown with. */
async function makePublic(browser: Browser): Promise<void> {
  const icon = readFileSync("app/icon.svg", "utf8");
  const paper = "margin:0;display:grid;place-items:center;background:#fafaf9;color:#1b1b19";
  const draw = async (file: string, width: number, height: number, body: string) => {
    const page = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: 1, colorScheme: "light" });
    await page.setContent(`<body style="${paper};height:${height}px;font:600 64px sans-serif">${body}</body>`);
    await page.screenshot({ path: resolve("public", file) });
    taken += 1;
    await page.close();
  };
  for (const size of [192, 512]) {
    await draw(`icon-${size}.png`, size, size, `<div style="width:${size * 0.7}px;line-height:0">${icon}</div>`);
  }
  const says = "Decide, watch and act on what mini-programs may do.";
  const title = `<div style="display:flex;align-items:center;gap:32px"><div style="width:120px;line-height:0">${icon}</div>Bulkhead</div>`;
  await draw(
    "social.png",
    1280,
    640,
    `<div style="display:grid;gap:40px;justify-items:center">${title}<div style="font:400 32px sans-serif">${says}</div></div>`,
  );
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
    if (isReadme) await makePublic(browser);
    else await takeFirstStart(browser);
  } finally {
    await browser.close();
  }
  process.stdout.write(`${taken} pictures in ${outDir}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
