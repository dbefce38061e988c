/** The page's address parameters, for tests and tinkerers: ?provider=wasm&precision=int8&model=hivg-mini&threads=2 */
import { PRECISIONS, PROVIDERS, type Precision, type Provider } from '../grounding/providers.ts';

export interface PageQuery {
  readonly provider: Provider | null;
  readonly precision: Precision | null;
  readonly model: string | null;
  readonly threads: number | null;
  /** Sentences about parameters that make no sense and were left aside. */
  readonly complaints: readonly string[];
}

const MAX_THREADS = 64;

export function readQuery(search: string): PageQuery {
  const parameters = new URLSearchParams(search);
  const complaints: string[] = [];
  const choice = <T extends string>(name: string, allowed: readonly T[]): T | null => {
    const given = parameters.get(name);
    if (given === null || given === 'auto') return null;
    const found = allowed.find((value) => value === given);
    if (found) return found;
    complaints.push(`The address asks for ${name} "${given}"; there is ${allowed.join(', ')}.`);
    return null;
  };
  const given = parameters.get('threads');
  const threads = given === null ? null : Number(given);
  const threadsMakeSense =
    threads === null || (Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS);
  if (!threadsMakeSense)
    complaints.push(`The address asks for "${given}" threads; a number from 1 is meant.`);
  return {
    provider: choice('provider', PROVIDERS),
    precision: choice('precision', PRECISIONS),
    model: parameters.get('model'),
    threads: threadsMakeSense ? threads : null,
    complaints,
  };
}
