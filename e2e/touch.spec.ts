// On a phone: one finger opens a sample from the end of the gallery, the picture stays in sight, two fingers zoom it and
// not the page, one draws the true box, and one moves what is zoomed. The picture has a colour for every place, so that a
// pixel of the screen says which one it shows; no model is needed for any of it.

import { expect, type Page, test } from '@playwright/test';
import sharp from 'sharp';
import { colourAt, middleOf, stageOf, zoomOf } from './app.ts';

const SIZE = { width: 640, height: 480 };
interface Point {
  readonly x: number;
  readonly y: number;
}

test.use({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true });

/** Red counts from left to right, green from top to bottom. */
function placePicture(): Promise<Buffer> {
  const pixels = Buffer.alloc(SIZE.width * SIZE.height * 3);
  for (let y = 0; y < SIZE.height; y++) {
    for (let x = 0; x < SIZE.width; x++) {
      const at = (y * SIZE.width + x) * 3;
      pixels[at] = Math.round((255 * x) / SIZE.width);
      pixels[at + 1] = Math.round((255 * y) / SIZE.height);
    }
  }
  return sharp(pixels, { raw: { ...SIZE, channels: 3 } })
    .png()
    .toBuffer();
}

type Touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...fingers: Point[]) => Promise<unknown>;

async function open(page: Page): Promise<Touch> {
  await page.route('**/models/**', (route) => route.abort());
  await page.goto('./');
  await page.setInputFiles('input[type=file]', {
    name: 'places.png',
    mimeType: 'image/png',
    buffer: await placePicture(),
  });
  await expect(page.getByTestId('zoom')).toBeVisible();
  await expect(page.locator('.status-chip[data-phase=failed]')).toBeVisible();
  await stageOf(page).evaluate((stage) => stage.scrollIntoView({ block: 'center' }));
  const session = await page.context().newCDPSession(page);
  return (type, ...fingers) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: fingers.map((finger, id) => ({ ...finger, id })),
    });
}

async function drag(touch: Touch, from: Point, to: Point): Promise<void> {
  await touch('touchStart', from);
  for (const part of [0.25, 0.5, 0.75, 1]) {
    await touch('touchMove', { x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y) });
  }
  await touch('touchEnd');
}

async function pinch(page: Page, touch: Touch): Promise<void> {
  const { x, y } = await middleOf(stageOf(page));
  const fingers = (apart: number): Point[] => [
    { x: x - apart, y },
    { x: x + apart, y },
  ];
  await touch('touchStart', ...fingers(20));
  for (const apart of [30, 40, 50, 60]) await touch('touchMove', ...fingers(apart));
  await touch('touchEnd');
}

/** Pixel of the image under a point of the screen, by its colour. */
async function placeAt(page: Page, point: Point): Promise<Point> {
  const [red = 0, green = 0] = await colourAt(page, point.x, point.y);
  return { x: (red / 255) * SIZE.width, y: (green / 255) * SIZE.height };
}

test('a sample from the end of the gallery is in sight once it opens', async ({ page }) => {
  await page.route('**/models/**', (route) => route.abort());
  await page.goto('./');
  const last = page.locator('.sample').last();
  await last.scrollIntoViewIfNeeded();
  expect(await page.evaluate(() => scrollY)).toBeGreaterThan(300);
  await last.tap();
  await expect(page.getByTestId('zoom')).toBeVisible();
  await expect(stageOf(page)).toBeInViewport({ ratio: 0.99 });
});

test('the picture stays in sight over what is set below it, and covers none of what is gone to', async ({
  page,
}) => {
  await open(page);
  await page.setViewportSize({ width: 390, height: 660 });
  const drawing = page.getByRole('button', { name: 'Draw the ground truth' });
  await drawing.focus();
  expect(await page.evaluate(() => scrollY)).toBeGreaterThan(200);
  await expect(stageOf(page)).toBeInViewport({ ratio: 0.99 });
  const { x, y } = await middleOf(drawing);
  const onTop = await drawing.evaluate(
    (button, [left, top]) => button.contains(document.elementFromPoint(left, top)),
    [x, y] as const,
  );
  expect(onTop).toBe(true);
});

test('two fingers zoom the picture and not the page', async ({ page }) => {
  const touch = await open(page);
  const fitted = await zoomOf(page);
  await pinch(page, touch);
  await expect.poll(() => zoomOf(page)).toBeGreaterThan(fitted * 2.4);
  expect(await page.evaluate(() => visualViewport?.scale)).toBe(1);
});

test('one finger draws the true box where it goes', async ({ page }) => {
  const touch = await open(page);
  await page.getByRole('button', { name: 'Draw the ground truth' }).tap();
  await stageOf(page).evaluate((stage) => stage.scrollIntoView({ block: 'center' }));
  const middle = await middleOf(stageOf(page));
  const [from, to] = [
    { x: middle.x - 70, y: middle.y - 40 },
    { x: middle.x + 50, y: middle.y + 45 },
  ];
  const zoom = await zoomOf(page);
  await drag(touch, from, to);
  const edge = async (name: string) => Number(await page.getByLabel(name, { exact: true }).inputValue());
  const expected = {
    Left: SIZE.width / 2 - 70 / zoom,
    Top: SIZE.height / 2 - 40 / zoom,
    Right: SIZE.width / 2 + 50 / zoom,
    Bottom: SIZE.height / 2 + 45 / zoom,
  };
  for (const [name, pixel] of Object.entries(expected)) {
    expect(Math.abs((await edge(name)) - pixel), name).toBeLessThanOrEqual(2 / zoom);
  }
});

test('one finger carries the zoomed picture along', async ({ page }) => {
  const touch = await open(page);
  const middle = await middleOf(stageOf(page));
  await pinch(page, touch);
  const from = { x: middle.x - 30, y: middle.y - 20 };
  const to = { x: middle.x + 40, y: middle.y + 30 };
  const held = await placeAt(page, from);
  const before = await placeAt(page, to);
  await drag(touch, from, to);
  // A colour is two to three pixels wide, and the dragging may begin a few later.
  await expect.poll(async () => Math.abs((await placeAt(page, to)).x - held.x)).toBeLessThan(8);
  expect(Math.abs((await placeAt(page, to)).y - held.y)).toBeLessThan(8);
  expect(Math.abs(before.x - held.x)).toBeGreaterThan(30);
});
