import {
  AUDIT_ARCH,
  DENIED_SYSCALLS,
  EXAMINED_SYSCALLS,
  FILTER_MACHINES,
  type FilterMachine,
  LAST_KNOWN_SYSCALL,
} from "./syscall-numbers";

const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

export const SECCOMP_ALLOW = 0x7fff0000;
export const SECCOMP_KILL_PROCESS = 0x80000000;
const SECCOMP_ERRNO = 0x00050000;
export const SECCOMP_EPERM = SECCOMP_ERRNO | 1;
export const SECCOMP_ENOSYS = SECCOMP_ERRNO | 38;

/** Offsets into `struct seccomp_data`; of an argument the low half, which is what the kernel reads of these. */
const OFFSET_NUMBER = 0;
const OFFSET_ARCH = 4;
const argumentOffset = (index: number): number => 16 + index * 8;

const AF_UNIX = 1;
const X32_BIT = 0x40000000;
const CLONE_THREAD = 0x00010000;
const CLONE_NAMESPACES = 0x7e020080;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number];

const load = (offset: number): Instruction => [LOAD_WORD, 0, 0, offset];
const answer = (verdict: number): Instruction => [RETURN, 0, 0, verdict];
/** The body runs when the loaded word compares so; otherwise it is stepped over. */
const when = (code: number, operand: number, body: readonly Instruction[]): Instruction[] => [
  [code, 0, body.length, operand],
  ...body,
];

/** Each body ends in a verdict, so that the call's number is still loaded where the next block starts. */
function examineArguments(machine: FilterMachine): Instruction[] {
  const onlyUnixSockets = [
    load(argumentOffset(0)),
    ...when(JUMP_EQUAL, AF_UNIX, [answer(SECCOMP_ALLOW)]),
    answer(SECCOMP_EPERM),
  ];
  const onlyThreads = [
    load(argumentOffset(0)),
    ...when(JUMP_ANY_BIT, CLONE_NAMESPACES, [answer(SECCOMP_EPERM)]),
    ...when(JUMP_ANY_BIT, CLONE_THREAD, [answer(SECCOMP_ALLOW)]),
    answer(SECCOMP_EPERM),
  ];
  const noTerminalInjection = [
    load(argumentOffset(1)),
    ...when(JUMP_EQUAL, TIOCSTI, [answer(SECCOMP_EPERM)]),
    ...when(JUMP_EQUAL, TIOCLINUX, [answer(SECCOMP_EPERM)]),
    answer(SECCOMP_ALLOW),
  ];
  return [
    ...when(JUMP_EQUAL, EXAMINED_SYSCALLS.socket[machine], onlyUnixSockets),
    ...when(JUMP_EQUAL, EXAMINED_SYSCALLS.socketpair[machine], onlyUnixSockets),
    ...when(JUMP_EQUAL, EXAMINED_SYSCALLS.clone[machine], onlyThreads),
    // its flags lie in memory, where a filter can't look; libraries fall back to clone
    ...when(JUMP_EQUAL, EXAMINED_SYSCALLS.clone3[machine], [answer(SECCOMP_ENOSYS)]),
    ...when(JUMP_EQUAL, EXAMINED_SYSCALLS.ioctl[machine], noTerminalInjection),
  ];
}

function program(machine: FilterMachine): Instruction[] {
  const denied = Object.values(DENIED_SYSCALLS).flatMap((numbers) => {
    const number = numbers[machine];
    return number === null ? [] : when(JUMP_EQUAL, number, [answer(SECCOMP_EPERM)]);
  });
  return [
    load(OFFSET_ARCH),
    [JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]],
    answer(SECCOMP_KILL_PROCESS),
    load(OFFSET_NUMBER),
    ...(machine === "x64" ? when(JUMP_AT_LEAST, X32_BIT, [answer(SECCOMP_EPERM)]) : []),
    ...when(JUMP_GREATER, LAST_KNOWN_SYSCALL, [answer(SECCOMP_ENOSYS)]),
    ...examineArguments(machine),
    ...denied,
    answer(SECCOMP_ALLOW),
  ];
}

/** Whether a filter can be written for Node's name of a machine (`process.arch`). */
export function isFilterMachine(arch: string): arch is FilterMachine {
  return (FILTER_MACHINES as readonly string[]).includes(arch);
}

/**
 * The classic BPF program for a script engine's process: sockets of the local family alone, threads but no processes,
 * none of the kernel's wider surface. What it refuses answers EPERM, so that a library may go on without it.
 */
export function seccompFilter(machine: FilterMachine): Uint8Array {
  const instructions = program(machine);
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, whenTrue, whenFalse, operand]] of instructions.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, whenTrue);
    view.setUint8(index * 8 + 3, whenFalse);
    view.setUint32(index * 8 + 4, operand, true);
  }
  return bytes;
}
