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
 * Installs what is missing by Debian's package manager where this user may, and says what is left out otherwise.
 * Answers with what is there: paths, or null.
 */
export function ensureSystem({ chromium = false, bubblewrap = false } = {}) {
  const missing = [
    ...(chromium && findChromium() === null ? ["chromium-headless-shell"] : []),
    ...(bubblewrap && process.platform === "linux" && findBubblewrap() === null ? ["bubblewrap"] : []),
  ];
  const apt = find(["apt-get"]);
  const mayInstall = missing.length > 0 && apt !== null && process.getuid?.() === 0;
  if (mayInstall) {
    process.stdout.write(`System packages: installing ${missing.join(", ")} …\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync(apt, ["update", "-qq"], { stdio: "ignore", env });
    spawnSync(apt, ["install", "-y", "-qq", "--no-install-recommends", ...missing], { stdio: "ignore", env });
  }
  const found = { chromium: findChromium(), bubblewrap: findBubblewrap() };
  const how = apt === null ? "with your package manager" : `with: apt-get install ${missing.join(" ")}`;
  if (chromium && found.chromium === null) {
    process.stderr.write(`Missing: Chrome or Chromium. Left out: everything that needs a browser. Install it ${how}\n`);
  }
  if (bubblewrap && found.bubblewrap === null) {
    process.stderr.write(
      process.platform === "linux"
        ? `Missing: bubblewrap. Left out: confinement of programs, and every test of it. Install it ${how}\n`
        : "Not Linux: programs cannot be confined here. Left out: every test of confinement.\n",
    );
  }
  return found;
}
