/** Firefox, by WebDriver BiDi, which every release speaks when it is started for it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type Calls, connect, type Message } from './calls.ts';
import { asJson, type Engine, type Tab, WINDOW } from './engine.ts';
import { findProgram, firstMatch } from './programs.ts';

async function openTab(calls: Calls): Promise<Tab> {
  const { context } = await calls.call('browsingContext.create', { type: 'tab' });
  let documents = 0;
  calls.on('browsingContext.domContentLoaded', (params) => {
    if (params.context === context) documents++;
  });
  await calls.call('browsingContext.setViewport', { context, viewport: WINDOW });
  return {
    open: (url) => calls.call('browsingContext.navigate', { context, url, wait: 'interactive' }),
    reload: () => calls.call('browsingContext.reload', { context, wait: 'interactive' }),
    async evaluate(expression) {
      const answer: Message = await calls.call('script.evaluate', {
        expression: asJson(expression),
        target: { context },
        awaitPromise: true,
      });
      if (answer.type === 'exception') throw new Error(answer.exceptionDetails.text);
      return JSON.parse(answer.result.value);
    },
    async screenshot() {
      const { data } = await calls.call('browsingContext.captureScreenshot', { context });
      return Buffer.from(data, 'base64');
    },
    get documents() {
      return documents;
    },
  };
}

export const firefox: Engine = {
  name: 'Firefox',
  install: 'apt-get install firefox-esr, or name it in FIREFOX_PATH',
  find: () => findProgram('FIREFOX_PATH', ['firefox-esr', 'firefox']),

  async start(path, profile) {
    mkdirSync(profile, { recursive: true });
    const child = spawn(
      path,
      ['--headless', '--no-remote', '--remote-debugging-port', '0', '--profile', profile, 'about:blank'],
      // Firefox asks for a HOME of its own; nothing of it may lie beside the profile.
      { env: { ...process.env, HOME: profile }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const exit = once(child, 'exit');
    const address = await firstMatch(child.stderr, /BiDi listening on (ws:\S+)/, 'Firefox');
    const calls = await connect(`${address}/session`);
    const session = await calls.call('session.new', { capabilities: {} });
    await calls.call('session.subscribe', { events: ['browsingContext.domContentLoaded'] });
    return {
      version: session.capabilities.browserVersion,
      newTab: () => openTab(calls),
      async close() {
        await calls.call('browser.close');
        await exit;
      },
    };
  },
};
