// Block-wise quantisation of weights to 4 or 8 bits, packed as ONNX Runtime's MatMulNBits and GatherBlockQuantized
// read them: each run of `blockSize` weights of a row shares one scale, weight = (code − 2^(bits−1)) · scale, there are
// no zero points. Activations stay as they are; for int8 with dynamic activations see `quantise-int8.ts`.
//
// MatMulNBits (com.microsoft): B uint8 [n, ceil(k / block), block · bits / 8], scales [n, ceil(k / block)] of A's
// type, attributes K, N, bits, block_size. GatherBlockQuantized (com.microsoft): data uint8 [rows, width · bits / 8],
// scales [rows, ceil(width / block)], attributes bits, block_size, gather_axis 0, quantize_axis 1. Blocks are powers
// of two from 16. In both the implicit zero point of uint8 data is 2^(bits−1), and the low nibble comes first.
//
// ONNX Runtime 1.30 has MatMulNBits everywhere, GatherBlockQuantized for Node and WebGPU; its WebGPU build for browsers
// has none on the wasm provider.

import { pack4, pack8, pickScale4, pickScale8 } from './block-codes.ts';
import { OnnxBuildError } from './errors.ts';
import { roundToFloat16 } from './float16.ts';

export type BlockBits = 4 | 8;

export interface BlockOptions {
  /**
   * Round each scale to a half before the codes are chosen for it, so that a model with fp16 scales and one with fp32
   * scales read exactly the same weights from the same codes.
   */
  readonly halfScales?: boolean;
}

export interface QuantisedBlocks {
  readonly packed: Uint8Array<ArrayBuffer>;
  /** Row-major, one for each block of each row; some are negative. */
  readonly scales: Float32Array<ArrayBuffer>;
}

export interface BlockShapes {
  readonly packed: readonly number[];
  readonly scales: readonly number[];
}

const MIN_BLOCK = 16;

/** Shapes of what `quantiseBlocks` gives. Throws `bad-argument`. */
export function blockShapes(n: number, k: number, bits: BlockBits, blockSize: number): BlockShapes {
  checkSizes(n, k, bits, blockSize);
  const blocks = Math.ceil(k / blockSize);
  return { packed: [n, blocks, (blockSize * bits) / 8], scales: [n, blocks] };
}

/**
 * For MatMulNBits: `weight` is row-major [n outputs, k inputs], a torch Linear weight as it is. Where k is no multiple
 * of the block, the last block of each row is filled up with zeros. Each block gets, of a few candidate scales, the
 * one of least squared error. Throws `bad-argument`, `size-mismatch`, and `bad-data` for weights that aren't finite.
 */
export function quantiseBlocks(
  weight: Float32Array,
  n: number,
  k: number,
  bits: BlockBits,
  blockSize: number,
  options: BlockOptions = {},
): QuantisedBlocks {
  checkSizes(n, k, bits, blockSize);
  const rowBytes = (Math.ceil(k / blockSize) * blockSize * bits) / 8;
  return quantiseRows(weight, n, k, bits, blockSize, rowBytes, options);
}

/** The weights, row-major [n, k], that MatMulNBits computes with: the inverse of `quantiseBlocks`, less its error. */
export function dequantiseBlocks(
  { packed, scales }: { readonly packed: Uint8Array; readonly scales: Float32Array },
  n: number,
  k: number,
  bits: BlockBits,
  blockSize: number,
): Float32Array<ArrayBuffer> {
  checkSizes(n, k, bits, blockSize);
  const rowBytes = (Math.ceil(k / blockSize) * blockSize * bits) / 8;
  return dequantiseRows(packed, scales, n, k, bits, blockSize, rowBytes);
}

/** Shapes of what `quantiseGatherTable` gives. Throws `bad-argument`. */
export function gatherTableShapes(
  rows: number,
  width: number,
  bits: BlockBits,
  blockSize: number,
): BlockShapes {
  checkTableSizes(rows, width, bits, blockSize);
  return { packed: [rows, (width * bits) / 8], scales: [rows, Math.ceil(width / blockSize)] };
}

/**
 * For GatherBlockQuantized: `table` is row-major [rows, width], an embedding. As `quantiseBlocks`, but rows are not
 * filled up, since the operator takes its output's width from theirs; so at 4 bits the width must be even.
 */
export function quantiseGatherTable(
  table: Float32Array,
  rows: number,
  width: number,
  bits: BlockBits,
  blockSize: number,
  options: BlockOptions = {},
): QuantisedBlocks {
  checkTableSizes(rows, width, bits, blockSize);
  return quantiseRows(table, rows, width, bits, blockSize, (width * bits) / 8, options);
}

/** The table, row-major [rows, width], that GatherBlockQuantized reads. */
export function dequantiseGatherTable(
  { packed, scales }: { readonly packed: Uint8Array; readonly scales: Float32Array },
  rows: number,
  width: number,
  bits: BlockBits,
  blockSize: number,
): Float32Array<ArrayBuffer> {
  checkTableSizes(rows, width, bits, blockSize);
  return dequantiseRows(packed, scales, rows, width, bits, blockSize, (width * bits) / 8);
}

function checkSizes(n: number, k: number, bits: BlockBits, blockSize: number): void {
  if (!(Number.isSafeInteger(n) && Number.isSafeInteger(k) && n > 0 && k > 0)) {
    throw new OnnxBuildError('bad-argument', `can't quantise a matrix of ${n} × ${k}`);
  }
  if (bits !== 4 && bits !== 8) {
    throw new OnnxBuildError('bad-argument', `can't quantise to ${bits} bits, only to 4 or 8`);
  }
  if (!Number.isSafeInteger(blockSize) || blockSize < MIN_BLOCK || !Number.isInteger(Math.log2(blockSize))) {
    throw new OnnxBuildError('bad-argument', `a block is a power of two from ${MIN_BLOCK}, not ${blockSize}`);
  }
}

function checkTableSizes(rows: number, width: number, bits: BlockBits, blockSize: number): void {
  checkSizes(rows, width, bits, blockSize);
  if (bits === 4 && width % 2 !== 0) {
    throw new OnnxBuildError('bad-argument', `a table of odd width ${width} can't be packed at 4 bits`);
  }
}

function quantiseRows(
  weight: Float32Array,
  n: number,
  k: number,
  bits: BlockBits,
  blockSize: number,
  rowBytes: number,
  options: BlockOptions,
): QuantisedBlocks {
  if (weight.length !== n * k) {
    throw new OnnxBuildError('size-mismatch', `a ${n} × ${k} matrix does not have ${weight.length} elements`);
  }
  const blocks = Math.ceil(k / blockSize);
  const packed = new Uint8Array(n * rowBytes);
  const scales = new Float32Array(n * blocks);
  const pickScale = bits === 4 ? pickScale4 : pickScale8;
  const pack = bits === 4 ? pack4 : pack8;
  // The block at hand in double precision, zeros after the end of its row.
  const block = new Float64Array(blockSize);
  for (let row = 0; row < n; row++) {
    for (let b = 0; b < blocks; b++) {
      const start = b * blockSize;
      const count = Math.min(blockSize, k - start);
      const from = row * k + start;
      for (let i = 0; i < count; i++) block[i] = weight[from + i] as number;
      if (count < blockSize) block.fill(0, count);
      scales[row * blocks + b] = pickScale(block);
    }
  }
  if (options.halfScales === true) scales.set(roundToFloat16(scales));
  checkFinite(scales, blocks);
  for (let row = 0; row < n; row++) {
    for (let b = 0; b < blocks; b++) {
      const start = b * blockSize;
      const end = Math.min(k, start + blockSize);
      const byte = row * rowBytes + (start * bits) / 8;
      pack(weight, row * k + start, row * k + end, scales[row * blocks + b] as number, packed, byte);
    }
    // What fills a row up is zero, and zero is the middle code.
    const used = row * rowBytes + Math.ceil((k * bits) / 8);
    packed.fill(bits === 4 ? 0x88 : 0x80, used, (row + 1) * rowBytes);
  }
  return { packed, scales };
}

function checkFinite(scales: Float32Array, blocks: number): void {
  for (let i = 0; i < scales.length; i++) {
    if (!Number.isFinite(scales[i])) {
      throw new OnnxBuildError(
        'bad-data',
        `row ${Math.floor(i / blocks)} has weights that are not finite, or too large for their scale's type`,
      );
    }
  }
}

function dequantiseRows(
  packed: Uint8Array,
  scales: Float32Array,
  n: number,
  k: number,
  bits: BlockBits,
  blockSize: number,
  rowBytes: number,
): Float32Array<ArrayBuffer> {
  const blocks = Math.ceil(k / blockSize);
  if (packed.length !== n * rowBytes || scales.length !== n * blocks) {
    throw new OnnxBuildError(
      'size-mismatch',
      `a ${n} × ${k} matrix at ${bits} bits has ${n * rowBytes} bytes and ${n * blocks} scales, not ${packed.length} and ${scales.length}`,
    );
  }
  const weight = new Float32Array(n * k);
  for (let row = 0; row < n; row++) {
    for (let col = 0; col < k; col++) {
      const scale = scales[row * blocks + Math.floor(col / blockSize)] as number;
      if (bits === 8) {
        weight[row * k + col] = ((packed[row * rowBytes + col] as number) - 128) * scale;
      } else {
        const pair = packed[row * rowBytes + (col >> 1)] as number;
        weight[row * k + col] = ((col % 2 === 0 ? pair & 15 : pair >> 4) - 8) * scale;
      }
    }
  }
  return weight;
}
