/** Classic BPF, as seccomp reads it: each jump counts the instructions that it steps over. */
export type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number];

const LOAD_WORD = 0x20;
const RETURN = 0x06;
export const JUMP_EQUAL = 0x15;
export const JUMP_ANY_BIT = 0x45;

export const SECCOMP_ALLOW = 0x7fff0000;
export const SECCOMP_KILL_PROCESS = 0x80000000;
const SECCOMP_ERRNO = 0x00050000;
export const SECCOMP_EPERM = SECCOMP_ERRNO | 1;
export const SECCOMP_ENOSYS = SECCOMP_ERRNO | 38;

/** Offsets into `struct seccomp_data`. */
export const OFFSET_NUMBER = 0;
export const OFFSET_ARCH = 4;
/** Of an argument the low half, which is all that the kernel reads of most of them. */
export const argumentOffset = (index: number): number => 16 + index * 8;
export const argumentHighOffset = (index: number): number => argumentOffset(index) + 4;

export const load = (offset: number): Instruction => [LOAD_WORD, 0, 0, offset];
export const answer = (verdict: number): Instruction => [RETURN, 0, 0, verdict];
/** The body runs when the loaded word compares so; otherwise it is stepped over. At most 255 instructions. */
export const when = (code: number, operand: number, body: readonly Instruction[]): Instruction[] => [
  [code, 0, body.length, operand],
  ...body,
];

/** The bytes of `struct sock_filter`, on a little-endian machine. */
export function assemble(instructions: readonly Instruction[]): Uint8Array {
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
