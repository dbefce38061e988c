// Looking at attention on a production build: the atlas, words and patches, two maps at a time, the legend, the patch
// cursor, and how a map is drawn; none of which may ask the worker for anything but the dense graph.

import AxeBuilder from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import sharp from 'sharp';
import { ask, bundledSizes } from './app.ts';

/** The picture is 4 : 3, so that the first and the last row of the square are padding. */
const GRID = bundledSizes.grid;
const HEADS = bundledSizes.grounding.heads;

async function open(page: Page, ...expressions: string[]): Promise<void> {
  await page.goto('./?provider=wasm');
  await page.setInputFiles('input[type=file]', 'public/samples/farm.webp');
  for (const expression of expressions) await ask(page, expression);
  // The vision layers' attention arrives after the box: until then a patch that is pointed at reads nothing.
  await expect(async () => {
    await point(page, 0.5, 0.5);
    await expect(page.getByTestId('word-chip').first()).toHaveAttribute('data-value', /./, { timeout: 500 });
  }).toPass();
  await page.mouse.move(2, 2);
}

const title = (page: Page, pane = 0): Locator => page.getByTestId('map-title').nth(pane);
const number = async (locator: Locator, attribute: string): Promise<number> =>
  Number((await locator.getAttribute(attribute)) ?? Number.NaN);
const pick = (page: Page, name: string): Promise<void> =>
  page.getByRole('radio', { name, exact: true }).check({ force: true });

/** Places the pointer on the stage, in parts of it from its upper left corner. */
async function point(page: Page, across: number, down: number): Promise<void> {
  const stage = await page.locator('.pane-stage').first().boundingBox();
  if (!stage) throw new Error('There is no stage.');
  await page.mouse.move(stage.x + across * stage.width, stage.y + down * stage.height);
}

/** The map as it is drawn, once drawing has come to rest. */
async function drawn(page: Page): Promise<Buffer> {
  await page.mouse.move(2, 2);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return page.locator('.pane-stage').first().screenshot();
}

async function difference(a: Buffer, b: Buffer): Promise<number> {
  const [left, right] = await Promise.all([a, b].map((image) => sharp(image).removeAlpha().raw().toBuffer()));
  if (!left || !right || left.length !== right.length) throw new Error('The stage changed its size.');
  return left.reduce((sum, level, i) => sum + Math.abs(level - (right[i] as number)), 0) / left.length;
}

test('the atlas has every layer and head, and Enter opens the one that arrows have gone to', async ({
  page,
}) => {
  await open(page, 'the tractor');
  await expect(title(page)).toHaveText('[REG] · layer 3 · mean of heads');
  await page.getByRole('button', { name: 'All layers and heads' }).click();
  const atlas = page.getByRole('dialog', { name: 'Layers and heads' });
  // Three layers and their mean; the mean of heads beside each head.
  await expect(atlas.getByTestId('atlas-tile')).toHaveCount(4 * (HEADS + 1));
  await expect(atlas.locator('[aria-current=true]')).toHaveAccessibleName(
    /^\[REG\] · layer 3 · mean of heads/,
  );
  await expect(atlas.locator('[aria-current=true]')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(atlas.locator(':focus')).toHaveAccessibleName(/^\[REG\] · layer 2 · head 2/);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.keyboard.press('Enter');
  await expect(atlas).toBeHidden();
  await expect(title(page)).toHaveText('[REG] · layer 2 · head 2');
});

test('the atlas shows [CLS] and words too, and chooses what to compare with', async ({ page }) => {
  await open(page, 'the tractor');
  await page.getByRole('button', { name: 'All layers and heads' }).click();
  const atlas = page.getByRole('dialog', { name: 'Layers and heads' });
  await atlas.getByRole('radio', { name: 'Words and regions' }).check({ force: true });
  await atlas.getByRole('button', { name: 'the', exact: true }).click();
  await expect(atlas.getByTestId('atlas-tile').first()).toHaveAccessibleName(/^“the” · vision layer 2/);
  await atlas.getByRole('radio', { name: '[CLS] looks at patches' }).check({ force: true });
  await atlas.getByRole('radio', { name: 'Compare with' }).check({ force: true });
  await atlas.getByRole('button', { name: /vision layer 4 · head 1:/ }).click();
  await expect(page.getByTestId('pane')).toHaveCount(2);
  await expect(title(page, 1)).toHaveText('[CLS] · vision layer 4 · head 1');
});

test('a word that is pointed at lights its patches, a press keeps them, another lets go', async ({
  page,
}) => {
  await open(page, 'the tractor');
  const word = page.getByTestId('word-chip').filter({ hasText: 'tractor' });
  await word.hover();
  await expect(title(page)).toHaveText('“tractor” · mean of layers · mean of heads');
  await page.mouse.move(2, 2);
  await expect(title(page)).toHaveText('[REG] · layer 3 · mean of heads');
  await word.click();
  await page.mouse.move(2, 2);
  await expect(title(page)).toHaveText('“tractor” · mean of layers · mean of heads');
  await expect(word).toHaveAttribute('aria-pressed', 'true');
  await word.click();
  await page.mouse.move(2, 2);
  await expect(title(page)).toHaveText('[REG] · layer 3 · mean of heads');
});

test('a word reached with the keyboard lights its patches as well', async ({ page }) => {
  await open(page, 'the tractor');
  await page.getByRole('button', { name: 'All layers and heads' }).focus();
  await page.keyboard.press('Tab');
  await expect(title(page)).toHaveText('“the” · mean of layers · mean of heads');
  await page.keyboard.press('Tab');
  await expect(title(page)).toHaveText('“tractor” · mean of layers · mean of heads');
});

test('a patch that is pointed at writes what it reads under each word, and its number under the map', async ({
  page,
}) => {
  await open(page, 'the tractor');
  const words = page.getByTestId('word-chip');
  await expect(words.first()).not.toHaveAttribute('data-value');
  await point(page, 0.5, 0.5);
  const shares = await words.evaluateAll((chips) => chips.map((chip) => Number(chip.dataset.value)));
  expect(shares).toHaveLength(2);
  expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
  const value = page.getByTestId('map-value');
  expect(await number(value, 'data-value')).toBeGreaterThanOrEqual(0);
  await page.mouse.move(2, 2);
  await expect(value).not.toHaveAttribute('data-value');
});

test('the legend’s numbers are the map’s own range, or the fixed one', async ({ page }) => {
  await open(page, 'the tractor');
  const legend = page.getByTestId('map-legend');
  for (const source of ['[REG] looks at patches', '[CLS] looks at patches', 'Token similarity']) {
    await pick(page, source);
    await expect(legend).toBeVisible();
    expect(await number(legend, 'data-min')).toBe(await number(page.getByTestId('map-min'), 'data-value'));
    expect(await number(legend, 'data-max')).toBe(await number(page.getByTestId('map-max'), 'data-value'));
  }
  await pick(page, '[REG] looks at patches');
  await pick(page, 'Fixed');
  await page.getByLabel('Up to').fill('0.2');
  await expect(legend).toHaveAttribute('data-min', '0');
  await expect(legend).toHaveAttribute('data-max', '0.2');
});

test('two expressions on one image stand side by side, and their difference is symmetric about zero', async ({
  page,
}) => {
  await open(page, 'the tractor', 'the cow');
  await pick(page, 'Side by side');
  await expect(page.getByTestId('pane')).toHaveCount(2);
  await expect(title(page, 0)).toContainText('“the cow”');
  await expect(title(page, 1)).toContainText('“the tractor”');
  const values = page.getByTestId('map-value');
  // The same patch, whether the picture is large or small: a little off its middle, where four of them meet.
  await point(page, 0.53, 0.47);
  const cell = [await number(values.first(), 'data-row'), await number(values.first(), 'data-column')];
  const [a, b] = [await number(values.nth(0), 'data-value'), await number(values.nth(1), 'data-value')];
  expect(a).not.toBe(b);
  await pick(page, 'Difference');
  await expect(page.getByTestId('pane')).toHaveCount(1);
  await point(page, 0.53, 0.47);
  expect([await number(values, 'data-row'), await number(values, 'data-column')]).toEqual(cell);
  expect(await number(values, 'data-value')).toBeCloseTo(a - b, 6);
  const legend = page.getByTestId('map-legend');
  expect(await number(legend, 'data-min')).toBe(-(await number(legend, 'data-max')));
  await pick(page, 'Off');
  await expect(title(page)).toHaveText('[REG] · layer 3 · mean of heads');
});

test('two panes zoom together', async ({ page }) => {
  await open(page, 'the tractor');
  await pick(page, 'Side by side');
  const right = page.locator('.pane-stage').nth(1);
  const before = await right.screenshot();
  await page.getByRole('button', { name: 'Zoom in' }).first().click();
  await page.getByRole('button', { name: 'Zoom in' }).first().click();
  await expect.poll(async () => difference(before, await right.screenshot())).toBeGreaterThan(5);
});

test('the threshold shows the image where there is little, and the whole scale hides it all', async ({
  page,
}) => {
  await open(page, 'the left dog');
  await pick(page, 'Full wash');
  const whole = await drawn(page);
  await page.getByLabel('Threshold').fill('0.5');
  const half = await drawn(page);
  await page.getByRole('switch', { name: /heat map/i }).click();
  const none = await drawn(page);
  const [all, some] = [await difference(whole, none), await difference(half, none)];
  expect(some).toBeGreaterThan(0.3);
  expect(some).toBeLessThan(all / 2);
});

test('the picture keeps its colours where attention is low, until a full wash is asked for', async ({
  page,
}) => {
  await open(page, 'the tractor');
  const glow = await drawn(page);
  await expect(page.getByTestId('map-legend')).toContainText('clear where it is low');
  await page.getByRole('switch', { name: /heat map/i }).click();
  const none = await drawn(page);
  await page.getByRole('switch', { name: /heat map/i }).click();
  await pick(page, 'Full wash');
  const wash = await drawn(page);
  await expect(page.getByTestId('map-legend')).not.toContainText('clear where it is low');
  // Something is drawn, and it leaves nearly all of the picture as it is.
  const [little, much] = [await difference(glow, none), await difference(wash, none)];
  expect(little).toBeGreaterThan(0.05);
  expect(little).toBeLessThan(much / 8);
});

test('every way to draw a map changes the picture, and none runs the network', async ({ page }) => {
  await open(page, 'the tractor');
  const asked = await page.evaluateHandle(() => {
    const posts: unknown[] = [];
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (this: Worker, ...args: unknown[]) {
      posts.push(args[0]);
      return Reflect.apply(post, this, args);
    } as typeof post;
    return posts;
  });
  let before = await drawn(page);
  const changes = [
    () => pick(page, 'Patches'),
    () => pick(page, 'Full wash'),
    () => pick(page, 'Magma'),
    () => pick(page, 'Cividis'),
    () => pick(page, 'Greys'),
    () => pick(page, '50 %'),
    () => page.getByLabel('Patch grid').check(),
    () => page.getByLabel('Opacity').fill('0.9'),
    () => page.getByLabel('Head', { exact: true }).selectOption('2'),
    () => page.getByLabel('Layer', { exact: true }).selectOption('0'),
    () => pick(page, '[CLS] looks at patches'),
    () => page.getByLabel('Paper frame').check(),
  ];
  for (const change of changes) {
    await change();
    const after = await drawn(page);
    expect(await difference(before, after), change.toString()).toBeGreaterThan(0.05);
    before = after;
  }
  expect(await asked.jsonValue()).toEqual([]);
});

test('the mask is computed when it is asked for, outlined, with its own time and probabilities', async ({
  page,
}) => {
  await open(page, 'the tractor');
  await expect(page.getByTestId('dense-time')).toHaveCount(0);
  await pick(page, 'Mask');
  const legend = page.getByTestId('map-legend');
  await expect(legend).toHaveAttribute('data-max', '1');
  await expect(page.getByTestId('dense-time')).toHaveText(/\d (ms|s)$/);
  await point(page, 0.5, 0.5);
  const value = page.getByTestId('map-value');
  expect(await number(value, 'data-value')).toBeGreaterThanOrEqual(0);
  expect(await number(value, 'data-row')).toBeGreaterThan(GRID);
});

test('arrow keys go from patch to patch, and each is said with its number', async ({ page }) => {
  await open(page, 'the tractor');
  await page.getByRole('switch', { name: /heat map/i }).focus();
  await page.keyboard.press('v');
  const value = page.getByTestId('map-value');
  // It begins at the highest.
  expect(await number(value, 'data-value')).toBe(await number(page.getByTestId('map-max'), 'data-value'));
  const [row, column] = [await number(value, 'data-row'), await number(value, 'data-column')];
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect(value).toHaveAttribute('data-row', String(row + 1));
  await expect(value).toHaveAttribute('data-column', String(column + 1));
  await expect(
    page.getByRole('status').filter({ hasText: `Row ${row + 2}, column ${column + 2}:` }),
  ).toBeAttached();
  // Padding is no part of the image: 4 : 3, so an eighth of the square above it.
  for (let i = 0; i < GRID; i++) await page.keyboard.press('ArrowUp');
  await expect(value).toHaveAttribute('data-row', String(Math.floor(GRID / 8)));
});

test('what is inside the box and how [REG] divides its attention are stated, and sum to one', async ({
  page,
}) => {
  await open(page, 'the tractor');
  await expect(page.getByTestId('map-in-words')).toContainText(
    /inside the box, which covers \d+ % of the image/,
  );
  expect(await number(page.getByTestId('inside-share'), 'data-value')).toBeGreaterThan(
    await number(page.getByTestId('inside-area'), 'data-value'),
  );
  const parts = page.locator('.shares dd');
  await expect(parts).toHaveCount(4);
  const shares = await parts.evaluateAll((cells) =>
    cells.map((cell) => Number((cell as HTMLElement).dataset.value)),
  );
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 3);
});

for (const [width, colorScheme] of [
  [360, 'light'],
  [1440, 'dark'],
] as const) {
  test(`axe finds nothing while two maps are compared at ${width} px in ${colorScheme}`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await open(page, 'the left zebrafinch', 'the tractor');
    await pick(page, 'Fixed');
    await pick(page, 'Difference');
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await pick(page, 'Side by side');
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
}
