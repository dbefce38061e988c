// Takes the pictures of docs/screens from a production build: `npx vite build && npx tsx scripts/screens.ts`, all of
// them or those whose names are given. Each state starts on a fresh page and gets there as a person would; samples and
// expressions are the gallery's own. docs/screens/README.md says what each shows.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Locator, type Page } from '@playwright/test';
import sharp from 'sharp';
import { preview } from 'vite';
import { launchOptions } from './chromium.mjs';

const FOLDER = 'docs/screens';
const WAIT_MS = 120_000;
const COLOURS = 256;

interface Sample {
  readonly file: string;
  readonly expressions: readonly string[];
}
const [sample, next] = JSON.parse(readFileSync('public/samples/samples.json', 'utf8')) as readonly Sample[];
if (!sample || !next) throw new Error('public/samples/samples.json has fewer than two samples.');
const [expression = '', second = ''] = sample.expressions;

const SCREENS = {
  'desk-light': { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  'desk-dark': { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  'phone-light': {
    viewport: { width: 390, height: 844 },
    colorScheme: 'light',
    deviceScaleFactor: 1.5,
    hasTouch: true,
  },
  'phone-dark': {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
    deviceScaleFactor: 1.5,
    hasTouch: true,
  },
} as const;
type Screen = keyof typeof SCREENS;

const pick = (page: Page, name: string): Promise<void> =>
  page.getByRole('radio', { name, exact: true }).check({ force: true });
const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).first().click();

async function ask(page: Page, text: string): Promise<void> {
  await page.getByLabel('What to find').fill(text);
  await page.keyboard.press('Enter');
  await found(page, text);
}

/** The box is there, and what is read after it. */
async function found(page: Page, text: string): Promise<void> {
  const box = page.locator(`[data-testid=box][data-expression=${JSON.stringify(text)}]`);
  await box.waitFor({ state: 'attached', timeout: WAIT_MS });
  await pick(page, '[CLS] looks at patches');
  await page.getByTestId('map-legend').waitFor({ timeout: WAIT_MS });
  await pick(page, '[REG] looks at patches');
}

/** Points at the middle of the stage, or a little off it. */
async function point(page: Page, across = 0.5, down = 0.5): Promise<void> {
  const stage = await page.locator('.pane-stage').first().boundingBox();
  if (stage) await page.mouse.move(stage.x + across * stage.width, stage.y + down * stage.height);
}

interface State {
  readonly name: string;
  /** Parameters of the address beside the sample and its expression; null starts without an image. */
  readonly address?: Readonly<Record<string, string>> | null;
  /** True: opened from the disk, where nothing starts. */
  readonly fromDisk?: boolean;
  readonly act?: (page: Page) => Promise<unknown>;
  /** What has to be in sight. */
  readonly show?: (page: Page) => Locator;
  /** True: what it is about is in the panel. */
  readonly panel?: boolean;
  /** True: a desk and a phone are enough. */
  readonly two?: boolean;
  /** True: the pointer stays where it points. */
  readonly points?: boolean;
}

const section = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

const STATES: readonly State[] = [
  { name: 'empty', address: null },
  { name: 'not-started', fromDisk: true, two: true },
  { name: 'result' },
  {
    name: 'word',
    act: (page) => page.getByTestId('word-chip').last().click(),
    two: true,
  },
  { name: 'full-wash', address: { glow: 'off', smooth: 'off', opacity: '0.5' }, two: true },
  {
    name: 'offline',
    act: (page) => page.getByTestId('offline-ready').click(),
    two: true,
  },
  {
    name: 'own-picture',
    act: async (page) => {
      await page.setInputFiles('input[type=file]', `public/samples/${next.file}`);
      await ask(page, next.expressions[0] ?? '');
    },
    two: true,
  },
  {
    name: 'other-model',
    act: async (page) => {
      await page.keyboard.press('Control+K');
      await page.keyboard.type('another model');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Models' }).waitFor();
    },
    two: true,
  },
  { name: 'atlas', act: (page) => press(page, 'All layers and heads') },
  {
    name: 'cls-paper-frame',
    address: { 'paper-frame': 'on' },
    act: (page) => pick(page, '[CLS] looks at patches'),
    two: true,
  },
  {
    name: 'mask',
    act: async (page) => {
      await pick(page, 'Mask');
      await page.getByTestId('dense-time').waitFor({ timeout: WAIT_MS });
    },
    two: true,
  },
  {
    name: 'side-by-side',
    act: async (page) => {
      await ask(page, second);
      await pick(page, 'Side by side');
    },
  },
  {
    name: 'difference',
    act: async (page) => {
      await ask(page, second);
      await pick(page, 'Difference');
    },
    two: true,
  },
  {
    name: 'threshold-contour',
    address: { threshold: '0.3', contour: '0.5', smooth: 'on', colours: 'magma', opacity: '0.7' },
    show: (page) => section(page, 'Display'),
    two: true,
  },
  {
    name: 'patches-zoomed',
    address: { 'patch-grid': 'on' },
    act: async (page) => {
      await point(page, 0.22, 0.66);
      for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -120);
      await page.locator('[data-testid=map-value][data-value]').waitFor();
    },
    two: true,
    points: true,
  },
  { name: 'palette', act: (page) => page.keyboard.press('Control+K') },
  {
    name: 'help',
    act: async (page) => {
      await page.locator('.image-stage').focus();
      await page.keyboard.press('?');
    },
    two: true,
  },
  {
    name: 'history',
    act: async (page) => {
      await ask(page, second);
      await page.setInputFiles('input[type=file]', `public/samples/${next.file}`);
      for (const text of next.expressions.slice(0, 2)) await ask(page, text);
    },
    show: (page) => section(page, 'Image'),
    panel: true,
    two: true,
  },
  {
    name: 'export-figure',
    act: async (page) => {
      await press(page, 'Export…');
      await page.getByRole('radio', { name: 'Figure' }).check({ force: true });
    },
  },
  {
    name: 'ground-truth',
    act: async (page) => {
      await press(page, 'Draw the ground truth');
      await press(page, 'Start from the prediction');
      for (let i = 0; i < 2; i++) await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('Shift+ArrowDown');
    },
    show: (page) => page.getByTestId('iou'),
    two: true,
  },
  {
    name: 'timings',
    act: async (page) => {
      await ask(page, second);
      await page.locator('summary', { hasText: 'Took' }).click();
    },
    show: (page) => page.locator('.parts'),
    panel: true,
    two: true,
  },
  {
    name: 'model',
    act: (page) => page.locator('.status-chip').click(),
    two: true,
  },
  { name: 'unknown-word', act: (page) => ask(page, 'the left zebrafinch'), two: true },
  {
    name: 'error',
    act: async (page) => {
      const file = { name: 'holiday.png', mimeType: 'image/png', buffer: Buffer.from('%PDF-1.7\n') };
      await page.setInputFiles('input[type=file]', file);
      await page.locator('.note[data-tone=bad]').waitFor();
    },
    two: true,
  },
];

async function take(context: BrowserContext, base: string, screen: Screen, state: State): Promise<void> {
  const page = await context.newPage();
  const query = new URLSearchParams();
  if (state.address !== null) {
    query.set('sample', sample?.file ?? '');
    query.set('q', expression);
    for (const [name, value] of Object.entries(state.address ?? {})) query.set(name, value);
  }
  if (state.fromDisk) {
    await page.goto(pathToFileURL(resolve('dist/index.html')).href);
    await page.getByRole('heading', { name: 'This page has not started' }).waitFor();
    return keep(page, state, screen);
  }
  await page.goto(`${base}?${query}`);
  await page.locator('.status-chip[data-phase=ready]').waitFor({ timeout: WAIT_MS });
  if (state.address !== null) await found(page, expression);
  // Once for each profile; what is shown then is what a visitor has from the second visit on.
  await page.getByTestId('offline-ready').waitFor({ timeout: WAIT_MS });
  await state.act?.(page);
  if (!state.points) await page.mouse.move(2, 2);
  // On a desk the panel scrolls beside the picture; a phone shows the one or the other.
  if (state.panel || screen.startsWith('desk')) {
    await state.show?.(page).evaluate((it) => it.scrollIntoView({ block: 'nearest' }));
  } else await page.evaluate('scrollTo(0, 0)');
  // Two frames: one to lay out, one to draw.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await page.waitForTimeout(250);
  await keep(page, state, screen);
}

async function keep(page: Page, state: State, screen: Screen): Promise<void> {
  const png = await page.screenshot();
  const small = await sharp(png).png({ palette: true, colours: COLOURS, effort: 10 }).toBuffer();
  writeFileSync(join(FOLDER, `${state.name}-${screen}.png`), small);
  await page.close();
}

const wanted = process.argv.slice(2);
const states = STATES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
mkdirSync(FOLDER, { recursive: true });
if (wanted.length === 0) {
  for (const file of readdirSync(FOLDER)) if (file.endsWith('.png')) rmSync(join(FOLDER, file));
}
const server = await preview({ preview: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
const base = server.resolvedUrls?.local[0];
if (!base) throw new Error('The preview server has no address.');
const browser = await chromium.launch(launchOptions());
try {
  for (const screen of Object.keys(SCREENS) as Screen[]) {
    // One browser profile a screen: the model is loaded from its cache; settings are forgotten between states.
    const context = await browser.newContext({ ...SCREENS[screen], reducedMotion: 'reduce' });
    await context.addInitScript('localStorage.clear()');
    for (const state of states) {
      if (state.two && screen !== 'desk-light' && screen !== 'phone-dark') continue;
      await take(context, base, screen, state);
      console.log(`${state.name} ${screen}`);
    }
    await context.close();
  }
} finally {
  await browser.close();
  await server.close();
}
