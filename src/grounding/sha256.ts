// SHA-256 as manifests write it.

/** Browsers compute no hashes for a page on plain http: what comes over such a connection could not be trusted anyway. */
export class InsecureAddressError extends Error {
  override readonly name = 'InsecureAddressError';
  readonly code = 'insecure-address';
  constructor() {
    super(
      'This address is not secure, so the browser cannot check the model: open the page over https, or at localhost on the machine that serves it.',
    );
  }
}

/**
 * SHA-256 in hexadecimal.
 *
 * @throws {InsecureAddressError} on a page that was loaded over plain http from another machine
 */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (!globalThis.crypto?.subtle) throw new InsecureAddressError();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
