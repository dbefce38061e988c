/**
 * A window of WebKit by its inspector. Messages for a page are wrapped into those for its target, and the
 * target changes when a document must live in another process: after COOP, for one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Calls, type Message } from './calls.ts';
import { asJson, type Tab, WINDOW } from './engine.ts';

const LIMIT_MS = 60_000;

export class WebKitPage implements Tab {
  readonly #browser: Calls;
  readonly #targets = new Map<string, Calls>();
  #current = '';
  documents = 0;

  private constructor(browser: Calls) {
    this.#browser = browser;
  }

  /** @param browser the inspector's connection to one window */
  static async attach(browser: Calls): Promise<WebKitPage> {
    const page = new WebKitPage(browser);
    const there = new Promise<void>((resolve) => {
      browser.on('Target.targetCreated', ({ targetInfo }) => {
        if (targetInfo.type !== 'page') return;
        page.#add(targetInfo.targetId);
        if (!targetInfo.isProvisional) page.#current = targetInfo.targetId;
        resolve();
      });
    });
    browser.on('Target.didCommitProvisionalTarget', ({ newTargetId }) => {
      page.#current = newTargetId;
    });
    browser.on('Target.targetDestroyed', ({ targetId }) => {
      page.#targets.get(targetId)?.end('the page went to another process');
      page.#targets.delete(targetId);
    });
    browser.on('Target.dispatchMessageFromTarget', ({ targetId, message }) =>
      page.#targets.get(targetId)?.receive(message),
    );
    await there;
    return page;
  }

  #add(targetId: string): void {
    const target = new Calls((message) => {
      this.#browser
        .call('Target.sendMessageToTarget', { targetId, message })
        .catch((error: Error) => target.end(error.message));
    });
    this.#targets.set(targetId, target);
    target.on('Page.domContentEventFired', () => {
      this.documents++;
    });
    target.call('Page.enable').catch(() => {}); // a target that goes at once has no documents to count
  }

  #call(method: string, params: object): Promise<Message> {
    const target = this.#targets.get(this.#current);
    if (!target) throw new Error('the window is gone');
    return target.call(method, params);
  }

  async #untilNextDocument(act: () => Promise<unknown>): Promise<void> {
    const before = this.documents;
    await act();
    for (const end = Date.now() + LIMIT_MS; this.documents === before; await pause(20)) {
      if (Date.now() > end) throw new Error('no document came');
    }
  }

  open(url: string): Promise<void> {
    return this.#untilNextDocument(() => this.#call('Page.navigate', { url }));
  }

  reload(): Promise<void> {
    return this.#untilNextDocument(() => this.#call('Page.reload', {}));
  }

  async evaluate(expression: string): Promise<unknown> {
    const begun = await this.#call('Runtime.evaluate', { expression: asJson(expression) });
    const { result, wasThrown } = await this.#call('Runtime.awaitPromise', {
      promiseObjectId: begun.result.objectId,
      returnByValue: true,
    });
    if (wasThrown) throw new Error(result.description ?? String(result.value));
    return JSON.parse(result.value);
  }

  async screenshot(): Promise<Uint8Array> {
    const { dataURL } = await this.#call('Page.snapshotRect', {
      x: 0,
      y: 0,
      ...WINDOW,
      coordinateSystem: 'Viewport',
    });
    return Buffer.from(dataURL.slice(dataURL.indexOf(',') + 1), 'base64');
  }

  async close(): Promise<void> {
    // May be gone before it answers, and then nothing comes.
    await Promise.race([this.evaluate('void setTimeout(() => close())').catch(() => {}), pause(2000)]);
  }
}
