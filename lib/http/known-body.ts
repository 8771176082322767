const bodies = new WeakMap<Response, string | Uint8Array>();

/** Keeps what a response was made of, so that the node server need not read it back through the response's stream. */
export function rememberBody(response: Response, body: string | Uint8Array): Response {
  bodies.set(response, body);
  return response;
}

/** What the response was made of, or undefined where only its stream knows. */
export function knownBody(response: Response): string | Uint8Array | undefined {
  return bodies.get(response);
}
