import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { refusal } from '../src/torch/testing/files.ts';
import { openTorchFile, TorchTensor } from '../src/torch/torch-file.ts';
import { openFileSource } from './file-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'file-source-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a file as a source', () => {
  it('reads ranges through one handle', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'to be read');
    const source = await openFileSource(path);
    expect(source.size).toBe(10);
    expect(new TextDecoder().decode(await source.read(3, 2))).toBe('be');
    expect((await refusal(source.read(8, 3))).code).toBe('truncated');
    await source.close();
    await expect(source.read(0, 1)).rejects.toThrow();
  });

  it('says that a file which shrank meanwhile is truncated', async () => {
    const path = join(folder, 'b');
    writeFileSync(path, 'to be read');
    const source = await openFileSource(path);
    truncateSync(path, 4);
    expect((await refusal(source.read(2, 6))).code).toBe('truncated');
    await source.close();
  });

  it("lets Node's own error through where there is no file", async () => {
    await expect(openFileSource(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('reads tensors of a checkpoint', async () => {
    const source = await openFileSource('fixtures/base-unc-stage0/best_checkpoint.pth');
    const file = await openTorchFile(source);
    const model = file instanceof Map ? file.get('model') : undefined;
    const tensor = model instanceof Map ? [...model.values()].at(-1) : undefined;
    if (!(tensor instanceof TorchTensor)) throw new Error('no tensor');
    expect((await tensor.readFloat32()).length).toBe(tensor.size);
    await source.close();
  });
});
