import { publicKeyShape } from "../public-key";

/** Public keys for tests that never verify by them: points of the curve, whose private halves are no secret. */
export const [KEY_ONE, KEY_TWO] = [
  publicKeyShape.parse({
    kty: "EC",
    crv: "P-256",
    x: "ImLC9e-120S7DVzZ4WLgmt9t4GSCj4JJz9Sybp2O9vQ",
    y: "LqqNrSyo6WfdIEUBV2nTZILwQWoaZ7JnYcpd8mxI7sI",
  }),
  publicKeyShape.parse({
    kty: "EC",
    crv: "P-256",
    x: "kG8YjjV7nrgZMb7R7eKXFxzFX9c509gttFuYN2gawXY",
    y: "N-3cNVifmHXhkAy755gVLjE7sK89mfZbNLB6_X2Rf7g",
  }),
] as const;
