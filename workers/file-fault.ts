// Why a script or a WebAssembly file of the page's own did not load: asked for once more, and looked at.

export interface FileFault {
  /** A sentence that names the file. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

const ON_HOST = 'Put the whole built page on the host again, then try again.';

/** @returns null where nothing is wrong with the file */
export async function fileFault(
  url: URL,
  get: (url: URL, init: RequestInit) => Promise<Response> = fetch,
): Promise<FileFault | null> {
  const name = url.pathname.replace(/^.*\//, '');
  let response: Response;
  try {
    response = await get(url, { cache: 'no-cache' });
  } catch {
    return { message: `${name} could not be fetched.`, hint: 'Check the connection and try again.' };
  }
  if (!response.ok) return { message: `${name} is missing on the host (${response.status}).`, hint: ON_HOST };
  const type = response.headers.get('Content-Type') ?? 'no type';
  const isWasm = name.endsWith('.wasm');
  if (!isWasm && !/\b(?:java|ecma)script\b/.test(type)) {
    return {
      message: `${name} is served as ${type}, not as a script.`,
      hint: 'Have the host serve .mjs and .js as text/javascript, then try again.',
    };
  }
  if (type.startsWith('text/html')) {
    return { message: `The host answers with a web page where ${name} should be.`, hint: ON_HOST };
  }
  const bytes = await response.arrayBuffer().catch(() => null);
  if (bytes === null || (isWasm && !WebAssembly.validate(bytes))) {
    return { message: `${name} is damaged or was cut short.`, hint: ON_HOST };
  }
  return null;
}
