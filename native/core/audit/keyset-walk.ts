import { fromBase64Url } from "../crypto/encoding";
import type { CryptoPort } from "../crypto/port";
import type { RefusalCode } from "../documents/judge-claims";
import { type RootTrust, verifyKeyset } from "../documents/verify-keyset";
import { isJsonObject, parseJson } from "../json/parse-json";
import type { KeysetClaims } from "../shapes/claims";

export type WalkedKeyset = { claims: KeysetClaims; payloadSha256: string };

/**
 * Walks keysets in their order from the root keys on, as devices do but without a clock: a keyset that has ended, or was
 * issued by a clock that was ahead, still signed what it signed.
 */
export class KeysetWalk {
  readonly walked: WalkedKeyset[] = [];
  readonly claims: KeysetClaims[] = [];

  constructor(private readonly options: { trust: RootTrust; platform?: string; crypto: CryptoPort }) {}

  /** The platform of the log: the one that was asked for, else the one that the first keyset's roots signed. */
  get platform(): string {
    return this.options.platform ?? this.claims[0]?.platform ?? "";
  }

  /** Takes the next keyset, the JWS as published; undefined where it follows, else why it does not. */
  take(jws: string): RefusalCode | undefined {
    const verdict = verifyKeyset({
      jws,
      trusted: this.claims.at(-1) ?? this.options.trust,
      platform: this.options.platform ?? this.claims[0]?.platform ?? platformNamedIn(jws),
      now: Number.MAX_SAFE_INTEGER,
      crypto: this.options.crypto,
    });
    const document = verdict.result === "accepted" ? verdict.document : verdict.expired;
    if (document === undefined) return verdict.result === "refused" ? verdict.code : undefined;
    this.walked.push({ claims: document.claims, payloadSha256: document.payloadSha256 });
    this.claims.push(document.claims);
    return undefined;
  }
}

/** What a keyset says of itself; it is believed only once the roots' signatures hold. */
function platformNamedIn(jws: string): string {
  const parsed = parseJson(jws);
  const payload = parsed.ok && isJsonObject(parsed.value) ? parsed.value.payload : undefined;
  const bytes = typeof payload === "string" ? fromBase64Url(payload) : undefined;
  const claims = bytes && parseJson(bytes);
  const platform = claims?.ok && isJsonObject(claims.value) ? claims.value.platform : undefined;
  return typeof platform === "string" ? platform : "";
}
