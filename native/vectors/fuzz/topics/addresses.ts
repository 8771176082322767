import registry from "../../../catalog/special-purpose-addresses.json";
import { mutateText } from "../mutate";
import type { Random } from "../random";
import { plainTopic } from "../topic";
import { vectorInputs } from "./corpus";

const inputs = vectorInputs("address");

/** A vector's address with edits; or the first, last or next address of a block, or any, in some spelling. */
export const addresses = plainTopic("addresses", "address", (random) => {
  if (random.oneIn(3)) return { address: mutateText(String(random.pick(inputs).address), random) };
  const address = random.oneIn(2) ? drawFour(random) : drawSix(random);
  return { address: random.oneIn(8) ? mutateText(address, random) : address };
});

const blocksOf = (width: number) =>
  registry.entries.map(({ prefix }) => prefix).filter((prefix) => prefix.includes(":") === (width === 128));

/** A number of `width` bits at or about the edge of a registered block, or of any bits. */
function drawValue(width: number, random: Random, read: (text: string) => bigint): bigint {
  const whole = (1n << BigInt(width)) - 1n;
  if (random.oneIn(4)) return BigInt.asUintN(width, drawBits(width, random));
  const [address = "", length = "0"] = random.pick(blocksOf(width)).split("/");
  const size = 1n << BigInt(width - Number(length));
  const start = read(address);
  const inside = drawBits(width, random) % size;
  const value = random.pick([start, start - 1n, start + 1n, start + size - 1n, start + size, start + inside]);
  return value & whole;
}

function drawBits(width: number, random: Random): bigint {
  let value = 0n;
  for (let bits = 0; bits < width; bits += 16) value = (value << 16n) | BigInt(random.integer(0, 0xffff));
  return value;
}

function drawFour(random: Random): string {
  return spellFour(
    drawValue(32, random, (text) => BigInt(text.split(".").reduce((sum, part) => sum * 256 + +part, 0))),
  );
}

function spellFour(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
}

function readSix(text: string): bigint {
  const [head = "", tail] = text.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const left = groups(head);
  const right = groups(tail ?? "");
  const all = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
  return all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function drawSix(random: Random): string {
  const translated = random.oneIn(4) ? readSix(random.pick(["64:ff9b::", "::ffff:0:0", "::", "64:ff9b:1::"])) : null;
  const value =
    translated === null
      ? drawValue(128, random, readSix)
      : translated |
        drawValue(32, random, (text) => BigInt(text.split(".").reduce((sum, part) => sum * 256 + +part, 0)));
  const groups = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(112 - 16 * at)) & 0xffffn).toString(16));
  const spelt = random.oneIn(4) ? groups.map((group) => group.padStart(random.pick([4, 5]), "0")) : groups;
  if (random.oneIn(4)) spelt.splice(6, 2, spellFour(value & 0xffffffffn));
  const from = random.integer(0, spelt.length - 1);
  const to = from + random.integer(0, 3);
  const isGap = random.oneIn(2) && spelt.slice(from, to).every((group) => /^0+$/.test(group));
  const text = isGap ? `${spelt.slice(0, from).join(":")}::${spelt.slice(to).join(":")}` : spelt.join(":");
  return random.oneIn(4) ? text.toUpperCase() : text;
}
