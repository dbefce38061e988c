/** Grounding while one writes, over all stores; the clock is the test's. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIVE_LIMIT_MS, LIVE_PAUSE_MS } from './grounding-store.ts';
import { settle } from './testing/fake-port.ts';
import { setUp } from './testing/set-up.ts';

let page: ReturnType<typeof setUp>;
const grounded = () =>
  page.port().requests.flatMap((request) => (request.kind === 'ground' ? [request.expression] : []));
const history = () => page.grounding().entries.map(({ expression }) => expression);
const write = (text: string, composing = false) => page.grounding().setDraft(text, composing);
const pause = async (): Promise<void> => {
  vi.advanceTimersByTime(LIVE_PAUSE_MS);
  await settle();
};
const ask = async (expression: string, total = 100): Promise<void> => {
  page.grounding().ground(expression);
  await settle();
  await page.answerGround({ timings: { patches: 0, text: 1, image: 2, readBack: 3, resize: 0, total } });
};

beforeEach(async () => {
  page = setUp();
  await page.loadModel();
  await page.openImage('a.png');
  await ask('the cat');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what is being written', () => {
  it('is grounded after a pause, and not before', async () => {
    write('the d');
    vi.advanceTimersByTime(LIVE_PAUSE_MS - 1);
    write('the dog');
    vi.advanceTimersByTime(LIVE_PAUSE_MS - 1);
    await settle();
    expect(grounded()).toEqual(['the cat']);
    await pause();
    expect(grounded()).toEqual(['the cat', 'the dog']);
    expect(page.grounding().status).toMatchObject({ phase: 'working', live: true });
    await page.answerGround();
    expect(page.grounding().shown).toMatchObject({ expression: 'the dog', live: true });
  });

  it('stands in the prompt as it was written, blanks and all', async () => {
    write('the dog ');
    await pause();
    expect(page.grounding().draft).toBe('the dog ');
    expect(grounded().at(-1)).toBe('the dog');
  });

  it('leaves one entry in the history, whatever it went through', async () => {
    for (const text of ['the d', 'the dog', 'the dog on the left']) {
      write(text);
      await pause();
      await page.answerGround();
    }
    expect(grounded().length).toBe(4);
    expect(history()).toEqual(['the dog on the left', 'the cat']);
    await ask('the bird');
    expect(history()).toEqual(['the bird', 'the cat']);
  });

  it('stays in the history once Enter is pressed', async () => {
    write('the dog');
    await pause();
    await page.answerGround();
    page.grounding().ground('the dog');
    await settle();
    expect(page.grounding().shown?.live).toBe(false);
    write('the bird');
    await pause();
    await page.answerGround();
    expect(history()).toEqual(['the bird', 'the dog', 'the cat']);
    expect(grounded().length).toBe(3);
  });

  it('is not grounded twice where Enter is pressed while it runs', async () => {
    write('the dog');
    await pause();
    page.grounding().ground('the dog');
    await settle();
    expect(page.grounding().status).toMatchObject({ phase: 'working', live: false });
    await page.answerGround();
    expect(grounded()).toEqual(['the cat', 'the dog']);
    expect(page.grounding().shown?.live).toBe(false);
  });

  it('cancels what is on its way for an earlier state of the text', async () => {
    write('the d');
    await pause();
    const { id } = page.port().last('ground');
    write('the do');
    expect(page.port().last('cancel').target).toBe(id);
    expect(page.grounding().status.phase).toBe('idle');
    await page.answerGround();
    expect(page.grounding().shown?.expression).toBe('the cat');
  });

  it('leaves alone what was asked with Enter', async () => {
    page.grounding().ground('the dog');
    await settle();
    write('the dog on');
    await pause();
    expect(page.port().count('cancel')).toBe(0);
    expect(grounded()).toEqual(['the cat', 'the dog']);
  });
});

describe('nothing is grounded while one writes', () => {
  it.each([
    ['blanks', '   '],
    ['what is shown already', ' the cat'],
    ['far too long a text', 'cat '.repeat(500)],
  ])('for %s', async (_, text) => {
    write(text);
    await pause();
    expect(grounded()).toEqual(['the cat']);
  });

  it('inside an input method', async () => {
    write('いぬ', true);
    await pause();
    expect(grounded()).toEqual(['the cat']);
    write('犬');
    await pause();
    expect(grounded()).toEqual(['the cat', '犬']);
  });

  it('where the person does not want it', async () => {
    page.state.settings.getState().set({ liveGrounding: false });
    write('the dog');
    await pause();
    expect(grounded()).toEqual(['the cat']);
  });

  it('where the network took too long the last time', async () => {
    await ask('the dog', LIVE_LIMIT_MS);
    write('the bird');
    await pause();
    expect(grounded()).toEqual(['the cat', 'the dog']);
  });

  it('before a newly loaded model has answered once', async () => {
    await page.loadModel({ precision: 'fp32' });
    write('the dog');
    await pause();
    expect(grounded()).toEqual(['the cat']);
  });

  it('after Escape', async () => {
    write('the dog');
    page.grounding().cancel();
    await pause();
    expect(grounded()).toEqual(['the cat']);
  });
});

it('what was written when the model went away does not come back as asked for', async () => {
  write('the dog');
  await pause();
  page.port().onerror?.({ message: 'gone' });
  await settle();
  expect(page.grounding().status.phase).toBe('idle');
});
