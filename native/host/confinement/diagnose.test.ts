import { describe, expect, it } from "vitest";
import { CONFINEMENT_LAYERS, LAYER_CAUSES, sayCause, sayLayer } from "../../core/confinement/layers";
import { diagnose } from "./diagnose";
import { type MachineFacts, readMachineFacts } from "./machine-facts";

const DEBIAN: MachineFacts = {
  isRoot: false,
  hasUserIds: true,
  has: { bubblewrap: true, perl: true, unshare: true, prlimit: true },
  isFilterMachine: true,
  kernel: [6, 1],
  hasLandlock: true,
  isContainer: false,
  wsl: undefined,
  hasSystemd: true,
  appArmorRestricts: false,
  areNamespacesOff: false,
};
const NOTHING = CONFINEMENT_LAYERS.map((name) => ({ name, active: false, reason: "as the tool said it" }));
const causes = (facts: Partial<MachineFacts>): Record<string, string | null> =>
  Object.fromEntries(diagnose(NOTHING, { ...DEBIAN, ...facts }).map(({ name, cause }) => [name, cause]));

describe("what a missing layer comes down to", () => {
  it.each([
    ["AppArmor's rule of Ubuntu", { appArmorRestricts: true }, { userns: "apparmor", seccomp: "apparmor" }],
    ["a container", { isContainer: true }, { userns: "container", threads: "container" }],
    ["WSL 1", { wsl: 1 as const }, { netns: "wsl1" }],
    ["WSL 2 without systemd", { wsl: 2 as const, hasSystemd: false }, { cgroup: "wsl_systemd" }],
    ["a group that was not handed down", {}, { cgroup: "not_delegated" }],
    ["a user namespace of one id", { isRoot: true, hasUserIds: false }, { own_user: "one_id", uid: "one_id" }],
    ["an ordinary user", {}, { own_user: "not_root" }],
    ["a machine without bubblewrap", { has: { ...DEBIAN.has, bubblewrap: false } }, { mount: "no_bubblewrap" }],
    ["a machine without perl", { has: { ...DEBIAN.has, perl: false } }, { landlock: "no_perl", threads: "no_perl" }],
    ["a machine without util-linux", { has: { ...DEBIAN.has, unshare: false } }, { time: "no_util_linux" }],
    ["namespaces switched off", { areNamespacesOff: true }, { pid: "userns_off" }],
    ["a kernel without Landlock", { hasLandlock: false }, { landlock: "no_landlock" }],
    [
      "an old kernel",
      { kernel: [5, 4] as const, hasLandlock: undefined },
      { time: "old_kernel", landlock: "no_landlock" },
    ],
    ["another processor", { isFilterMachine: false }, { seccomp: "other_machine" }],
  ] satisfies [string, Partial<MachineFacts>, Record<string, string>][])("%s", (_name, facts, expected) => {
    expect(causes(facts)).toMatchObject(expected);
  });

  it("keeps the tool's own words, and has no cause for what is there", () => {
    const [first, second] = diagnose(
      [
        { name: "userns", active: false, reason: "bwrap: No permissions to create new namespace" },
        { name: "mount", active: true },
      ],
      DEBIAN,
    );
    expect(first?.reason).toBe("bwrap: No permissions to create new namespace");
    expect(second).toMatchObject({ active: true, reason: null, cause: null });
  });
});

describe("what is said of layers", () => {
  it("is there for each layer and cause, with the folder of what can be installed", () => {
    for (const name of CONFINEMENT_LAYERS) expect(sayLayer(name)?.without).toBeTruthy();
    expect(sayLayer("sandbox")).toBeUndefined();
    for (const cause of LAYER_CAUSES) {
      expect(sayCause(cause, "/somewhere").todo.join()).not.toContain("{");
    }
  });
});

it("reads the machine that it runs on", () => {
  const facts = readMachineFacts();
  expect(facts.kernel[0]).toBeGreaterThan(2);
  expect(facts.isRoot).toBe(process.getuid?.() === 0);
});
