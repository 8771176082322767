import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildPackage } from "./build-package";

/** `npm run package`: the host as a package, packed into `dist/`; says where. */
const root = process.cwd();
const folder = join(root, "dist", "host-package");
await buildPackage(root, folder);
const packed = spawnSync("npm", ["pack", "--json", "--pack-destination", join(root, "dist")], {
  ...{ cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
});
if (packed.status !== 0) process.exit(packed.status ?? 1);
const [{ filename, unpackedSize }] = JSON.parse(packed.stdout);
process.stdout.write(`dist/${filename}, ${Math.round(unpackedSize / 1024)} KiB unpacked\n`);
