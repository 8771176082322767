"use client";

declare global {
  // Read by the scroll lock of open dialogs when it adds a style element, which the content policy else refuses.
  var __webpack_nonce__: string | undefined;
}

/** Hands the page's nonce to parts that add style elements while the page lives. */
export function StyleNonce({ nonce }: { nonce: string }): null {
  if (typeof window !== "undefined") globalThis.__webpack_nonce__ ??= nonce;
  return null;
}
