/** One signed-in person as a program uses the console: what the demo and the tests do goes through the same door. */
export type ConsoleSession = {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  /** Name and value of the session cookie, for a browser. */
  cookie: { name: string; value: string };
};

/** What the console refused: its status and code, never its English. */
export class ConsoleRefusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** When it asked to come again, where it said. */
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(`${status} ${code}: ${message}`);
  }
}

class CookieJar {
  readonly #cookies = new Map<string, string>();

  take(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      const value = pair.slice(at + 1);
      if (value === "") this.#cookies.delete(pair.slice(0, at));
      else this.#cookies.set(pair.slice(0, at), value);
    }
  }

  header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  find(ending: string): { name: string; value: string } | undefined {
    for (const [name, value] of this.#cookies) if (name.endsWith(ending)) return { name, value };
    return undefined;
  }
}

/** Signs in by next-auth's own door: `link` with a one-time token, or `password`. Raises where it is refused. */
export async function openConsoleSession(
  baseUrl: string,
  credentials: { provider: "link"; token: string } | { provider: "password"; email: string; password: string },
): Promise<ConsoleSession> {
  const jar = new CookieJar();
  const csrf = await fetch(`${baseUrl}/api/auth/csrf`);
  jar.take(csrf);
  const { csrfToken } = (await csrf.json()) as { csrfToken: string };
  const { provider, ...fields } = credentials;
  const answer = await fetch(`${baseUrl}/api/auth/callback/${provider}`, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", cookie: jar.header(), origin: baseUrl },
    body: new URLSearchParams({ ...fields, csrfToken }),
  });
  jar.take(answer);
  const cookie = jar.find("bulkhead.session");
  if (cookie === undefined) throw new ConsoleRefusal(answer.status, "unauthenticated", "signing in was refused");
  return { ...requests(baseUrl, jar), cookie };
}

function requests(baseUrl: string, jar: CookieJar): Pick<ConsoleSession, "get" | "post"> {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${baseUrl}/api/console/v1/${path}`, {
      method,
      headers: {
        cookie: jar.header(),
        origin: baseUrl,
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
      },
      ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}),
    });
    const text = await response.text();
    if (!response.ok) {
      const refusal = readRefusal(text);
      const after = response.headers.get("retry-after");
      throw new ConsoleRefusal(
        response.status,
        refusal.code,
        `${method} ${path}: ${refusal.message}`,
        after === null ? null : Number(after),
      );
    }
    // The caller names the shape of the contract that this path answers with.
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };
  return {
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
  };
}

function readRefusal(text: string): { code: string; message: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: string; message?: string; details?: unknown } };
    return {
      code: error?.code ?? "unknown",
      message: `${error?.message ?? ""} ${error?.details === undefined ? "" : JSON.stringify(error.details)}`,
    };
  } catch {
    return { code: "unknown", message: text.slice(0, 200) };
  }
}
