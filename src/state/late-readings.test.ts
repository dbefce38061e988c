/** What is read after the box, over all stores, with a worker that the test plays. */
import { beforeEach, describe, expect, it } from 'vitest';
import { settle } from './testing/fake-port.ts';
import { setUp } from './testing/set-up.ts';

let page: ReturnType<typeof setUp>;
const shown = () => page.grounding().shown;
const kinds = () => page.port().requests.map(({ kind }) => kind);

const ask = async (expression: string): Promise<void> => {
  page.grounding().ground(expression);
  await settle();
  await page.answerGround();
};

/** [CLS] rows whose first value says which grounding they are of. */
const attentionOf = (of: number) => ({
  clsAttention: { data: Float32Array.of(of), shape: [1, 1, 1] },
  wordAttention: { data: Float32Array.of(of), shape: [1, 1, 1, 1] },
  totalMs: 7,
});

const answerAttention = async (): Promise<void> => {
  const { id, of } = page.port().last('attention');
  page.port().answer({ kind: 'attention-done', id, ...attentionOf(of) });
  await settle();
};

const stale = async (kind: 'attention' | 'dense'): Promise<void> => {
  page.port().answer({ kind: 'stale', id: page.port().last(kind).id });
  await settle();
};

const answerDense = async (): Promise<void> => {
  const { id, of } = page.port().last('dense');
  const own = Float32Array.of(of);
  page
    .port()
    .answer({ kind: 'dense-done', id, regRollout: own, tokenSimilarity: own, mask: own, totalMs: 210 });
  await settle();
};

beforeEach(async () => {
  page = setUp();
  await page.loadModel();
  await page.openImage('a.png');
});

describe('the attention of the vision layers', () => {
  it('is asked for when the box is there, and comes into the entry and its times', async () => {
    await ask('the cat');
    expect(shown()?.readings.clsAttention).toBeUndefined();
    expect(page.port().last('attention').of).toBe(page.port().last('ground').id);
    await answerAttention();
    expect(shown()?.readings.clsAttention?.data[0]).toBe(shown()?.groundId);
    expect(shown()?.times.attention).toBe(7);
    expect(page.grounding().entries[0]).toBe(shown());
  });

  it('comes into its own entry though another is shown by then', async () => {
    await ask('the cat');
    const first = page.port().last('attention');
    await ask('the dog');
    page.port().answer({ kind: 'attention-done', id: first.id, ...attentionOf(first.of) });
    await settle();
    expect(shown()?.expression).toBe('the dog');
    expect(shown()?.readings.clsAttention).toBeUndefined();
    expect(page.grounding().entries[1]?.readings.clsAttention?.data[0]).toBe(first.of);
  });

  it('is not asked for again where it has been read: going back runs nothing', async () => {
    await ask('the cat');
    await answerAttention();
    await ask('the dog');
    await answerAttention();
    const before = kinds();
    page.grounding().ground('the cat');
    await settle();
    expect(shown()?.expression).toBe('the cat');
    expect(kinds()).toEqual(before);
  });

  it('that a newer expression made stale does not get in its way, and is read when its entry is shown', async () => {
    await ask('the cat');
    page.grounding().ground('the dog');
    await settle();
    await stale('attention');
    expect(kinds().slice(-3)).toEqual(['ground', 'attention', 'ground']);
    await page.answerGround();
    await answerAttention();

    page.grounding().ground('the cat');
    await settle();
    await stale('attention');
    expect(page.port().last('ground').expression).toBe('the cat');
    await page.answerGround();
    await answerAttention();
    expect(shown()).toMatchObject({ expression: 'the cat', groundId: page.port().last('ground').id });
    expect(shown()?.readings.clsAttention?.data[0]).toBe(shown()?.groundId);
    expect(page.grounding().entries.length).toBe(2);
  });

  it('that a cancelled expression made stale is read after all', async () => {
    await ask('the cat');
    page.grounding().ground('the dog');
    await settle();
    await stale('attention');
    page.grounding().cancel();
    await settle();
    await stale('attention');
    await page.answerGround();
    await answerAttention();
    expect(shown()?.readings.clsAttention).toBeDefined();
  });

  it('of an earlier image never comes into an entry of the same words on the next', async () => {
    await ask('the cat');
    const first = page.port().last('attention');
    await page.openImage('b.png');
    await ask('the cat');
    page.port().answer({ kind: 'attention-done', id: first.id, ...attentionOf(first.of) });
    await settle();
    expect(shown()?.readings.clsAttention).toBeUndefined();
  });

  it('is left out where nothing is bridged', async () => {
    await ask('the cat');
    const { id, of } = page.port().last('attention');
    page.port().answer({ kind: 'attention-done', id, ...attentionOf(of), wordAttention: null });
    await settle();
    expect(shown()?.readings.clsAttention).toBeDefined();
    expect(shown()?.readings).not.toHaveProperty('wordAttention');
  });
});

describe('the dense graph', () => {
  it('runs when asked, says so, and is not run twice', async () => {
    await ask('the cat');
    await answerAttention();
    expect(page.port().count('dense')).toBe(0);
    page.grounding().readDense();
    page.grounding().readDense();
    expect(shown()?.dense.phase).toBe('running');
    await answerDense();
    expect(shown()).toMatchObject({ dense: { phase: 'read' }, times: { dense: 210, attention: 7 } });
    expect(shown()?.readings.mask?.[0]).toBe(shown()?.groundId);
    page.grounding().readDense();
    expect(page.port().count('dense')).toBe(1);
  });

  it('grounds an older entry again first', async () => {
    await ask('the cat');
    await answerAttention();
    await ask('the dog');
    await answerAttention();
    page.grounding().ground('the cat');
    page.grounding().readDense();
    await settle();
    await stale('dense');
    await page.answerGround();
    await answerDense();
    expect(shown()).toMatchObject({ expression: 'the cat', dense: { phase: 'read' } });
    expect(page.port().last('dense').of).toBe(page.port().last('ground').id);
  });

  it('fails in words, for an entry of another precision too, and can be asked again', async () => {
    await ask('the cat');
    await answerAttention();
    page.grounding().readDense();
    const { id } = page.port().last('dense');
    page.port().answer({ kind: 'error', id, error: { code: 'run-failed', message: 'It failed.' } });
    await settle();
    expect(shown()?.dense).toMatchObject({ phase: 'failed', error: { message: 'It failed.' } });
    await page.loadModel({ precision: 'fp32' });
    page.grounding().readDense();
    await settle();
    expect(shown()?.dense.phase).toBe('running');
    await stale('dense');
    expect(shown()?.dense).toMatchObject({ phase: 'failed', error: { code: 'other-model' } });
    expect(page.port().count('ground')).toBe(1);
  });

  it('that was running when its image left can be run when the image is back', async () => {
    await ask('the cat');
    await answerAttention();
    page.grounding().readDense();
    const first = page.state.image.getState().image;
    await page.openImage('b.png');
    await answerDense();
    page.state.image.getState().show(first);
    await settle();
    expect(page.grounding().entries[0]).toMatchObject({ expression: 'the cat', dense: { phase: 'unread' } });
  });
});

describe('the times of an entry', () => {
  it('have decoding and resizing in them, though both were done before the expression came', async () => {
    const { id } = page.port().last('set-image');
    page.port().answer({
      kind: 'image-set',
      id,
      width: 400,
      height: 200,
      timings: { pixelsMs: 40, resizeMs: 11 },
    });
    await settle();
    page.grounding().ground('the cat');
    await settle();
    await page.answerGround({ timings: { patches: 4, text: 1, image: 2, readBack: 3, resize: 0, total: 6 } });
    const { times } = shown() ?? {};
    expect(times).toMatchObject({
      resize: 11,
      patches: 4,
      text: 1,
      image: 2,
      readBack: 3,
      total: 6,
      attention: null,
    });
    expect(times?.decode).toBeGreaterThanOrEqual(40);
  });
});
