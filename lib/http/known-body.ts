const bodies = new WeakMap<Response, string | Uint8Array | AsyncIterable<Uint8Array>>();

/** Keeps what a response was made of, so that the node server need not read it back through the response's stream. */
export function rememberBody(response: Response, body: string | Uint8Array): Response {
  bodies.set(response, body);
  return response;
}

/** Its stream is made for whoever reads one: making it costs more than sending the answer. */
class KnownResponse extends Response {
  readonly #content: string | Uint8Array;

  constructor(content: string | Uint8Array, init: ResponseInit) {
    super(null, init);
    this.#content = content;
  }
  #whole(): Response {
    return new Response(this.#content as BodyInit, { status: this.status, headers: this.headers });
  }
  override get body() {
    return this.#whole().body;
  }
  override arrayBuffer() {
    return this.#whole().arrayBuffer();
  }
  override text() {
    return this.#whole().text();
  }
  override json() {
    return this.#whole().json();
  }
  override clone() {
    return new KnownResponse(this.#content, { status: this.status, headers: this.headers });
  }
}

/** An answer whose content is in memory, to be sent again and again. */
export function knownResponse(content: string | Uint8Array, init: ResponseInit): Response {
  return rememberBody(new KnownResponse(content, init), content);
}

/** An answer whose bytes are read as they are sent; its headers say how many they are. */
export function streamedResponse(
  content: AsyncIterable<Uint8Array>,
  headers: Record<string, string> & { "content-length": string },
): Response {
  let iterator: AsyncIterator<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        iterator ??= content[Symbol.asyncIterator]();
        const { done, value } = await iterator.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await iterator?.return?.();
      },
    },
    // Nothing is opened before somebody reads.
    { highWaterMark: 0 },
  );
  const response = new Response(body, { headers });
  bodies.set(response, content);
  return response;
}

/** What the response was made of, or undefined where only its stream knows. */
export function knownBody(response: Response): string | Uint8Array | AsyncIterable<Uint8Array> | undefined {
  return bodies.get(response);
}
