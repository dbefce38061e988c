/**
 * The two lists that ship beside the page: which models there are (`models/index.json`) and which sample
 * images (`samples/samples.json`). Both are checked field by field, since somebody may edit or replace them.
 */

export interface ModelChoice {
  readonly id: string;
  readonly title: string;
  /** Absolute URL of the bundle's folder, same origin, ending in a slash. */
  readonly url: string;
}

export interface Sample {
  /** Absolute URL of the image. */
  readonly url: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly alt: string;
  readonly expressions: readonly string[];
}

export class CatalogueError extends Error {
  readonly code: 'unreachable' | 'malformed' | 'unknown-model' | 'other-origin';

  constructor(code: CatalogueError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CatalogueError';
    this.code = code;
  }
}

/** Fetches and parses; throws for anything that is not there or not JSON. */
export type FetchJson = (url: string) => Promise<unknown>;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function fetchList(fetchJson: FetchJson, url: string): Promise<readonly unknown[]> {
  let found: unknown;
  try {
    found = await fetchJson(url);
  } catch (cause) {
    throw new CatalogueError('unreachable', `${new URL(url).pathname} could not be read.`, { cause });
  }
  if (!Array.isArray(found)) throw new CatalogueError('malformed', `${new URL(url).pathname} is not a list.`);
  return found;
}

/** A folder on this page's own origin; anything else is refused, whoever names it. */
export function bundleFolder(relative: string, base: string): string {
  const url = new URL(relative.endsWith('/') ? relative : `${relative}/`, base);
  if (url.origin !== new URL(base).origin) {
    throw new CatalogueError(
      'other-origin',
      `${url.href} is on another origin; models come from this one only.`,
    );
  }
  return url.href;
}

/** Reads `models/index.json` beside the page at `base`. Throws `CatalogueError`. */
export async function fetchModelChoices(fetchJson: FetchJson, base: string): Promise<ModelChoice[]> {
  const entries = await fetchList(fetchJson, new URL('models/index.json', base).href);
  const choices = entries.map((entry) => {
    if (!isRecord(entry) || typeof entry.id !== 'string' || typeof entry.url !== 'string') {
      throw new CatalogueError('malformed', 'models/index.json has an entry without id or url.');
    }
    return {
      id: entry.id,
      title: typeof entry.title === 'string' ? entry.title : entry.id,
      url: bundleFolder(entry.url, base),
    };
  });
  if (choices.length === 0) throw new CatalogueError('malformed', 'models/index.json names no model.');
  return choices;
}

/** The model that was asked for: an id of the list or a folder on this origin; else the list's first. */
export function chooseModel(
  choices: readonly ModelChoice[],
  wanted: string | null,
  base: string,
): ModelChoice {
  const first = choices[0];
  if (!first) throw new CatalogueError('malformed', 'models/index.json names no model.');
  if (wanted === null) return first;
  const known = choices.find(({ id }) => id === wanted);
  if (known) return known;
  if (wanted.includes('/')) return { id: wanted, title: wanted, url: bundleFolder(wanted, base) };
  throw new CatalogueError(
    'unknown-model',
    `There is no model "${wanted}" here, only ${choices.map(({ id }) => id).join(', ')}.`,
  );
}

/** Reads `samples/samples.json`. Entries that make no sense are left out: a page without samples still works. */
export async function fetchSamples(fetchJson: FetchJson, base: string): Promise<Sample[]> {
  const folder = new URL('samples/', base);
  const entries = await fetchList(fetchJson, new URL('samples.json', folder).href);
  return entries.flatMap((entry) => {
    if (!isRecord(entry) || typeof entry.file !== 'string') return [];
    const expressions = Array.isArray(entry.expressions) ? entry.expressions : [];
    return {
      url: new URL(entry.file, folder).href,
      name: entry.file,
      width: typeof entry.width === 'number' ? entry.width : 4,
      height: typeof entry.height === 'number' ? entry.height : 3,
      alt: typeof entry.alt === 'string' ? entry.alt : '',
      expressions: expressions.filter((text) => typeof text === 'string'),
    };
  });
}
