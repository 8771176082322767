/** Name and attributes of the session cookie; `__Host-` wherever the console is served by https. */
export function sessionCookie(baseUrl: string): {
  name: string;
  options: { httpOnly: true; sameSite: "lax"; path: "/"; secure: boolean };
} {
  const secure = baseUrl.startsWith("https:");
  return {
    name: secure ? "__Host-bulkhead.session" : "bulkhead.session",
    options: { httpOnly: true, sameSite: "lax", path: "/", secure },
  };
}

/** The value of one cookie of a `Cookie` header; undefined if it is not there or there twice. */
export function readCookie(header: string | null | undefined, name: string): string | undefined {
  const found = (header ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
  return found.length === 1 ? found[0] : undefined;
}
