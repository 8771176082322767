import { createPublicKey, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../node/crypto";
import { makeKeyPair } from "../../node/make-key-pair";
import { derFromP1363, p1363FromDer } from "./der";
import { compareUtf8, fromBase64Url, fromHex, toBase32, toBase64Url, toHex, utf8Bytes } from "./encoding";
import { pemFromPublicJwk, publicJwkFromPem, thumbprint } from "./jwk";
import { publicKeyShape, readPublicKey, thumbprintShape } from "./public-key";

/** The public key of RFC 8410, 10.1. */
const ED25519 = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----`;

const bytes = fc.uint8Array({ maxLength: 100 });

describe("encodings", () => {
  it("agree with Node's own", () => {
    fc.assert(
      fc.property(bytes, (given) => {
        expect(toBase64Url(given)).toBe(Buffer.from(given).toString("base64url"));
        expect(toHex(given)).toBe(Buffer.from(given).toString("hex"));
        expect(fromBase64Url(toBase64Url(given))).toEqual(given);
        expect(fromHex(toHex(given))).toEqual(given);
      }),
    );
  });

  it("give each text of base64url to one spelling alone", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ABab09-_+/= ") }), (text) => {
        const decoded = fromBase64Url(text);
        if (decoded !== undefined) expect(toBase64Url(decoded)).toBe(text);
      }),
    );
  });

  it("spell base32 as RFC 4648 does, in small letters and without padding", () => {
    const words = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map((word) => toBase32(utf8Bytes(word)));
    expect(words).toEqual(["", "my", "mzxq", "mzxw6", "mzxw6yq", "mzxw6ytb", "mzxw6ytboi"]);
  });

  it("order texts by their bytes", () => {
    const unit = fc.oneof(
      fc.constantFrom("a", "\u00e9", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{1f600}"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.string({ unit }), fc.string({ unit }), (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
      { numRuns: 2000 },
    );
  });
});

const coordinate = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("signatures", () => {
  it("have one DER spelling, and are read back from it", () => {
    fc.assert(
      fc.property(coordinate, coordinate, (r, s) => {
        const signature = Uint8Array.of(...r, ...s);
        const der = derFromP1363(signature);
        expect(p1363FromDer(der)).toEqual(signature);
      }),
    );
  });

  it("are read from no other spelling: what is read is written the same", () => {
    const nearDer = fc.tuple(coordinate, coordinate, fc.nat(71), fc.nat(255)).map(([r, s, at, value]) => {
      const der = derFromP1363(Uint8Array.of(...r, ...s));
      der[at % der.length] = value;
      return der;
    });
    fc.assert(
      fc.property(fc.oneof(nearDer, fc.uint8Array({ maxLength: 80 })), (der) => {
        const signature = p1363FromDer(der);
        if (signature !== undefined) expect(derFromP1363(signature)).toEqual(der);
      }),
      { numRuns: 2000 },
    );
  });

  it("are verified over exact bytes, and by their own key alone", async () => {
    const mine = makeKeyPair();
    const other = makeKeyPair();
    const data = utf8Bytes("message");
    const signature = sign("sha256", data, { key: mine.privateKey, dsaEncoding: "ieee-p1363" });
    const jwk = publicKeyShape.parse(mine.publicKey.export({ format: "jwk" }));
    const otherJwk = publicKeyShape.parse(other.publicKey.export({ format: "jwk" }));
    expect(nodeCrypto.verify(jwk, data, signature)).toBe(true);
    expect(nodeCrypto.verify(jwk, utf8Bytes("messagf"), signature)).toBe(false);
    expect(nodeCrypto.verify(otherJwk, data, signature)).toBe(false);
  });
});

describe("keys", () => {
  it("are read from the PEM that OpenSSL writes, and written back to it", () => {
    const { publicKey } = makeKeyPair();
    const pem = String(publicKey.export({ type: "spki", format: "pem" }));
    const jwk = publicJwkFromPem(pem);
    expect(jwk).toEqual(publicKeyShape.parse(publicKey.export({ format: "jwk" })));
    expect(jwk && pemFromPublicJwk(jwk)).toBe(pem);
  });

  it.each([
    ["another curve", () => makeKeyPair("P-384").publicKey],
    ["another kind", () => createPublicKey(ED25519)],
  ])("of %s are refused", (_, make) => {
    expect(publicJwkFromPem(String(make().export({ type: "spki", format: "pem" })))).toBeUndefined();
  });

  it("are those that Node imports, for 32 bytes each in their one spelling", () => {
    const { x = "", y = "" } = makeKeyPair().publicKey.export({ format: "jwk" });
    const [someX, someY] = [x, y].map((text) => new Uint8Array(Buffer.from(text, "base64url")));
    const near = (point = new Uint8Array(32)) =>
      fc
        .tuple(fc.nat(31), fc.constantFrom(0, 0, 0, 1, 128))
        .map(([at, flip]) => point.map((byte, i) => (i === at ? byte ^ flip : byte)));
    fc.assert(
      fc.property(
        fc.oneof(near(someX), coordinate),
        fc.oneof(near(someY), near(someX), coordinate),
        (first, second) => {
          const jwk = { kty: "EC", crv: "P-256", x: toBase64Url(first), y: toBase64Url(second) };
          expect(readPublicKey(jwk)).toEqual(importsIntoNode(jwk) ? jwk : undefined);
        },
      ),
      { numRuns: 500 },
    );
    expect([
      readPublicKey({ kty: "EC", crv: "P-256", x: "", y }),
      readPublicKey({ kty: "EC", crv: "P-256", x, y: "" }),
    ]).toEqual([undefined, undefined]);
  });

  it("have no second spelling, and neither have their thumbprints", () => {
    fc.assert(
      fc.property(
        coordinate,
        fc.string({ unit: fc.constantFrom(..."ABab09-_"), minLength: 43, maxLength: 43 }),
        (bytes, text) => {
          expect(thumbprintShape.safeParse(toBase64Url(bytes)).success).toBe(true);
          expect(thumbprintShape.safeParse(text).success).toBe(fromBase64Url(text) !== undefined);
        },
      ),
    );
  });

  it("are named by the thumbprint of RFC 7638", async () => {
    const jwk = publicKeyShape.parse({
      kty: "EC",
      crv: "P-256",
      x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    expect(thumbprint(jwk, nodeCrypto)).toBe("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
  });
});

function importsIntoNode(jwk: { kty: string; crv: string; x: string; y: string }): boolean {
  try {
    createPublicKey({ key: jwk, format: "jwk" });
    return true;
  } catch {
    return false;
  }
}
