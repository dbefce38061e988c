/** Undo and the history of images, over all stores. */

import { beforeEach, describe, expect, it } from 'vitest';
import { differences } from './page-undo.ts';
import { DEFAULT_SETTINGS } from './settings-store.ts';
import { settle } from './testing/fake-port.ts';
import { setUp } from './testing/set-up.ts';

let page: ReturnType<typeof setUp>;
const undo = async () => {
  const went = page.state.undo.getState().undo();
  await settle();
  return went;
};
const redo = async () => {
  const went = page.state.undo.getState().redo();
  await settle();
  return went;
};
const ask = async (expression: string): Promise<void> => {
  page.grounding().ground(expression);
  await settle();
  await page.answerGround();
};
const image = () => page.state.image.getState().image;
const shown = () => page.grounding().shown?.expression;
const settings = () => page.state.settings.getState();
const albums = () => page.state.history.getState().albums;

beforeEach(async () => {
  page = setUp();
  await page.loadModel();
  await page.openImage('a.png');
});

describe('undo', () => {
  it('brings the earlier answer back, and redo the later one, without running the network', async () => {
    await ask('the cat');
    await ask('the dog');
    await undo();
    expect(shown()).toBe('the cat');
    expect(page.grounding().draft).toBe('the cat');
    await redo();
    expect(shown()).toBe('the dog');
    expect(page.port().count('ground')).toBe(2);
  });

  it('goes back to before the first answer, and to before the image', async () => {
    await ask('the cat');
    await undo();
    expect(image()?.name).toBe('a.png');
    expect(page.grounding()).toMatchObject({ shown: null, draft: '' });
    await undo();
    expect(image()).toBeNull();
    expect(await undo()).toBeNull();
    await redo();
    await redo();
    expect(shown()).toBe('the cat');
  });

  it('brings an image back with its answers and its pixels', async () => {
    await ask('the cat');
    const bitmap = image()?.bitmap;
    await page.openImage('b.png');
    await ask('the bird');
    await undo();
    await undo();
    expect(image()?.name).toBe('a.png');
    expect(image()?.bitmap).toBe(bitmap);
    expect(shown()).toBe('the cat');
    expect(page.grounding().entries.map(({ expression }) => expression)).toEqual(['the cat']);
    expect(page.released).toEqual([]);
    expect(page.port().count('ground')).toBe(2);
  });

  it('takes back a setting of the display, a dragged slider in one step', async () => {
    settings().set({ colourMap: 'magma' });
    await settle();
    for (const heatMapOpacity of [0.6, 0.5, 0.4, 0.3]) {
      settings().set({ heatMapOpacity });
      await settle();
    }
    await undo();
    expect(settings()).toMatchObject({ heatMapOpacity: DEFAULT_SETTINGS.heatMapOpacity, colourMap: 'magma' });
    await undo();
    expect(settings().colourMap).toBe('viridis');
    await redo();
    await redo();
    expect(settings()).toMatchObject({ heatMapOpacity: 0.3, colourMap: 'magma' });
  });

  it('keeps two sliders apart', async () => {
    settings().set({ heatMapOpacity: 0.3 });
    await settle();
    settings().set({ threshold: 0.2 });
    await settle();
    await undo();
    expect(settings()).toMatchObject({ heatMapOpacity: 0.3, threshold: 0 });
  });

  it('leaves alone what is no display: the theme and the provider', async () => {
    settings().set({ theme: 'dark', provider: 'wasm' });
    await settle();
    settings().set({ heatMapSmooth: false });
    await settle();
    await undo();
    expect(settings()).toMatchObject({ theme: 'dark', provider: 'wasm', heatMapSmooth: true });
  });

  it('takes the choice of map back', async () => {
    await ask('the cat');
    const before = page.state.attention.getState().choice;
    page.state.attention.getState().choose({ source: 'reg', layer: 'rollout', head: 'mean' });
    await settle();
    await undo();
    expect(page.state.attention.getState().choice).toEqual(before);
    expect(shown()).toBe('the cat');
  });

  it('stops what is being looked for', async () => {
    await ask('the cat');
    page.grounding().ground('the dog');
    await settle();
    await undo();
    expect(page.grounding()).toMatchObject({ shown: null, status: { phase: 'idle' } });
  });

  it('says in words what it took back', async () => {
    await ask('the cat');
    settings().set({ heatMapSmooth: false, threshold: 0.1 });
    await settle();
    const settingsStep = await undo();
    expect(settingsStep && differences(...settingsStep)).toEqual(['interpolation', 'threshold']);
    const expressionStep = await undo();
    expect(expressionStep && differences(...expressionStep)).toEqual(['the expression']);
    const imageStep = await undo();
    expect(imageStep && differences(...imageStep)).toEqual(['the image']);
  });
});

describe('the history', () => {
  it('keeps the images in the order in which they were last looked at, each with its answers', async () => {
    await ask('the cat');
    await page.openImage('b.png');
    await ask('the bird');
    const first = albums()[1]?.image;
    if (!first) throw new Error('the first image is gone');
    page.state.image.getState().show(first);
    await settle();
    expect(
      albums().map((album) => [album.image.name, album.entries.map(({ expression }) => expression)]),
    ).toEqual([
      ['a.png', ['the cat']],
      ['b.png', ['the bird']],
    ]);
  });

  it('gives the memory of the oldest image back when there are too many, and its steps with it', async () => {
    for (let i = 0; i < 8; i++) await page.openImage(`${i}.png`);
    expect(page.released).toHaveLength(1);
    expect(albums()).toHaveLength(8);
    for (let i = 0; i < 20; i++) await undo();
    // Only the empty stage is before it.
    expect(image()).toBeNull();
    await redo();
    expect(image()?.name).toBe('0.png');
  });

  it('forgets a removed entry, and undo brings it back with what was read of it', async () => {
    await ask('the cat');
    const key = page.grounding().shown?.key ?? '';
    page.grounding().remove([key]);
    await settle();
    expect(page.grounding()).toMatchObject({ entries: [], shown: null });
    await undo();
    expect(page.grounding().entries).toHaveLength(1);
    expect(shown()).toBe('the cat');
    expect(page.port().count('ground')).toBe(1);
  });

  it('lets other images go when it is cleared', async () => {
    await ask('the cat');
    await page.openImage('b.png');
    page.state.history.getState().clearElsewhere();
    expect(albums().map((album) => album.image.name)).toEqual(['b.png']);
    expect(page.released).toHaveLength(1);
    await undo();
    expect(image()).toBeNull();
  });

  it('lets an entry of another image go, and then the image', async () => {
    await ask('the cat');
    await page.openImage('b.png');
    const [, old] = albums();
    page.state.history.getState().removeElsewhere(old?.image.key ?? 0, old?.entries[0]?.key ?? '');
    expect(albums().map(({ entries }) => entries.length)).toEqual([0, 0]);
    expect(page.released).toEqual([]);
    page.state.history.getState().removeImage(old?.image.key ?? 0);
    expect(albums().map((album) => album.image.name)).toEqual(['b.png']);
    expect(page.released).toEqual([old?.image.bitmap]);
  });
});
