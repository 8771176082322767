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

/** Installs the locked packages where they are missing or of another lockfile. */
export function ensurePackages(root) {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".bulkhead-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  const alreadyThere = existsSync(join(root, "node_modules", ".package-lock.json"));
  process.stdout.write(alreadyThere ? "Packages: checking against the lockfile …\n" : "Packages: installing …\n");
  const started = Date.now();
  // Versions and digests are the lockfile's. Not `npm ci`: it also insists on the optional packages of every other
  // system, which a registry need not have.
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  const result = spawnSync("npm", args, { cwd: root, stdio: "inherit" });
  if (result.status !== 0) {
    process.stderr.write("Packages could not be installed. See the lines above; then run the command again.\n");
    process.exit(1);
  }
  writeFileSync(stamp, lock);
  process.stdout.write(`Packages: installed in ${Math.round((Date.now() - started) / 1000)} s\n`);
}
