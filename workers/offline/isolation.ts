// Cross-origin isolation for hosts that set no headers: without it WebAssembly has no threads. The service worker adds
// the three headers to what comes without them. What needs no change passes through untouched: a rebuilt 304 would be an
// empty script, which a runtime waits on for ever.

const HEADERS: Readonly<Record<string, string>> = {
  // `credentialless` would do for Chromium alone.
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Statuses whose responses have no body; a body, even an empty one, may not be given to them. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** Adds what is missing; what is there stays as the host has it. */
export function addIsolation(headers: Headers): Headers {
  for (const [name, value] of Object.entries(HEADERS)) if (!headers.has(name)) headers.set(name, value);
  return headers;
}

/** The response with headers for isolation: itself where it has them, or where it is none that could be rebuilt. */
export function isolated(response: Response): Response {
  if (WITHOUT_BODY.has(response.status) || (response.type !== 'basic' && response.type !== 'default'))
    return response;
  // A redirect that was followed must stay one: a navigation is refused a response that hides it.
  if (response.redirected) return response;
  if (Object.keys(HEADERS).every((name) => response.headers.has(name))) return response;
  return new Response(response.body, {
    status: response.status,
    statusText: response.statusText,
    headers: addIsolation(new Headers(response.headers)),
  });
}
