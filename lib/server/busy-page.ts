import type { AppError } from "@/lib/platform/errors";

/** What people see while the console starts or has too much to do: plain, and asked again by itself. */
export function busyPage(error: AppError, requestId: string): Response {
  const seconds = Math.max(1, Math.ceil(error.retryAfterSeconds ?? 2));
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${seconds}">
<title>Bulkhead is busy</title>
</head>
<body>
<main>
<h1>Bulkhead is busy</h1>
<p>${error.message}</p>
<p>This page asks again in ${seconds} s. Request ${requestId}.</p>
</main>
</body>
</html>
`;
  return new Response(body, {
    status: 503,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "retry-after": String(seconds),
      "x-request-id": requestId,
    },
  });
}
