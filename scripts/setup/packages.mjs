import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [major, minor] = process.versions.node.split(".").map(Number);

/** Ends the process where Node is older than `engines` asks; nothing could be trusted to run. */
export function requireNode() {
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`Bulkhead needs Node 20.19 or newer; this is ${process.version}.\n`);
  process.exit(1);
}

/**
 * Installs the locked packages where they are missing or of another lockfile, by version and digest. A second time needs
 * no network: what is installed is left as it is, and what was removed comes from npm's own cache.
 */
export function ensurePackages(root) {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".bulkhead-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  // Of another lockfile only what differs is changed; `npm ci` would take everything away first.
  const isThere = existsSync(join(root, "node_modules", ".package-lock.json"));
  process.stdout.write(isThere ? "Packages: checking against the lockfile …\n" : "Packages: installing …\n");
  const started = Date.now();
  const args = [...(isThere ? ["install", "--no-save"] : ["ci"]), ...QUIETLY];
  // On Windows npm is a script, which only a shell starts; nothing in these words is from outside.
  const result = spawnSync("npm", args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (result.status !== 0) {
    process.stderr.write(
      `Packages could not be installed${result.error === undefined ? "" : `: ${result.error.message}`}. See the lines above; then run the command again.\n`,
    );
    process.stderr.write("npm takes its registry from `npm config get registry`, and a proxy from HTTPS_PROXY.\n");
    process.exit(1);
  }
  writeFileSync(stamp, lock);
  process.stdout.write(`Packages: installed in ${Math.round((Date.now() - started) / 1000)} s\n`);
}

/** Also where NODE_ENV says production: what builds and starts everything is a development dependency. */
const QUIETLY = [
  "--include=dev",
  "--prefer-offline",
  "--no-audit",
  "--no-fund",
  "--no-update-notifier",
  "--loglevel=error",
];
