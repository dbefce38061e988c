import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesSource } from './byte-source.ts';
import { TorchFileError, type TorchFileErrorCode } from './errors.ts';
import { describeValue } from './testing/describe.ts';
import { expectedIn, fixture, fixturePath, refusal, testFile } from './testing/files.ts';
import { makeArchive } from './testing/make-zip.ts';
import {
  NumpyArray,
  openTorchFile,
  PyNamespace,
  PyTuple,
  TorchTensor,
  type TorchValue,
} from './torch-file.ts';

async function opened(name: string) {
  return openTorchFile(bytesSource(testFile(name)));
}

function asMap(value: TorchValue | undefined): Map<TorchValue, TorchValue> {
  if (value instanceof Map) return value;
  throw new Error('not a dict');
}

/** Reads every tensor and every value, as a careful caller may. */
async function readAll(bytes: Uint8Array) {
  return describeValue(await openTorchFile(bytesSource(bytes)));
}

describe('values agree with PyTorch and numpy', () => {
  for (const form of ['zip', 'legacy']) {
    it(`reads every dtype, special values included, from a ${form} file`, async () => {
      expect(await describeValue(await opened(`dtypes-${form}.pth`))).toEqual(expectedIn('dtypes'));
    });

    it(`reads strided and shared storages from a ${form} file`, async () => {
      expect(await describeValue(await opened(`views-${form}.pth`))).toEqual(expectedIn('views'));
    });
  }

  for (const protocol of [1, 2, 3, 4, 5]) {
    it(`reads every kind of value in pickle protocol ${protocol}`, async () => {
      expect(await describeValue(await opened(`values-${protocol}.pth`))).toEqual(expectedIn('values'));
      expect(await describeValue(await opened(`values-${protocol}-legacy.pth`))).toEqual(
        expectedIn('values'),
      );
    });
  }

  it('reads a legacy storage that is part of another', async () => {
    expect(await describeValue(await opened('legacy-view.pth'))).toEqual(expectedIn('legacy-view'));
  });

  it('gives one object for what the file holds once', async () => {
    const file = asMap(await opened('values-2.pth'));
    const [first, second] = file.get('shared') as TorchValue[];
    expect(first).toBe(second);
    const views = asMap(await opened('views-zip.pth'));
    const [base, row] = [views.get('base'), views.get('row')] as TorchTensor[];
    expect(base?.storage).toBe(row?.storage);
  });
});

describe('checkpoints in the original format', () => {
  const variants = readdirSync(fixturePath('.')).filter((name) => /^(base|large)/.test(name));

  for (const variant of variants) {
    it(`reads ${variant}`, async () => {
      const checkpoint = asMap(await openTorchFile(fixture(`${variant}/best_checkpoint.pth`)));
      const args = checkpoint.get('args');
      if (!(args instanceof PyNamespace)) throw new Error('no options');
      expect(variant).toContain(args.fields.get('dataset') as string);
      const model = asMap(checkpoint.get('model'));
      expect(model.size).toBeGreaterThan(700);
      for (const [name, tensor] of model) {
        if (!(tensor instanceof TorchTensor)) throw new Error(`${String(name)} is no tensor`);
        const values = await tensor.readFloat32();
        expect(values.length).toBe(tensor.shape.reduce((product, length) => product * length, 1));
        expect(values.every(Number.isFinite)).toBe(true);
      }
    });
  }

  it('holds the same weights under the names of a newer peft', async () => {
    const modelIn = async (variant: string) =>
      asMap(asMap(await openTorchFile(fixture(`${variant}/best_checkpoint.pth`))).get('model'));
    const older = await modelIn('base-unc+-stage3');
    const newer = await modelIn('base-unc+-stage3-newer-peft');
    expect(newer.size).toBe(older.size);
    let renamed = 0;
    for (const [name, tensor] of newer) {
      const same = older.get(String(name).replace('.base_layer', '')) as TorchTensor;
      if (String(name).includes('.base_layer')) renamed++;
      expect((tensor as TorchTensor).shape).toEqual(same.shape);
      const [found, wanted] = await Promise.all([(tensor as TorchTensor).read(), same.read()]);
      expect(Buffer.from(found.buffer).equals(Buffer.from(wanted.buffer))).toBe(true);
    }
    expect(renamed).toBeGreaterThan(100);
  });
});

describe('split files', () => {
  const rows: Record<string, number> = {
    'flickr/flickr_val': 2,
    'gref_umd/gref_umd_val': 2,
    'mixup/mixup_val': 4,
    'referit/referit_test': 1,
    'unc/unc_testA': 2,
    'unc/unc_testB': 2,
  };

  for (const [name, count] of Object.entries(rows)) {
    it(`reads ${name}`, async () => {
      const split = await openTorchFile(fixture(`splits/${name}.pth`));
      if (!Array.isArray(split)) throw new Error('not a list');
      expect(split.length).toBe(count);
      for (const row of split) {
        if (!(row instanceof PyTuple)) throw new Error('a row is no tuple');
        expect(row.items[0]).toMatch(/^\w+\.jpg$/);
      }
    });
  }

  it('reads boxes that are lists and boxes that are numpy arrays', async () => {
    const split = (await openTorchFile(fixture('splits/flickr/flickr_val.pth'))) as PyTuple[];
    expect(split[0]?.items).toEqual(['1007129816.jpg', [5, 6, 105, 86], 'the man with pierced ears']);
    const box = split[1]?.items[1];
    if (!(box instanceof NumpyArray)) throw new Error('no array');
    expect([box.dtype, box.shape, box.data]).toEqual(['int64', [4], BigInt64Array.of(0n, 0n, 50n, 60n)]);
  });
});

describe('what a file may not hold', () => {
  it('refuses the hostile file by the full name of what it would call', async () => {
    const error = await refusal(openTorchFile(fixture('splits/hostile.pth')));
    expect([error.code, error.subject]).toEqual(['forbidden-global', 'posix.system']);
    expect(error.message).toContain('posix.system');
  });

  const refusals: [string, TorchFileErrorCode, string][] = [
    ['refused-complex64', 'unknown-dtype', 'torch.ComplexFloatStorage'],
    ['refused-float8', 'unknown-dtype', 'torch.float8_e4m3fn'],
    ['refused-uint16', 'unknown-dtype', 'torch.uint16'],
    ['refused-sparse', 'forbidden-global', 'torch._utils._rebuild_sparse_tensor'],
    ['refused-structured-array', 'unknown-dtype', 'V4'],
    ['refused-big-endian-array', 'unsupported', 'float64'],
    ['refused-module', 'forbidden-global', 'torch.nn.modules.linear.Linear'],
    ['refused-slice', 'forbidden-global', '__builtin__.slice'],
    ['refused-cycle', 'cyclic', ''],
    ['refused-torchscript', 'unsupported', ''],
    ['refused-plain-pickle', 'not-an-archive', ''],
  ];
  for (const [name, code, subject] of refusals) {
    it(`refuses ${name}.pth as ${code}${subject && `, naming ${subject}`}`, async () => {
      const error = await refusal(opened(`${name}.pth`));
      expect([error.code, error.subject]).toEqual([code, subject]);
    });
  }

  it('refuses what no torch.save made, and an empty file', async () => {
    const code = async (text: string) => (await refusal(readAll(new TextEncoder().encode(text)))).code;
    expect(await code('{"a": 1}')).toBe('not-an-archive');
    expect(await code('\x89PNG\r\n\x1a\n')).toBe('not-an-archive');
    expect(await code('Perhaps a text')).toBe('not-an-archive');
    expect(await code('')).toBe('truncated');
  });
});

describe('broken files', () => {
  for (const name of ['views-zip', 'views-legacy', 'values-2', 'values-5-legacy', 'legacy-view']) {
    it(`refuses every prefix of ${name}.pth as truncated`, async () => {
      const whole = testFile(`${name}.pth`);
      for (let length = 0; length < whole.length; length++) {
        const error = await refusal(openTorchFile(bytesSource(whole.subarray(0, length))));
        if (error.code !== 'truncated') expect.fail(`${length} bytes: ${error.code}: ${error.message}`);
      }
    });

    it(`reads ${name}.pth or refuses it with a typed error whichever bytes are damaged`, async () => {
      const whole = testFile(`${name}.pth`);
      const next = randomBytes(20240);
      let refused = 0;
      for (let round = 0; round < 3000; round++) {
        const damaged = whole.slice();
        for (let i = 0; i <= round % 3; i++) damaged[next() % whole.length] = next() & 0xff;
        try {
          await readAll(damaged);
        } catch (error) {
          if (!(error instanceof TorchFileError)) throw error;
          refused++;
        }
      }
      expect(refused).toBeGreaterThan(0);
    });
  }
});

describe('structures', () => {
  const nested = (levels: number) => `${']'.repeat(levels)}${'a'.repeat(levels - 1)}.`;

  it('reads nesting as deep as Python writes it', async () => {
    expect(await readAll(makeArchive(nested(1000)))).toBeDefined();
  });

  it('refuses deeper nesting, and a hundred thousand levels without overflowing the stack', async () => {
    for (const levels of [1001, 100_000]) {
      expect((await refusal(readAll(makeArchive(nested(levels))))).code).toBe('too-deep');
    }
  });

  it('refuses depth that comes from sharing', async () => {
    // 600 levels, remembered, below 600 more.
    const pickle = `${']'.repeat(600)}${'a'.repeat(599)}q\x000${']'.repeat(600)}h\x00${'a'.repeat(600)}.`;
    expect((await refusal(readAll(makeArchive(pickle)))).code).toBe('too-deep');
  });

  it('refuses sharing that would unfold without end', async () => {
    // A list of the last list twice, sixty times.
    const pickle = `]q\x00${']h\x00ah\x00aq\x00'.repeat(60)}.`;
    expect((await refusal(openTorchFile(bytesSource(makeArchive(`(${pickle.slice(0, -1)}l.`))))).code).toBe(
      'too-large',
    );
  });

  it('refuses an options object that holds itself', async () => {
    const pickle = '\x80\x02cargparse\nNamespace\n)\x81q\x00}X\x04\x00\x00\x00selfh\x00sb.';
    expect((await refusal(readAll(makeArchive(pickle)))).code).toBe('cyclic');
  });

  it('refuses an array of objects that holds itself', async () => {
    const array = 'cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btRq\x00';
    const dtype = "cnumpy\ndtype\n(S'O8'\ntR";
    const pickle = `\x80\x02${array}(K\x01(K\x01t${dtype}\x89]h\x00atb.`;
    expect((await refusal(readAll(makeArchive(pickle)))).code).toBe('cyclic');
  });
});

/** A fixed sequence of numbers that look random (mulberry32). */
function randomBytes(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
