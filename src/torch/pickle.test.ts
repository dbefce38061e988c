import { describe, expect, it } from 'vitest';
import { allowedGlobal, buildObject, callGlobal } from './allow-list.ts';
import type { TorchFileErrorCode } from './errors.ts';
import { type PickleHost, readPickle } from './pickle.ts';
import { describeValue } from './testing/describe.ts';
import { refusal } from './testing/files.ts';
import { call, dict, done, global, int, list, text, tuple } from './testing/make-pickle.ts';
import { latin1 } from './testing/make-zip.ts';
import { type NumpyArray, PyGlobal, PyNamespace, PyTuple } from './torch-file.ts';

const host: PickleHost = {
  global: allowedGlobal,
  call: callGlobal,
  build: buildObject,
  persistent: () => null,
};

function read(pickle: string) {
  return readPickle(latin1(pickle), host).value;
}

async function codeOf(pickle: string): Promise<TorchFileErrorCode> {
  return (await refusal(() => read(pickle))).code;
}

describe('literals', () => {
  it('reads the numbers of protocol 0', () => {
    expect(read('(I7\nI-12\nI00\nI01\nL123L\nL9007199254740993L\nF0.25\nF-inf\nF1e+16\nl.')).toEqual([
      7,
      -12,
      false,
      true,
      123,
      9007199254740993n,
      0.25,
      Number.NEGATIVE_INFINITY,
      1e16,
    ]);
  });

  it('keeps integers exact: numbers where they are, bigints beyond', () => {
    expect(read('\x8a\x07\xff\xff\xff\xff\xff\xff\x1f.')).toBe(Number.MAX_SAFE_INTEGER);
    expect(read('\x8a\x07\x00\x00\x00\x00\x00\x00\x20.')).toBe(2n ** 53n);
    expect(read('\x8a\x01\x80.')).toBe(-128);
    expect(read('\x8a\x00.')).toBe(0);
    expect(read('\x8b\x02\x00\x00\x00\x00\x80.')).toBe(-32768);
  });

  it('reads strings of Python 2 as text where they are UTF-8 and as bytes where not', () => {
    expect(read('U\x03dog.')).toBe('dog');
    expect(read('U\x02\xc3\xbc.')).toBe('ü');
    expect(read('T\x02\x00\x00\x00\xff\xfe.')).toEqual(Uint8Array.of(0xff, 0xfe));
  });

  it('reads quoted and escaped text', () => {
    expect(read(`${String.raw`S'a\n\x41\\\'\101'`}\n.`)).toBe("a\nA\\'A");
    expect(read(`S"it's"\n.`)).toBe("it's");
    expect(read(`${String.raw`Vd\u00fcnn \U0001f415 \n`}\n.`)).toBe('dünn 🐕 \\n');
  });

  it('refuses numbers and text that are none', async () => {
    for (const bad of [
      'Itwo\n.',
      'L1.5L\n.',
      'Fhalf\n.',
      'F0x10\n.',
      "S'open\n.",
      'Sx\n.',
      'X\x01\x00\x00\x00\xff.',
    ]) {
      expect(await codeOf(bad)).toBe('malformed');
    }
    expect(await codeOf(`${String.raw`V\U00110000`}\n.`)).toBe('malformed');
  });
});

describe('limits', () => {
  it('refuses strings and integers longer than any checkpoint has, before they are there', async () => {
    expect(await codeOf('X\xff\xff\xff\xff')).toBe('too-large');
    expect(await codeOf('\x8d\xff\xff\xff\xff\xff\xff\xff\xff')).toBe('too-large');
    expect(await codeOf('\x8b\xff\xff\xff\x7f')).toBe('too-large');
    expect(await codeOf(`L${'9'.repeat(1100)}L\n.`)).toBe('too-large');
    expect(await codeOf(`F${'9'.repeat(1100)}x\n.`)).toBe('too-large');
  });

  it('refuses a memo without end', async () => {
    expect(await codeOf('Nr\xff\xff\xff\xff.')).toBe('too-large');
    expect(await codeOf('Np4000000000\n.')).toBe('too-large');
  });

  it('refuses to copy one long list over and over', async () => {
    const long = `(${'N'.repeat(5000)}lq\x000`;
    const again = call('__builtin__', 'set', 'h\x00');
    expect(read(done(long + again))).toEqual(new Set([null]));
    expect(await codeOf(`${long}(${again.repeat(1000)}l.`)).toBe('too-large');
  });
});

describe('pickles that break the rules', () => {
  const broken: [string, string][] = [
    ['takes from an empty stack', 'a.'],
    ['takes what belongs to an open mark', ']](a.'],
    ['closes a mark that is not open', ']t.'],
    ['ends with values left over', 'NN.'],
    ['ends with a mark open', 'N(.'],
    ['recalls what was never stored', 'h\x05.'],
    ['recalls by a word', 'gfive\n.'],
    ['appends to a dict', '}Na.'],
    ['sets an item of a list', ']NNs.'],
    ['adds to a list as to a set', '](N\x90.'],
    ['has a key without a value', '}(NNNu.'],
    ['has a list for a key', '}]Ns.'],
    ['has an unknown opcode', '\xf0.'],
    ['calls a number', 'I1\n)R.'],
    ['calls with a list', `${global('argparse', 'Namespace')}]R.`],
    ['calls with keywords', `${global('argparse', 'Namespace')})}I1\nI1\ns\x92.`],
    ['names a global by a number', 'I1\nI1\n\x93.'],
    ['gives a list a state', ']}b.'],
    ['gives options a nameless field', `${call('argparse', 'Namespace')}${dict(int(1), int(2))}b.`],
    ['makes a set of a number', done(call('__builtin__', 'set', int(1)))],
    ['makes options from arguments', done(call('argparse', 'Namespace', int(1)))],
    ['makes a dict of words', done(call('collections', 'OrderedDict', list(text('a'))))],
    ['makes a tensor of no storage', done(call('torch._utils', '_rebuild_tensor_v2', 'N', int(0), '()t()t'))],
    ['makes a parameter of a number', done(call('torch._utils', '_rebuild_parameter', int(1)))],
    ['encodes in another encoding', done(call('_codecs', 'encode', text('a'), text('zlib')))],
    [
      'encodes what is not Latin-1',
      done(call('_codecs', 'encode', 'X\x03\x00\x00\x00\xe7\x8a\xac', text('latin1'))),
    ],
    [
      'makes an array of another class',
      done(call('numpy.core.multiarray', '_reconstruct', 'N', tuple(int(0)), 'N')),
    ],
    ['makes a scalar without a dtype', done(call('numpy.core.multiarray', 'scalar', int(1), text('a')))],
  ];
  for (const [what, pickle] of broken) {
    it(`refuses one that ${what}`, async () => {
      expect(await codeOf(pickle)).toBe('malformed');
    });
  }

  it('refuses what no torch.save writes: newer protocols, registry numbers, data outside', async () => {
    for (const pickle of ['\x80\x06N.', '\x82\x01.', '\x97.', 'iargparse\nNamespace\n.', 'Pkey\n.']) {
      expect(await codeOf(pickle)).toBe('unsupported');
    }
  });

  it('refuses a pickle or a frame that stops early as truncated', async () => {
    for (const pickle of [
      '',
      '(',
      'K',
      'X\x05\x00\x00\x00dog',
      'carg',
      '\x95\x09\x00\x00\x00\x00\x00\x00\x00N.',
    ]) {
      expect(await codeOf(pickle)).toBe('truncated');
    }
  });
});

describe('the allow-list', () => {
  const off: [string, string][] = [
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['builtins', 'getattr'],
    ['builtins', 'list'],
    ['__builtin__', 'apply'],
    ['torch', 'load'],
    ['torch', 'hub.load'],
    ['torch.storage', '_load_from_bytes'],
    ['torch._utils', '_rebuild_sparse_tensor'],
    ['argparse', 'Namespace.__init__'],
    ['argparse', 'ArgumentParser'],
    ['collections', 'defaultdict'],
    ['numpy', 'load'],
    ['numpy.core.multiarray', 'fromfile'],
    ['constructor', 'constructor'],
    ['__proto__', 'toString'],
  ];
  for (const [module, name] of off) {
    it(`refuses ${module}.${name} by its full name, however it is named`, async () => {
      const counted = (word: string) => `\x8c${String.fromCharCode(word.length)}${word}`;
      for (const pickle of [done(global(module, name)), `\x80\x04${counted(module)}${counted(name)}\x93.`]) {
        const error = await refusal(() => read(pickle));
        expect([error.code, error.subject]).toEqual(['forbidden-global', `${module}.${name}`]);
        expect(error.message).toContain(`${module}.${name}`);
      }
    });
  }

  it('refuses to call what may only be named', async () => {
    expect(read(done(global('numpy', 'ndarray')))).toEqual(new PyGlobal('numpy', 'ndarray'));
    for (const name of ['numpy ndarray', 'torch FloatStorage', 'torch float32', '__builtin__ object']) {
      const [module, member] = name.split(' ') as [string, string];
      const error = await refusal(() => read(done(call(module, member))));
      expect([error.code, error.subject]).toEqual(['forbidden-global', `${module}.${member}`]);
    }
  });

  it('makes objects without calling them from options alone', async () => {
    const make = (module: string, name: string) =>
      done(call('copy_reg', '_reconstructor', global(module, name), global('__builtin__', 'object'), 'N'));
    expect(read(make('argparse', 'Namespace'))).toBeInstanceOf(PyNamespace);
    expect(await codeOf(make('collections', 'OrderedDict'))).toBe('forbidden-global');
  });

  it('leaves aside the attributes of a dict', () => {
    const pickle = `${call('collections', 'OrderedDict')}(S'a'\nI1\nu${dict(text('_metadata'), '}')}b.`;
    expect(read(pickle)).toEqual(new Map([['a', 1]]));
  });

  it('fills an OrderedDict from pairs, as Python 2 wrote it', () => {
    const pairs = list(list(text('b'), int(1)), tuple(text('a'), int(2)));
    expect([...(read(done(call('collections', 'OrderedDict', pairs))) as Map<string, number>)]).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
  });
});

describe('numpy', () => {
  const array = call(
    'numpy.core.multiarray',
    '_reconstruct',
    global('numpy', 'ndarray'),
    tuple(int(0)),
    text('b'),
  );
  const dtype = (spec: string) => call('numpy', 'dtype', text(spec));
  const built = (shape: number[], spec: string, content: string, columnMajor = 'I00\n') =>
    done(`${array}${tuple(int(1), tuple(...shape.map(int)), dtype(spec), columnMajor, content)}b`);

  it('reads an array whose bytes are a string of Python 2, UTF-8 or not', () => {
    for (const [content, values] of [
      ['U\x04\x01\x00\xc3\xbc', [1, -17213]],
      ['U\x04\x01\x00\xff\xff', [1, -1]],
    ] as const) {
      const found = read(built([2], 'i2', content)) as NumpyArray;
      expect(found.data).toEqual(Int16Array.from(values));
    }
  });

  it('reads a state without a version, as very old files have it', () => {
    const state = tuple(tuple(int(1)), dtype('u1'), 'I00\n', 'U\x01\x07');
    expect((read(done(`${array}${state}b`)) as NumpyArray).data).toEqual(Uint8Array.of(7));
  });

  it('puts column-major arrays of any rank in row-major order', async () => {
    const bytes = Array.from({ length: 24 }, (_, i) => String.fromCharCode(i)).join('');
    const found = read(built([2, 3, 4], 'u1', `U\x18${bytes}`, 'I01\n')) as NumpyArray;
    const at = (i: number, j: number, k: number) => i + 2 * j + 6 * k;
    const wanted: number[] = [];
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) wanted.push(at(i, j, k));
    expect([...(found.data as Uint8Array)]).toEqual(wanted);
    expect(await describeValue(found)).toMatchObject({ array: 'uint8', shape: [2, 3, 4] });
  });

  it('refuses sizes that do not add up', async () => {
    expect(await codeOf(built([3], 'i2', 'U\x04abcd'))).toBe('size-mismatch');
    expect(await codeOf(built([2], 'O8', list('N')))).toBe('size-mismatch');
    expect(await codeOf(built([-2], 'i2', 'U\x00'))).toBe('malformed');
    expect(await codeOf(built([65536, 65536], 'i2', 'U\x00'))).toBe('too-large');
    expect(await codeOf(built([2 ** 40, 2 ** 40], 'i2', 'U\x00'))).toBe('too-large');
  });

  it('refuses dtypes without a counterpart, by name', async () => {
    for (const spec of ['c16', 'M8', 'm8', 'V3', 'f16', 'i3', 'x', '(2,)f4', '']) {
      const error = await refusal(() => read(done(dtype(spec))));
      expect([error.code, error.subject]).toEqual(['unknown-dtype', spec]);
    }
  });

  it('reads dimensions of a tuple for torch.Size', () => {
    expect(read(done(call('torch', 'Size', tuple(int(2), int(3)))))).toEqual(new PyTuple([2, 3]));
  });
});
