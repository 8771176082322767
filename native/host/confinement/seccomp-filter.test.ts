import { describe, expect, it } from "vitest";
import { scriptEngine } from "../engines/script/script-engine";
import recorded from "../engines/script/system-calls.json" with { type: "json" };
import { SECCOMP_ALLOW, SECCOMP_ENOSYS, SECCOMP_EPERM, SECCOMP_KILL_PROCESS } from "./bpf-program";
import { EXECUTE, seccompFilter } from "./seccomp-filter";
import { AUDIT_ARCH, FILTER_MACHINES, type FilterMachine, SYSTEM_CALLS } from "./syscall-numbers";

/** An interpreter of classic BPF, written from the kernel's description, so that the bytes are judged and not their maker. */
function verdict(machine: FilterMachine, call: { nr: number; arch?: number; args?: number[] }): number {
  const filter = seccompFilter(machine, NAMES);
  const program = new DataView(filter.buffer);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.nr, true);
  data.setUint32(4, call.arch ?? AUDIT_ARCH[machine], true);
  for (const [index, value] of (call.args ?? []).entries()) data.setBigUint64(16 + index * 8, BigInt(value), true);
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; at += 1) {
    const code = program.getUint16(at * 8, true);
    const operand = program.getUint32(at * 8 + 4, true);
    if (code === 0x06) return operand;
    if (code === 0x20) {
      accumulator = data.getUint32(operand, true);
      continue;
    }
    const compared = {
      21: accumulator === operand,
      37: accumulator > operand,
      53: accumulator >= operand,
      69: (accumulator & operand) >>> 0 !== 0,
    }[code];
    if (compared === undefined) throw new Error(`unknown instruction ${code}`);
    at += program.getUint8(at * 8 + (compared ? 2 : 3));
  }
  throw new Error("ran off the end");
}

const CLONE_OF_A_THREAD = 0x3d0f00;
const NAMES = [...scriptEngine.needs.systemCalls, EXECUTE];
const numberOf = (name: string, machine: FilterMachine): number => SYSTEM_CALLS[name]?.[machine] ?? Number.NaN;

/** Numbers of calls that reach the kernel's wider surface, as its headers have them. */
const WIDER = {
  x64: {
    ...{
      ptrace: 101,
      process_vm_readv: 310,
      pidfd_open: 434,
      kill: 62,
      fork: 57,
      vfork: 58,
      clone3: 435,
      execveat: 322,
    },
    ...{ unshare: 272, setns: 308, mount: 165, chroot: 161, bpf: 321, perf_event_open: 298, io_uring_setup: 425 },
    ...{ userfaultfd: 323, keyctl: 250, memfd_create: 319, sysinfo: 99, shmget: 29, socket: 41, connect: 42, bind: 49 },
    ...{ setrlimit: 160, seccomp: 317, syslog: 103, init_module: 175, reboot: 169, modify_ldt: 154, iopl: 172 },
  },
  arm64: {
    ...{ ptrace: 117, process_vm_readv: 270, pidfd_open: 434, kill: 129, clone3: 435, execveat: 281 },
    ...{ unshare: 97, setns: 268, mount: 40, chroot: 51, bpf: 280, perf_event_open: 241, io_uring_setup: 425 },
    ...{
      userfaultfd: 282,
      keyctl: 219,
      memfd_create: 279,
      sysinfo: 179,
      shmget: 194,
      socket: 198,
      connect: 203,
      bind: 200,
    },
    ...{ setrlimit: 164, seccomp: 277, syslog: 116, init_module: 105, reboot: 142 },
  },
} as const satisfies Record<FilterMachine, Record<string, number>>;

describe.each(FILTER_MACHINES)("the script engine's filter for %s", (machine) => {
  it.each(Object.entries(WIDER[machine]))("has no %s", (_name, nr) => {
    expect(verdict(machine, { nr })).toBe(SECCOMP_ENOSYS);
  });

  it("lets through so many numbers as were recorded, and not one more", () => {
    const open = Array.from({ length: 1024 }, (_, nr) => nr).filter(
      (nr) => verdict(machine, { nr, args: [CLONE_OF_A_THREAD, 0x5421, 0, 2] }) !== SECCOMP_ENOSYS,
    );
    expect(open.length).toBeLessThanOrEqual(NAMES.length);
    expect(open.length).toBeGreaterThan(40);
  });

  it.each(["read", "write", "futex", "getrandom", "execve", "exit_group", "epoll_pwait"])(
    "lets an engine %s",
    (name) => {
      expect(verdict(machine, { nr: numberOf(name, machine) })).toBe(SECCOMP_ALLOW);
    },
  );

  it("lets threads be made but no process and no namespace", () => {
    const nr = numberOf("clone", machine);
    expect(verdict(machine, { nr, args: [CLONE_OF_A_THREAD] })).toBe(SECCOMP_ALLOW);
    expect(verdict(machine, { nr, args: [17] })).toBe(SECCOMP_EPERM);
    for (const namespace of [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(verdict(machine, { nr, args: [CLONE_OF_A_THREAD | namespace] })).toBe(SECCOMP_EPERM);
    }
  });

  it("gives memory that is its own, and none that is shared", () => {
    const nr = numberOf("mmap", machine);
    expect(verdict(machine, { nr, args: [0, 4096, 3, 0x22] })).toBe(SECCOMP_ALLOW);
    for (const flags of [0x01, 0x21, 0x03, 0x40001]) {
      expect(verdict(machine, { nr, args: [0, 4096, 3, flags] })).toBe(SECCOMP_EPERM);
    }
  });

  it("tells limits and sets none, whichever half of the pointer is set", () => {
    const nr = numberOf("prlimit64", machine);
    expect(verdict(machine, { nr, args: [0, 7, 0, 4096] })).toBe(SECCOMP_ALLOW);
    for (const args of [
      [1, 7, 0],
      [0, 7, 4096],
      [0, 7, 2 ** 32],
    ]) {
      expect(verdict(machine, { nr, args })).toBe(SECCOMP_EPERM);
    }
  });

  it("keeps a program from typing into the host's terminal", () => {
    const nr = numberOf("ioctl", machine);
    for (const request of [0x5412, 0x541c, 0x8933])
      expect(verdict(machine, { nr, args: [0, request] })).toBe(SECCOMP_EPERM);
    expect(verdict(machine, { nr, args: [0, 0x5401] })).toBe(SECCOMP_ALLOW);
  });

  it("kills what calls by another machine's convention", () => {
    for (const arch of [0x40000003, 0xc0000015, 0]) {
      expect(verdict(machine, { nr: 0, arch })).toBe(SECCOMP_KILL_PROCESS);
    }
  });

  it("has no jump that a byte can't hold", () => {
    const filter = seccompFilter(machine, Object.keys(SYSTEM_CALLS));
    expect(filter.length % 8).toBe(0);
    expect(filter.length / 8).toBeLessThan(4096);
  });
});

it("refuses the x32 convention, by which every call would have a second number", () => {
  for (const nr of [0x40000000, 0x40000000 | 1, 0xffffffff]) {
    expect(verdict("x64", { nr })).toBe(SECCOMP_ENOSYS);
  }
});

it("is not made of a name that nobody knows the number of", () => {
  expect(() => seccompFilter("x64", ["read", "no_such_call"])).toThrow("no_such_call");
});

it("is recorded under both majors of Node that are tried", () => {
  expect(Object.keys(recorded)).toEqual(["20", "24"]);
});
