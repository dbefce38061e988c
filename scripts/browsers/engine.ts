/**
 * What the tests ask of a browser, whichever it is. Each engine is driven by a protocol that it speaks as its
 * distribution ships it; no patched build and no driver program is needed.
 */

export interface Tab {
  /**
   * Goes to an address and returns when its document has been parsed.
   *
   * @throws {Error} in the browser's own words, where no page came and the browser says so; one that shows its
   *   error page in silence returns
   */
  open(address: string): Promise<void>;
  reload(): Promise<void>;
  /**
   * Evaluates an expression in the page; a promise is waited for.
   *
   * @returns its value after JSON; null for undefined
   * @throws {Error} what the expression threw, and while the tab is between two documents
   */
  evaluate(expression: string): Promise<unknown>;
  /** A PNG of what the window shows. */
  screenshot(): Promise<Uint8Array>;
  /** Documents that this tab has parsed, the browser's own error pages included where it counts them. */
  readonly documents: number;
}

export interface Browser {
  /** As the browser gives it: "153.7.0". */
  readonly version: string;
  /** Opens a tab with an empty page. */
  newTab(): Promise<Tab>;
  /** Ends the browser as a person would, so that it writes its profile. */
  close(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  /** What to do where it is not found, in words. */
  readonly install: string;
  /** Where it is on this machine; undefined where it is not. */
  find(): string | undefined;
  /** Starts it with a profile: a folder, which an earlier start may have filled. */
  start(path: string, profile: string): Promise<Browser>;
}

/** The size of every window, in CSS pixels. */
export const WINDOW = { width: 1440, height: 900 };

/** An expression that gives another's value as JSON text: the form in which all three protocols carry it. */
export const asJson = (expression: string): string =>
  `(async () => JSON.stringify((await (${expression})) ?? null))()`;
