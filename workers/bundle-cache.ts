// Where the browser keeps files of bundles: one cache, each file under its address and its SHA-256, so that an old and a
// new version of a model lie side by side and are never mixed. The grounding worker reads and fills it; the service
// worker fills it beforehand and clears out what a newer version of the page no longer names.

export const BUNDLE_CACHE = 'hivg-bundles-1';

/**
 * @param url absolute URL of the file
 * @param sha256 in hexadecimal
 * @returns the key, itself an absolute URL
 */
export const bundleKey = (url: string, sha256: string): string => `${url}?sha256=${sha256}`;
