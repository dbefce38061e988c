import { describe, expect, it } from 'vitest';
import { bytesSource } from './byte-source.ts';
import { refusal } from './testing/files.ts';
import { dict, done, global, int, list, tensor, text, tuple } from './testing/make-pickle.ts';
import { join, latin1 } from './testing/make-zip.ts';
import { openTorchFile, TorchTensor } from './torch-file.ts';

const MAGIC = '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.';
const values = Float32Array.of(1, 2, 3, 4);

interface Parts {
  readonly protocol?: number;
  readonly machine?: string;
  readonly object?: string;
  readonly keys?: string;
  /** For each storage, its count and its bytes. */
  readonly storages?: readonly (readonly [bigint, Uint8Array])[];
}

function stream(parts: Parts): Uint8Array {
  const pickles = [
    MAGIC,
    done(int(parts.protocol ?? 1001)),
    done(parts.machine ?? dict(text('little_endian'), 'I01\n')),
    done(parts.object ?? tensor({ count: 4 }, 0, [4], [1])),
    done(parts.keys ?? list(text('0'))),
  ];
  const storages = parts.storages ?? [[4n, new Uint8Array(values.buffer)]];
  const tail = storages.flatMap(([count, bytes]) => [new Uint8Array(BigInt64Array.of(count).buffer), bytes]);
  return join([latin1(pickles.join('')), ...tail]);
}

async function refused(parts: Parts) {
  const { code, subject } = await refusal(openTorchFile(bytesSource(stream(parts))));
  return [code, subject];
}

describe('legacy streams', () => {
  it('reads a tensor from the storage after the pickles', async () => {
    const found = await openTorchFile(bytesSource(stream({})));
    if (!(found instanceof TorchTensor)) throw new Error('no tensor');
    expect(await found.read()).toEqual(values);
  });

  it('reads an object longer than what is looked at first', async () => {
    const object = list(
      ...Array.from({ length: 60_000 }, (_, i) => int(i)),
      tensor({ count: 4 }, 0, [4], [1]),
    );
    const found = await openTorchFile(bytesSource(stream({ object })));
    if (!Array.isArray(found)) throw new Error('no list');
    expect(found.length).toBe(60_001);
    expect(found[59_999]).toBe(59_999);
    expect(await (found[60_000] as TorchTensor).read()).toEqual(values);
  });

  it('refuses other protocols and big-endian machines', async () => {
    expect(await refused({ protocol: 1002 })).toEqual(['unsupported', '']);
    expect(await refused({ machine: dict(text('little_endian'), 'I00\n') })).toEqual([
      'unsupported',
      'byteorder',
    ]);
    expect(await refused({ machine: 'N' })).toEqual(['malformed', '']);
  });

  it('refuses globals in every one of its pickles', async () => {
    const evil = `${global('posix', 'system')}(S'true'\ntR`;
    for (const parts of [{ machine: evil }, { object: evil }, { keys: evil }]) {
      expect(await refused(parts)).toEqual(['forbidden-global', 'posix.system']);
    }
    expect(await refused({ machine: global('collections', 'OrderedDict') })).toEqual([
      'forbidden-global',
      'collections.OrderedDict',
    ]);
  });

  it('refuses a storage that is missing, there twice, or of no tensor', async () => {
    expect(await refused({ keys: list(), storages: [] })).toEqual(['missing-storage', '0']);
    expect(await refused({ keys: list(text('0'), text('0')) })).toEqual(['malformed', '0']);
    expect(await refused({ keys: list(text('0'), text('1')) })).toEqual(['malformed', '1']);
    expect(await refused({ keys: dict() })).toEqual(['malformed', '']);
    expect(await refused({ keys: list(int(0)) })).toEqual(['malformed', '']);
  });

  it('refuses storages that are not as long as they should be', async () => {
    const bytes = new Uint8Array(values.buffer);
    expect(await refused({ storages: [[3n, bytes]] })).toEqual(['size-mismatch', '0']);
    expect(await refused({ storages: [[-1n, bytes]] })).toEqual(['size-mismatch', '0']);
    expect(await refused({ storages: [[2n ** 62n, bytes]] })).toEqual(['size-mismatch', '0']);
    expect(await refused({ storages: [[4n, bytes.subarray(1)]] })).toEqual(['truncated', '']);
  });

  it('refuses a storage said to be of two sizes, and a part that is not within its whole', async () => {
    const two = list(tensor({ count: 4 }, 0, [4], [1]), tensor({ count: 3 }, 0, [3], [1]));
    expect(await refused({ object: two })).toEqual(['size-mismatch', '0']);
    const part = (start: number, count: number) => {
      const view = tuple(text('part'), int(start), int(count));
      const id = tuple(
        text('storage'),
        global('torch', 'FloatStorage'),
        text('0'),
        text('cpu'),
        int(4),
        view,
      );
      return `${id}Q`;
    };
    expect(await refused({ object: part(2, 3) })).toEqual(['size-mismatch', '0']);
    expect(await refused({ object: part(-1, 2) })).toEqual(['size-mismatch', '0']);
  });

  it('refuses a reference to anything but a storage', async () => {
    expect(await refused({ object: `${tuple(text('module'), 'N')}Q` })).toEqual(['malformed', '']);
    expect(await refused({ object: 'NQ' })).toEqual(['malformed', '']);
  });
});
