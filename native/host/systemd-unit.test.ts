import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { requireConfinement } from "./confinement/require-confinement";

const { available } = await requireConfinement("the unit");
const UNIT = fileURLToPath(new URL("install/bulkhead.service", import.meta.url));
const text = readFileSync(UNIT, "utf8");
const valuesOf = (name: string) =>
  [...text.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value = ""]) => value);

/** What would harden another service and break this one. */
const LEFT_OUT = {
  DynamicUser: "the host is root, so that each program has a user of its own",
  MemoryDenyWriteExecute: "V8 makes code while it runs",
  PrivateDevices: "sandboxes are given devices of the machine's own",
  PrivateNetwork: "the host is the programs' one way out",
  PrivateUsers: "the programs' users are not there then",
  ProcSubset: "the monitor reads /proc",
  ProtectClock: "takes away CAP_SYS_TIME, by which a sandbox's clocks begin with it",
  ProtectControlGroups: "the host divides the control group that it was delegated",
  ProtectHostname: "a sandbox has a name of its own",
  ProtectKernelLogs: "covers a part of /proc, and the kernel lets no sandbox mount a fuller one",
  ProtectKernelTunables: "covers parts of /proc, and the kernel lets no sandbox mount a fuller one",
  ProtectProc: "covers /proc, and the kernel lets no sandbox mount a fuller one",
  RestrictNamespaces: "sandboxes are made of them",
  RestrictSUIDSGID: "answers openat2 as if the kernel lacked it",
  SystemCallFilter: "what sandboxes are made of is no list that is kept anywhere",
};

/** Empty in the service; here as it is where this test or its Node lies in it. */
const ownOf = (folder: string, options: string): string =>
  [process.cwd(), process.execPath].some((path) => path.startsWith(`${folder}/`))
    ? `mount --bind ${folder} ${folder}`
    : `mount -t tmpfs -o ${options} tmpfs ${folder}`;
/** The file systems of a service of this unit, as `sh` makes them in a mount namespace of its own. */
const FOLDERS = [
  ownOf("/tmp", "mode=1777"),
  "mkdir -p /var/cache/bulkhead",
  "mount --bind /var/cache/bulkhead /var/cache/bulkhead",
  "mount -o remount,bind,ro /",
  ownOf("/home", "ro"),
  "mount -o remount,bind,ro /home",
  'cd "$PWD"',
].join(" && ");
const KEPT = valuesOf("CapabilityBoundingSet").join(" ").split(" ");
const BOUNDS = ["-all", ...KEPT.map((name) => `+${name.replace(/^CAP_/, "").toLowerCase()}`)].join(",");
const UNDER = ["unshare", "-m", "--propagation", "slave", "sh", "-c"] as const;
const isRoot = process.getuid?.() === 0;
const made = isRoot ? spawnSync(UNDER[0], [...UNDER.slice(1), FOLDERS], { encoding: "utf8" }) : null;
if (made !== null && made.status !== 0) {
  process.stderr.write(
    `\nSKIPPED the unit's file systems: they can't be made here (${made.error?.message ?? made.stderr.trim()})\n`,
  );
}

const verify = spawnSync("systemd-analyze", ["verify", UNIT], { encoding: "utf8" });
if (verify.error) process.stderr.write("\nSKIPPED the unit as systemd reads it: no systemd-analyze\n");

describe("the unit of systemd", () => {
  it.skipIf(verify.error !== undefined)("is one that systemd reads without a word", () => {
    // Where node lies elsewhere that alone may be said.
    const said = `${verify.stdout}${verify.stderr}`.split("\n").filter((line) => !/^$|\/usr\/bin\/node/.test(line));
    expect(said).toEqual([]);
  });

  it("says that it is ready to nobody, and does not claim to", () => {
    expect(valuesOf("Type")).toEqual(["exec"]);
  });

  it("has nothing under which no sandbox could be made, and names what that is", () => {
    for (const name of Object.keys(LEFT_OUT)) expect([name, valuesOf(name)]).toEqual([name, []]);
    const named = text.slice(text.indexOf("# Left out")).match(/\b[A-Z]\w+/g) ?? [];
    expect(named.filter((name) => name in LEFT_OUT)).toEqual(Object.keys(LEFT_OUT));
    expect(valuesOf("RestrictAddressFamilies")[0]?.split(" ")).toContain("AF_NETLINK");
  });

  it.skipIf(!available || made?.status !== 0)("lets the host put another user's process behind, and end it", () => {
    const acts = `setpriv --reuid 60600 --clear-groups sleep 10 & until [ "$(stat -c %u /proc/$!)" = 60600 ]; do :; done; renice -n 10 -p $! && kill -KILL $!`;
    const under = ["--no-new-privs", "--bounding-set", BOUNDS, "sh", "-c", acts];
    const { status, stderr } = spawnSync("setpriv", under, { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });

  it.skipIf(!available || made?.status !== 0)(
    "takes no layer from programs: with its rights and file systems all hold",
    () => {
      const doctor = [process.execPath, "native/cli/bin/bulkhead.mjs", "doctor", "--json"];
      const layersOf = (command: readonly string[]) => {
        const [file = "", ...args] = command;
        const { stdout, stderr } = spawnSync(file, args, { encoding: "utf8", timeout: 100_000 });
        try {
          const { layers } = JSON.parse(stdout);
          return layers.map(({ name, active }: { name: string; active: boolean }) => `${name} ${active}`);
        } catch {
          return `${stdout}${stderr}`;
        }
      };
      // The first builds what the second may not.
      const outside = layersOf(doctor);
      const inside = layersOf([
        ...UNDER,
        `${FOLDERS} && exec setpriv --no-new-privs --bounding-set "$0" "$@"`,
        BOUNDS,
        ...doctor,
      ]);
      expect(outside.length).toBeGreaterThan(10);
      expect(inside).toEqual(outside);
    },
  );
});
