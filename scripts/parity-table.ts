/**
 * Makes docs/parity.md: how far the converted networks are from the original's outputs, by variant and output, and how
 * far each precision is from fp32 on the probe inputs. Run: npm run parity
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ReferenceModel, readReference } from '../cli/testing/reference-model.ts';
import { type Manifest, parseManifest } from '../src/grounding/bundle.ts';
import type { Difference, OutputName, Variant } from '../src/grounding/testing/parity.ts';
import { differences, OUTPUTS, VARIANTS } from '../src/grounding/testing/parity.ts';
import type { Activation } from '../src/hivg/precision.ts';
import { PRECISIONS } from '../src/hivg/precision.ts';

const root = new URL('../', import.meta.url);
const BUNDLED = 'public/models/hivg-mini/manifest.json';

const HEAD = `# Parity

Made by \`npm run parity\`; not edited by hand.

## fp32 against the original

Largest absolute difference from the original's outputs over a network's cases, on Node's CPU (\`mask_logits\`: relative to
the largest value). In brackets, what float32 leaves open in the reference (\`fixtures/reference-rounding.json\`): the larger
of its distance from the same network in float64 and of what shaking every weight by its last digit does. The reference
networks have random weights at small widths, and some put scores beyond 100 into a bridge's softmax, which enlarges
rounding: there both numbers are large.

The limit: 1e-4 (the mask 1e-3), or four times the number in brackets (the largest over the network's cases) where that is more;
the box always 1e-4. **Bold**: beyond 1e-4 (the mask 1e-3) and so within the limit only by that allowance. ✗: beyond the limit.
`;

const PRECISION_HEAD = `
## Precisions against fp32

Largest absolute difference from fp32 on the three probe inputs that every conversion runs, on Node's CPU, in both
activation types where there are two. Box in fractions of the padded square. Random weights at these widths (16 to 48)
say little about what a trained network of full width loses.
`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `\n${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

const short = (value: number) => value.toExponential(1);

function fp32Row(variant: Variant, found: readonly Difference[][]): string[] {
  const cell = (output: OutputName) => {
    const these = found.flat().filter((difference) => difference.output === output);
    if (these.length === 0) return '–';
    const error = Math.max(...these.map((difference) => difference.error));
    const rounding = Math.max(...these.map((difference) => difference.rounding));
    const beyond = these.some((difference) => !(difference.error <= difference.limit));
    const plain = output === 'mask_logits' ? 1e-3 : 1e-4;
    const shown = error <= plain ? short(error) : `**${short(error)}**`;
    return `${shown}${beyond ? ' ✗' : ''} (${short(rounding)})`;
  };
  return [variant, ...OUTPUTS.map(cell)];
}

function precisionRows(name: string, manifest: Manifest): string[][] {
  return PRECISIONS.filter((precision) => precision !== 'fp32').flatMap((precision) => {
    const byActivation = Object.entries(manifest.precisions[precision]?.error ?? {}) as [
      Activation,
      Record<string, number>,
    ][];
    return byActivation.map(([activation, errors]) => {
      const cells = OUTPUTS.map((output) => (errors[output] === undefined ? '–' : short(errors[output])));
      return [name, precision, activation, ...cells];
    });
  });
}

const exact: string[][] = [];
const lower: string[][] = [];
for (const variant of VARIANTS) {
  process.stderr.write(`${variant} …\n`);
  const reference = await readReference(variant);
  const model = await ReferenceModel.convert(variant, PRECISIONS, { probe: true });
  try {
    const answers = await model.answers(reference.cases, 'fp32');
    const found = answers.map(({ outputs }, index) =>
      differences(outputs, reference.tensors, index, reference.rounding),
    );
    exact.push(fp32Row(variant, found));
    lower.push(...precisionRows(variant, model.manifest));
  } finally {
    model.remove();
  }
}
const bundled = new URL(BUNDLED, root);
if (existsSync(bundled)) {
  const manifest = parseManifest(JSON.parse(readFileSync(bundled, 'utf8')));
  lower.push(...precisionRows('hivg-mini (bundled, trained)', manifest));
}
const text = [
  HEAD,
  table(['network', ...OUTPUTS], exact),
  PRECISION_HEAD,
  table(['network', 'precision', 'activations', ...OUTPUTS], lower),
].join('');
writeFileSync(fileURLToPath(new URL('docs/parity.md', root)), text);
process.stderr.write('docs/parity.md written\n');
