import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The first of these programs that is on PATH or at its usual place; null where there is none. */
function find(names, places = []) {
  const candidates = [
    ...places,
    ...(process.env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))),
  ];
  for (const path of candidates) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here; the next place may have it.
    }
  }
  return null;
}

/** A Chromium that Playwright can drive, or an installed Chrome. `BULKHEAD_CHROMIUM` names another. */
export function findChromium() {
  const named = process.env.BULKHEAD_CHROMIUM;
  if (named !== undefined && existsSync(named)) return named;
  return find(
    ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    [
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
  );
}

export function findBubblewrap() {
  return process.platform === "linux" ? find(["bwrap"]) : null;
}

/**
 * Installs what is missing by Debian's package manager where this user may. Answers with what is there (paths, or null)
 * and with what is left out for want of it, which the command tells in one block at its end.
 */
export function ensureSystem({ chromium = false, bubblewrap = false } = {}) {
  const missing = [
    ...(chromium && findChromium() === null ? ["chromium-headless-shell"] : []),
    ...(bubblewrap && process.platform === "linux" && findBubblewrap() === null ? ["bubblewrap"] : []),
  ];
  const apt = find(["apt-get"]);
  const mayInstall = apt !== null && process.getuid?.() === 0;
  const tried = missing.length > 0 && mayInstall ? installByApt(apt, missing) : null;
  const found = { chromium: findChromium(), bubblewrap: findBubblewrap() };
  const remedyOf = (debianName, name) => {
    if (apt === null) return `install ${name} with your package manager`;
    return `${mayInstall ? "" : "as root: "}apt-get install ${debianName}${tried === null ? "" : ` (tried: ${tried})`}`;
  };
  const leftOut = [];
  if (chromium && found.chromium === null) {
    leftOut.push({
      missing: "no Chrome or Chromium",
      leftOut: "the browser's tests, the loop test among them",
      remedy: `${remedyOf("chromium-headless-shell", "Chrome or Chromium")}; or name one in BULKHEAD_CHROMIUM`,
    });
  }
  if (bubblewrap && found.bubblewrap === null) {
    leftOut.push(
      process.platform === "linux"
        ? {
            missing: "no bubblewrap",
            leftOut: "the confinement of programs, and each test of it",
            remedy: remedyOf("bubblewrap", "bubblewrap"),
          }
        : {
            missing: "no Linux",
            leftOut: "the confinement of programs, and each test of it",
            remedy: "run it on Linux, in a virtual machine for example",
          },
    );
  }
  return { ...found, leftOut };
}

/** Null where it went well, else the last thing that apt said. Bounded: a machine without a network waits for nobody. */
function installByApt(apt, packages) {
  process.stdout.write(`System packages: installing ${packages.join(", ")} …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const patience = ["http", "https"].map((way) => `-oAcquire::${way}::Timeout=15`);
  const how = { stdio: ["ignore", "ignore", "pipe"], env, encoding: "utf8" };
  spawnSync(apt, ["update", "-qq", "-oAcquire::Retries=0", ...patience], how);
  const done = spawnSync(apt, ["install", "-y", "-qq", "--no-install-recommends", ...patience, ...packages], how);
  if (done.status === 0) return null;
  return (done.stderr ?? "").trim().split("\n").at(-1) || `apt-get ended with ${done.status}`;
}
