import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../src/grounding/safetensors.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const FIXTURE = 'fixtures/base-unc-stage0';
const CHECKPOINT = `${FIXTURE}/best_checkpoint.pth`;
const CLIP_CONFIG = ['--clip-config', `${FIXTURE}/clip-config.json`];
const IMAGE = 'fixtures/images/landscape_640x480.png';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function hivg(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const all = ['node_modules/tsx/dist/cli.mjs', 'cli/hivg.ts', ...args];
    execFile(process.execPath, all, { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

function expectOneLine({ code, stderr }: Ended, words: RegExp): void {
  expect(stderr).toMatch(words);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(code).toBe(1);
}

const folder = mkdtempSync(join(tmpdir(), 'hivg-cli-'));
const bundle = join(folder, 'bundle');
let converted: Ended;

beforeAll(async () => {
  converted = await hivg('convert', CHECKPOINT, '--out', bundle, '--precision', 'fp32', ...CLIP_CONFIG);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('hivg', () => {
  it('says which commands there are, and how each is called', async () => {
    const overview = await hivg('--help');
    expect(overview.code).toBe(0);
    for (const command of ['convert', 'ground', 'inspect']) {
      expect(overview.stdout).toContain(command);
      const help = await hivg(command, '--help');
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`hivg ${command}`);
    }
  });

  it('refuses a command that does not exist', async () => {
    expectOneLine(await hivg('paint'), /'paint' is no command/);
  });
});

describe('hivg convert', () => {
  it('makes a bundle', () => {
    expect(converted).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(bundle).sort()).toEqual(['fp32', 'manifest.json', 'tokenizer.json']);
    const manifest = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ name: 'bundle', architecture: { model: 'ViT-B/16' } });
  });

  it('does not touch a folder that is there', async () => {
    const before = readFileSync(join(bundle, 'manifest.json'), 'utf8');
    expectOneLine(await hivg('convert', CHECKPOINT, '--out', bundle, ...CLIP_CONFIG), /exists already/);
    expect(readFileSync(join(bundle, 'manifest.json'), 'utf8')).toBe(before);
  });

  it('leaves nothing behind when it fails', async () => {
    const parent = join(folder, 'failing');
    mkdirSync(parent);
    const whole = readFileSync(join(root, CHECKPOINT));
    const truncated = join(folder, 'truncated.pth');
    writeFileSync(truncated, whole.subarray(0, whole.length >> 1));
    const out = ['--out', join(parent, 'out')];
    expectOneLine(await hivg('convert', truncated, ...out, ...CLIP_CONFIG), /hivg: /);
    expectOneLine(await hivg('convert', 'fixtures/splits/hostile.pth', ...out), /system/);
    expectOneLine(await hivg('convert', CHECKPOINT, ...out), /--clip-config/);
    expect(readdirSync(parent)).toEqual([]);
  });

  it.each([
    [
      'a checkpoint that is not there',
      ['convert', 'none.pth', '--out', join(folder, 'x')],
      /none\.pth does not exist/,
    ],
    ['no --out', ['convert', CHECKPOINT], /--out DIR is missing/],
    [
      'a precision that does not exist',
      ['convert', CHECKPOINT, '--out', join(folder, 'x'), '--precision', 'q5'],
      /'q5'/,
    ],
    [
      'a kind of pictures',
      ['convert', CHECKPOINT, '--out', 'none', '--pictures', 'films'],
      /'films'.*drawings/,
    ],
    ['an option that does not exist', ['convert', CHECKPOINT, '--colour'], /--colour/],
  ])('says in one line what is wrong with %s', async (_, args, words) => {
    expectOneLine(await hivg(...args), words);
  });
});

describe('hivg ground', () => {
  it('prints one JSON object, and dumps what the network gives under the names of the references', async () => {
    const dump = join(folder, 'dump.safetensors');
    const ended = await hivg('ground', IMAGE, 'the left dog', '--model', bundle, '--json', '--dump', dump);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const result = JSON.parse(ended.stdout);
    expect(Object.keys(result).sort()).toEqual(
      ['box', 'boxInFrame', 'precision', 'provider', 'timings', 'tokens'].sort(),
    );
    expect(result).toMatchObject({ precision: 'fp32', provider: 'cpu' });

    const { tensors } = readSafetensors(readFileSync(dump));
    const expected = readSafetensors(readFileSync(join(root, FIXTURE, 'expected.safetensors'))).tensors;
    const names = [...expected.keys()].filter((name) => name.startsWith('0/')).map((name) => name.slice(2));
    // The rollout is no output of the original's; its reference has a file of its own.
    expect([...tensors.keys()].sort()).toEqual([...names, 'reg_rollout'].sort());
    const box = Array.from(expected.get('0/box')?.data ?? [], Number);
    box.forEach((value, index) => void expect(result.boxInFrame[index]).toBeCloseTo(value, 4));
    const ids = Array.from(expected.get('0/ids')?.data ?? [], Number);
    expect(result.tokens).toEqual(ids.slice(0, result.tokens.length));
    const { x1, y1, x2, y2 } = result.box;
    expect(x1).toBeGreaterThanOrEqual(0);
    expect(x2).toBeLessThanOrEqual(640);
    expect(y1).toBeGreaterThanOrEqual(0);
    expect(y2).toBeLessThanOrEqual(480);
  });

  it('says on stderr alone that the model has seen nothing but drawings, and what to use for photographs', async () => {
    const drawings = await hivg('ground', IMAGE, 'a dog', '--model', 'public/models/hivg-mini', '--json');
    expect(drawings.stderr).toMatch(/^HiVG mini was trained on drawings: .*hivg convert.*--model\.\n$/);
    expect(Object.keys(JSON.parse(drawings.stdout))).toContain('box');
    // The fixture's checkpoint names RefCOCO, whose pictures are photographs.
    const manifest = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8'));
    expect(manifest.pictures).toBe('photographs');
    expect((await hivg('ground', IMAGE, 'a dog', '--model', bundle)).stderr).toBe('');
  });

  it.each([
    ['an image that is not there', ['none.png', 'a dog'], /none\.png/],
    ['a file that is no image', ['package.json', 'a dog'], /package\.json cannot be read as an image/],
    ['an empty expression', [IMAGE, ' '], /empty/],
    ['an expression without quotes', [IMAGE, 'a', 'dog'], /quotes/],
    ['a precision that the bundle lacks', [IMAGE, 'a dog', '--precision', 'q4'], /'q4'/],
  ])('says in one line what is wrong with %s', async (_, args, words) => {
    expectOneLine(await hivg('ground', ...args, '--model', bundle), words);
  });

  it('says that a folder is no bundle', async () => {
    expectOneLine(await hivg('ground', IMAGE, 'a dog', '--model', 'fixtures'), /no bundle/);
  });
});

describe('hivg inspect', () => {
  it('describes a checkpoint and a bundle', async () => {
    const checkpoint = await hivg('inspect', CHECKPOINT, ...CLIP_CONFIG);
    expect(checkpoint).toMatchObject({ code: 0, stderr: '' });
    expect(checkpoint.stdout).toMatch(/ViT-B\/16[\s\S]*low-rank adapters/);
    const made = await hivg('inspect', bundle, '--json');
    expect(JSON.parse(made.stdout)).toMatchObject({ name: 'bundle' });
  });
});
