import {
  answer,
  argumentHighOffset,
  argumentOffset,
  assemble,
  type Instruction,
  JUMP_ANY_BIT,
  JUMP_EQUAL,
  load,
  OFFSET_ARCH,
  OFFSET_NUMBER,
  SECCOMP_ALLOW,
  SECCOMP_ENOSYS,
  SECCOMP_EPERM,
  SECCOMP_KILL_PROCESS,
  when,
} from "./bpf-program";
import { AUDIT_ARCH, FILTER_MACHINES, type FilterMachine, SYSTEM_CALLS } from "./syscall-numbers";

const CLONE_THREAD = 0x00010000;
const CLONE_NAMESPACES = 0x7e020080;
const MAP_SHARED = 0x01;
const PR_SET_NAME = 15;
const PR_SET_VMA = 0x53564d41;
const FIONBIO = 0x5421;
const FIOCLEX = 0x5451;
const TCGETS = 0x5401;
const AF_UNIX = 1;

/** By which the engine takes the place of what the filter was loaded in. What it may execute is Landlock's to say. */
export const EXECUTE = "execve";
/** What bubblewrap's own first process does beside what an engine does, where the filter stands over both. */
export const BUBBLEWRAP_CALLS = ["wait4", "exit_group", "close", "write", "rt_sigprocmask"] as const;

/** Lets pass where the argument has one of these values. */
const only = (index: number, values: readonly number[]): Instruction[] => [
  load(argumentOffset(index)),
  ...values.flatMap((value) => when(JUMP_EQUAL, value, [answer(SECCOMP_ALLOW)])),
  answer(SECCOMP_EPERM),
];

/**
 * Calls that are judged by an argument, by name. Each body ends in a verdict, so that the call's number is still loaded
 * where the next block starts.
 */
const EXAMINED: Readonly<Record<string, readonly Instruction[]>> = {
  // threads, but no process and no namespace; the flags of clone3 lie in memory, where a filter can't look
  clone: [
    load(argumentOffset(0)),
    ...when(JUMP_ANY_BIT, CLONE_NAMESPACES, [answer(SECCOMP_EPERM)]),
    ...when(JUMP_ANY_BIT, CLONE_THREAD, [answer(SECCOMP_ALLOW)]),
    answer(SECCOMP_EPERM),
  ],
  // memory that is shared is counted to nobody
  mmap: [load(argumentOffset(3)), ...when(JUMP_ANY_BIT, MAP_SHARED, [answer(SECCOMP_EPERM)]), answer(SECCOMP_ALLOW)],
  // names for threads and for memory
  prctl: only(0, [PR_SET_NAME, PR_SET_VMA]),
  // asks for its own limits, and sets none
  prlimit64: [
    load(argumentOffset(0)),
    ...when(JUMP_EQUAL, 0, [
      load(argumentOffset(2)),
      ...when(JUMP_EQUAL, 0, [
        load(argumentHighOffset(2)),
        ...when(JUMP_EQUAL, 0, [answer(SECCOMP_ALLOW)]),
        answer(SECCOMP_EPERM),
      ]),
      answer(SECCOMP_EPERM),
    ]),
    answer(SECCOMP_EPERM),
  ],
  ioctl: only(1, [FIONBIO, FIOCLEX, TCGETS]),
  socketpair: only(0, [AF_UNIX]),
};

/** Older calls that arm64 never had, and what its libraries call in their place. */
const IN_PLACE_ON_ARM64: Readonly<Record<string, string>> = {
  access: "faccessat",
  dup2: "dup3",
  epoll_create: "epoll_create1",
  epoll_wait: "epoll_pwait",
  eventfd: "eventfd2",
  lstat: "newfstatat",
  open: "openat",
  pipe: "pipe2",
  poll: "ppoll",
  readlink: "readlinkat",
  stat: "newfstatat",
};

function numberOf(machine: FilterMachine, name: string): number | undefined {
  const numbers = SYSTEM_CALLS[name];
  if (numbers === undefined) throw new Error(`no number is known of the system call ${name}`);
  return numbers[machine] ?? undefined;
}

/** Whether a filter can be written for Node's name of a machine (`process.arch`). */
export function isFilterMachine(arch: string): arch is FilterMachine {
  return (FILTER_MACHINES as readonly string[]).includes(arch);
}

/**
 * The classic BPF program for an engine's process: these system calls, some by their arguments, and no other. All else
 * answers "not implemented", so that a library goes on without it; what an argument forbids answers EPERM.
 */
export function seccompFilter(machine: FilterMachine, names: readonly string[]): Uint8Array {
  const own = machine === "arm64" ? names.map((name) => IN_PLACE_ON_ARM64[name] ?? name) : names;
  const calls = [...new Set(own)].flatMap((name) => {
    const number = numberOf(machine, name);
    return number === undefined ? [] : when(JUMP_EQUAL, number, EXAMINED[name] ?? [answer(SECCOMP_ALLOW)]);
  });
  return assemble([
    load(OFFSET_ARCH),
    [JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]],
    answer(SECCOMP_KILL_PROCESS),
    load(OFFSET_NUMBER),
    ...calls,
    answer(SECCOMP_ENOSYS),
  ]);
}
