// What is exported is opened and looked into: sizes, boxes where they belong, numbers that are the page's own and the
// command line's; the clipboard; a ground truth drawn by hand; and the keyboard's way from a file to a figure.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import sharp from 'sharp';
import { readSafetensors } from '../src/grounding/safetensors.ts';
import { answered, ask, type Box, BUNDLED, PATIENCE } from './app.ts';

/** One thread: what is tested here is not speed, and threads wait for one another on a busy machine. */
const PAGE = './?provider=wasm&threads=1';
const EXPRESSION = 'the tractor';
const SIZE = { width: 640, height: 480 };
/** The true box that is drawn by hand. */
const TRUTH = { x1: 300, y1: 100, x2: 500, y2: 300 };
const RED = [229, 48, 74];
const LIME = [0, 240, 0];

let folder: string;
let png: string;

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hivg-export-'));
  png = join(folder, 'farm.png');
  await sharp('public/samples/farm.webp').resize(SIZE.width, SIZE.height).png().toFile(png);
});

test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(page: Page): Promise<Box> {
  await page.goto(PAGE);
  await page.setInputFiles('input[type=file]', png);
  return ask(page, EXPRESSION);
}

/** Where a pixel of the image is on the screen; the whole image is in sight, in the middle of its stage. */
async function onScreen(page: Page, x: number, y: number): Promise<[number, number]> {
  const stage = await page.locator('.image-stage').boundingBox();
  const scale = Number(await page.getByTestId('zoom').getAttribute('data-zoom'));
  if (!stage) throw new Error('no stage');
  return [
    stage.x + stage.width / 2 + (x - SIZE.width / 2) * scale,
    stage.y + stage.height / 2 + (y - SIZE.height / 2) * scale,
  ];
}

async function drawTruth(page: Page): Promise<number> {
  await page.getByRole('button', { name: 'Draw the ground truth' }).click();
  await page.mouse.move(...(await onScreen(page, TRUTH.x1, TRUTH.y1)));
  await page.mouse.down();
  await page.mouse.move(...(await onScreen(page, 400, 250)));
  await page.mouse.move(...(await onScreen(page, TRUTH.x2, TRUTH.y2)));
  await page.mouse.up();
  await page.getByRole('button', { name: 'Draw the ground truth' }).click();
  return Number(await page.getByTestId('iou').getAttribute('data-iou'));
}

/** The truth as the page has it: a pixel of the screen may be two of the image. */
async function truthOf(page: Page): Promise<typeof TRUTH> {
  const edge = async (name: string) => Number(await page.getByLabel(name, { exact: true }).inputValue());
  return { x1: await edge('Left'), y1: await edge('Top'), x2: await edge('Right'), y2: await edge('Bottom') };
}

async function saved(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  await expect(page.getByRole('dialog').getByText('Saved as')).toBeVisible();
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

const choose = (page: Page, kind: string) => page.getByRole('radio', { name: kind }).check({ force: true });

async function pixelsOf(bytes: Buffer) {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): number[] => {
    const start = (Math.round(y) * info.width + Math.round(x)) * 3;
    return [...data.subarray(start, start + 3)];
  };
  return { width: info.width, height: info.height, at };
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));

const overlapOf = (a: typeof TRUTH, b: typeof TRUTH): number => {
  const width = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1));
  const height = Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  const area = (box: typeof TRUTH) => (box.x2 - box.x1) * (box.y2 - box.y1);
  return (width * height) / (area(a) + area(b) - width * height);
};

test('what is saved is what is seen: picture, figure and numbers', async ({ page }) => {
  const box = await open(page);
  const iou = await drawTruth(page);
  const truth = await truthOf(page);
  for (const [edge, wanted] of Object.entries(TRUTH)) {
    expect(Math.abs(truth[edge as keyof typeof TRUTH] - wanted)).toBeLessThanOrEqual(2);
  }
  const predicted = {
    x1: box.left * SIZE.width,
    y1: box.top * SIZE.height,
    x2: box.right * SIZE.width,
    y2: box.bottom * SIZE.height,
  };
  expect(iou).toBeCloseTo(overlapOf(predicted, truth), 2);

  // The number that the page states for a patch, to be found again in the file.
  await page.mouse.move(...(await onScreen(page, 200, 200)));
  const stated = page.locator('[data-testid=map-value][data-value]');
  await expect(stated).toBeVisible();
  const [value, row, column] = await Promise.all(
    ['data-value', 'data-row', 'data-column'].map(async (name) => Number(await stated.getAttribute(name))),
  );

  await page.getByRole('button', { name: 'Export…' }).click();

  const picture = await saved(page, 'Save PNG');
  expect(picture.name).toBe('farm-the-tractor.png');
  const seen = await pixelsOf(picture.bytes);
  expect(seen).toMatchObject(SIZE);
  expect(distance(seen.at(truth.x2, (truth.y1 + truth.y2) / 2), LIME)).toBeLessThan(40);
  expect(distance(seen.at((truth.x1 + truth.x2) / 2, truth.y1), LIME)).toBeLessThan(40);
  expect(distance(seen.at(predicted.x1, (predicted.y1 + predicted.y2) / 2), RED)).toBeLessThan(40);

  await choose(page, 'Figure');
  const figure = await saved(page, 'Save PNG');
  const drawing = await saved(page, 'Save SVG');
  expect(drawing.name).toBe('farm-the-tractor-figure.svg');
  const svg = await page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
    const rect = (id: string) => {
      const found = parsed.getElementById(id);
      const number = (name: string) => Number(found?.getAttribute(name));
      return { x: number('x'), y: number('y'), width: number('width'), height: number('height') };
    };
    const colour = (id: string) => parsed.getElementById(id)?.getAttribute('stroke');
    return {
      wrong: parsed.querySelector('parsererror')?.textContent ?? null,
      picture: rect('picture'),
      prediction: rect('prediction'),
      truth: rect('ground-truth'),
      colours: [colour('prediction'), colour('ground-truth')],
      words: [...parsed.querySelectorAll('text')].map(({ textContent }) => textContent),
      hrefs: [...parsed.querySelectorAll('image')].map((image) => image.getAttribute('href')?.slice(0, 15)),
      width: Number(parsed.documentElement.getAttribute('width')),
    };
  }, drawing.bytes.toString('utf8'));
  expect(svg.wrong).toBeNull();
  const scale = svg.picture.width / SIZE.width;
  expect(svg.prediction.x).toBeCloseTo(svg.picture.x + predicted.x1 * scale, 3);
  expect(svg.prediction.height).toBeCloseTo((predicted.y2 - predicted.y1) * scale, 3);
  expect(svg.truth.y).toBeCloseTo(svg.picture.y + truth.y1 * scale, 3);
  expect(svg.colours).toEqual(['#00ffff', '#00ff00']);
  expect(svg.words).toContain('“the tractor”');
  expect(svg.words.join(' ')).toMatch(/ground truth \(IoU 0\.\d\d\)/);
  expect(new Set(svg.hrefs)).toEqual(new Set(['data:image/png;']));
  // The PNG is the same drawing, larger.
  const printed = await pixelsOf(figure.bytes);
  const dots = printed.width / svg.width;
  const { x, y, height } = svg.truth;
  expect(distance(printed.at(x * dots, (y + height / 2) * dots), [0, 255, 0])).toBeLessThan(30);

  await choose(page, 'Data');
  const { bytes } = await saved(page, 'Save JSON');
  const data = JSON.parse(bytes.toString('utf8'));
  expect(data.box.x1).toBeCloseTo(predicted.x1, 6);
  expect(data.groundTruth).toMatchObject({ box: truth, iou, iouIn: 'padded square' });
  expect(data.display.map).toMatchObject({ source: 'reg', head: 'mean' });
  const reg = data.readings.reg_attention;
  const [layers, heads, tokens] = reg.shape as [number, number, number];
  const place = 2 + (row ?? 0) * data.grid + (column ?? 0);
  const of = (head: number) => reg.data[((layers - 1) * heads + head) * tokens + place] as number;
  const mean = Array.from({ length: heads }, (_, head) => of(head)).reduce((a, b) => a + b) / heads;
  expect(Math.fround(mean)).toBe(value);

  // Kernels of int8 round otherwise on another machine: places exactly, numbers closely.
  const file = join(folder, 'dump.safetensors');
  const args = ['node_modules/tsx/dist/cli.mjs', 'cli/hivg.ts', 'ground', png, EXPRESSION];
  const model = ['--model', BUNDLED, '--precision', 'int8'];
  const said = execFileSync(process.execPath, [...args, ...model, '--json', '--dump', file]).toString();
  const cli = JSON.parse(said) as { box: typeof TRUTH; tokens: number[] };
  const dump = readSafetensors(readFileSync(file)).tensors;
  expect(data.tokens).toEqual(cli.tokens);
  for (const edge of ['x1', 'y1', 'x2', 'y2'] as const) {
    expect(Math.abs(data.box[edge] - cli.box[edge])).toBeLessThanOrEqual(2);
  }
  expect(data.readings.patch_mask.data).toEqual([...(dump.get('patch_mask')?.data ?? [])]);
  for (const name of ['reg_attention', 'cls_attention', 'word_attention']) {
    const theirs = dump.get(name);
    const ours = data.readings[name];
    expect(ours.shape, name).toEqual(theirs?.shape);
    const off = ours.data.map((each: number, i: number) => Math.abs(each - Number(theirs?.data[i])));
    const meanOff = off.reduce((a: number, b: number) => a + b, 0) / off.length;
    expect(meanOff, name).toBeLessThan(0.01);
  }
});

test('picture and numbers go to the clipboard, and a refusal is said', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page);
  await page.getByRole('button', { name: 'Export…' }).click();
  const copy = page.getByRole('button', { name: 'Copy', exact: true });
  await copy.click();
  await expect(page.getByRole('dialog').getByText('Picture copied.')).toBeVisible();
  const size = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const bitmap = await createImageBitmap((await item?.getType('image/png')) ?? new Blob());
    return { width: bitmap.width, height: bitmap.height };
  });
  expect(size).toEqual(SIZE);

  await choose(page, 'Data');
  await copy.click();
  await expect(page.getByRole('dialog').getByText('JSON copied.')).toBeVisible();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(text)).toMatchObject({ format: 'hivg-web grounding', expression: EXPRESSION });

  await page.evaluate(() => {
    navigator.clipboard.write = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await copy.click();
  await expect(page.getByRole('dialog').getByText('The browser did not allow copying.')).toBeVisible();
});

test('the keyboard alone leads from a file to a box of one’s own and a figure', async ({ page }) => {
  // Listening from the start: a browser asked late opens a chooser of its own.
  page.on('filechooser', (chooser) => void chooser.setFiles(png));
  await page.goto(PAGE);
  await expect(page.locator('.status-chip[data-phase=ready]')).toBeVisible({ timeout: PATIENCE });
  await page.keyboard.press('o');
  await expect(page.locator('.image-stage')).toBeVisible();
  await expect(page.getByLabel('What to find')).toBeFocused();
  await page.keyboard.type(EXPRESSION);
  await page.keyboard.press('Enter');
  await answered(page, EXPRESSION);
  await page.keyboard.press('Escape');

  await page.keyboard.press('g');
  await page.getByRole('button', { name: 'Start from the prediction' }).press('Enter');
  const own = page.getByRole('application', { name: /Ground truth box/ });
  await expect(own).toBeFocused();
  const before = await truthOf(page);
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Control+ArrowLeft');
  expect(await truthOf(page)).toEqual({
    x1: before.x1 + 10,
    y1: before.y1 + 1,
    x2: before.x2 + 9,
    y2: before.y2 + 1,
  });
  await page.keyboard.press('Enter');
  await expect(own).toBeHidden();

  await page.keyboard.press('e');
  await expect(page.getByRole('dialog', { name: 'Export' })).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'Figure' })).toBeChecked();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  const button = page.getByRole('button', { name: 'Save PNG' });
  await expect(button).toBeFocused();
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  expect(download.suggestedFilename()).toBe('farm-the-tractor-figure.png');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: 'Export' })).toBeHidden();

  // Quick nudges are one step; on a slow machine they may be three.
  await expect
    .poll(async () => {
      await page.keyboard.press('Control+z');
      return truthOf(page);
    })
    .toEqual(before);
});
