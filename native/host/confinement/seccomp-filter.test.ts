import { describe, expect, it } from "vitest";
import { SECCOMP_ALLOW, SECCOMP_ENOSYS, SECCOMP_EPERM, SECCOMP_KILL_PROCESS, seccompFilter } from "./seccomp-filter";
import { AUDIT_ARCH, DENIED_SYSCALLS, EXAMINED_SYSCALLS, FILTER_MACHINES, type FilterMachine } from "./syscall-numbers";

/** An interpreter of classic BPF, written from the kernel's description, so that the bytes are judged and not their maker. */
function verdict(machine: FilterMachine, call: { nr: number; arch?: number; args?: number[] }): number {
  const filter = seccompFilter(machine);
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
const EVERYDAY = {
  x64: { read: 0, write: 1, mmap: 9, futex: 202, epoll_wait: 232, getrandom: 318, execve: 59, exit_group: 231 },
  arm64: { read: 63, write: 64, mmap: 222, futex: 98, epoll_pwait: 22, getrandom: 278, execve: 221, exit_group: 94 },
};

describe.each(FILTER_MACHINES)("the filter for %s", (machine) => {
  it.each(Object.entries(DENIED_SYSCALLS))("refuses %s", (_name, numbers) => {
    const nr = numbers[machine];
    if (nr !== null) expect(verdict(machine, { nr })).toBe(SECCOMP_EPERM);
  });

  it.each(Object.entries(EVERYDAY[machine]))("lets an engine %s", (_name, nr) => {
    expect(verdict(machine, { nr })).toBe(SECCOMP_ALLOW);
  });

  it.each(["socket", "socketpair"] as const)("lets %s make local ones alone", (name) => {
    const nr = EXAMINED_SYSCALLS[name][machine];
    expect(verdict(machine, { nr, args: [1] })).toBe(SECCOMP_ALLOW);
    for (const family of [0, 2, 10, 16, 17, 38, 40]) {
      expect(verdict(machine, { nr, args: [family] })).toBe(SECCOMP_EPERM);
    }
  });

  it("looks at the half of an argument that the kernel reads", () => {
    const nr = EXAMINED_SYSCALLS.socket[machine];
    expect(verdict(machine, { nr, args: [2 ** 32 + 2] })).toBe(SECCOMP_EPERM);
  });

  it("lets threads be made but no process and no namespace", () => {
    const nr = EXAMINED_SYSCALLS.clone[machine];
    expect(verdict(machine, { nr, args: [CLONE_OF_A_THREAD] })).toBe(SECCOMP_ALLOW);
    expect(verdict(machine, { nr, args: [17] })).toBe(SECCOMP_EPERM);
    for (const namespace of [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(verdict(machine, { nr, args: [CLONE_OF_A_THREAD | namespace] })).toBe(SECCOMP_EPERM);
    }
    expect(verdict(machine, { nr: EXAMINED_SYSCALLS.clone3[machine] })).toBe(SECCOMP_ENOSYS);
  });

  it("keeps a program from typing into the host's terminal", () => {
    const nr = EXAMINED_SYSCALLS.ioctl[machine];
    expect(verdict(machine, { nr, args: [0, 0x5412] })).toBe(SECCOMP_EPERM);
    expect(verdict(machine, { nr, args: [0, 0x5401] })).toBe(SECCOMP_ALLOW);
  });

  it("kills what calls by another machine's convention", () => {
    for (const arch of [0x40000003, 0xc0000015, 0]) {
      expect(verdict(machine, { nr: 0, arch })).toBe(SECCOMP_KILL_PROCESS);
    }
  });

  it("opens nothing that came after it", () => {
    expect(verdict(machine, { nr: 451 })).toBe(SECCOMP_ENOSYS);
    expect(verdict(machine, { nr: 0xffff })).toBe(SECCOMP_ENOSYS);
  });
});

it("refuses the x32 convention, by which every denied call would have a second number", () => {
  for (const nr of [0x40000000, 0x40000000 | 41, 0xffffffff]) {
    expect(verdict("x64", { nr })).toBe(SECCOMP_EPERM);
  }
});
