import { fromHex, toHex } from "../crypto/encoding";
import type { AuditHead } from "./verify-chain";

/** Where heads are kept (spec 8.8). The table has all of them; what else there is has them from some head on. */
export const HEAD_PLACES = ["table", "file", "journal"] as const;
export type HeadPlace = (typeof HEAD_PLACES)[number];

/** A head and when it was signed, in whole seconds; infinite where nobody says. */
export type DatedHead = AuditHead & { iat: number };
export type KeptHead = DatedHead & { kept: readonly HeadPlace[] };

const DIGEST_BYTES = 32;

/**
 * Heads of a log, any number in any order, read once by sequence: 49 bytes each, since a year has half a million of
 * them.
 */
export class HeadList {
  private sequences = new Float64Array(1024);
  private times = new Float64Array(1024);
  private digests = new Uint8Array(1024 * DIGEST_BYTES);
  private places = new Uint8Array(1024);
  private order = new Uint32Array(0);
  private next = 0;
  private count = 0;

  add(head: DatedHead, kept: readonly HeadPlace[] = []): void {
    if (this.count === this.sequences.length) this.grow();
    this.sequences[this.count] = head.sequence;
    this.times[this.count] = head.iat;
    this.digests.set(fromHex(head.sha256) ?? [], this.count * DIGEST_BYTES);
    this.places[this.count] = kept.reduce((bits, place) => bits | (1 << HEAD_PLACES.indexOf(place)), 0);
    this.count += 1;
  }

  /** All heads are there: they can be taken. */
  close(): void {
    this.order = Uint32Array.from({ length: this.count }, (_, index) => index);
    this.order.sort((a, b) => this.sequenceOf(a) - this.sequenceOf(b));
  }

  /** Heads of this sequence, which only rises from call to call. */
  take(sequence: number): KeptHead[] {
    const heads: KeptHead[] = [];
    while (this.nextSequence() === sequence) heads.push(this.takeNext());
    return heads;
  }

  /** The heads that were not taken, by sequence. */
  *rest(): Generator<KeptHead> {
    while (this.next < this.count) yield this.takeNext();
  }

  private nextSequence(): number {
    return this.next < this.count ? this.sequenceOf(this.order[this.next]) : Number.POSITIVE_INFINITY;
  }

  private takeNext(): KeptHead {
    const index = this.order[this.next] ?? 0;
    this.next += 1;
    const bits = this.places[index] ?? 0;
    return {
      sequence: this.sequenceOf(index),
      sha256: toHex(this.digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)),
      iat: this.times[index] ?? 0,
      kept: HEAD_PLACES.filter((_, place) => (bits & (1 << place)) !== 0),
    };
  }

  /** The highest sequence below this one of a head that was signed before that second; 0 where there is none. */
  lastBefore(sequence: number, iat: number): number {
    let last = 0;
    for (let index = 0; index < this.count; index += 1) {
      const own = this.sequenceOf(index);
      if (own < sequence && own > last && (this.times[index] ?? 0) < iat) last = own;
    }
    return last;
  }

  /** From which sequence on a place keeps heads, any place where none is named; infinite where there are none. */
  keptFrom(place?: HeadPlace): number {
    const bit = place === undefined ? undefined : 1 << HEAD_PLACES.indexOf(place);
    const first = this.order.find((index) => bit === undefined || ((this.places[index] ?? 0) & bit) !== 0);
    return first === undefined ? Number.POSITIVE_INFINITY : this.sequenceOf(first);
  }

  private sequenceOf(index: number | undefined): number {
    return this.sequences[index ?? 0] ?? 0;
  }

  private grow(): void {
    const { sequences, times, digests, places, count } = this;
    this.sequences = new Float64Array(count * 2);
    this.times = new Float64Array(count * 2);
    this.digests = new Uint8Array(count * 2 * DIGEST_BYTES);
    this.places = new Uint8Array(count * 2);
    this.sequences.set(sequences);
    this.times.set(times);
    this.digests.set(digests);
    this.places.set(places);
  }
}
