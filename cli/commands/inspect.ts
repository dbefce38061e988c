import { stat } from 'node:fs/promises';
import type { Manifest } from '../../src/grounding/bundle.ts';
import { openCheckpoint } from '../../src/grounding/open-checkpoint.ts';
import type { HivgConfig } from '../../src/hivg/config.ts';
import { parseClipConfig } from '../../src/hivg/config.ts';
import { readArguments } from '../arguments.ts';
import { readJson } from '../convert-folder.ts';
import { openFileSource } from '../file-source.ts';
import { readManifest } from '../folder-bundle.ts';
import type { Command } from '../hivg.ts';
import { megabytes } from '../progress.ts';

const HELP = `hivg inspect CHECKPOINT-or-DIR

Says what a checkpoint or a bundle holds: its architecture, where it comes from, its precisions and their errors.

  --clip-config FILE   CLIP's config.json, where a checkpoint's heads are not width / 64
  --json               print it as one JSON object
  --help               this text
`;

export const inspectCommand: Command = {
  summary: 'say what a checkpoint or a bundle holds',
  help: HELP,
  async run(args) {
    const { positionals, values } = readArguments(args, ['CHECKPOINT-or-DIR'], {
      'clip-config': { type: 'string' },
      json: { type: 'boolean', default: false },
    });
    const path = positionals[0] as string;
    if ((await stat(path)).isDirectory()) {
      const manifest = await readManifest(path);
      process.stdout.write(values.json ? `${JSON.stringify(manifest)}\n` : bundleText(manifest));
      return;
    }
    const clipConfig = values['clip-config']
      ? parseClipConfig(await readJson(values['clip-config']))
      : undefined;
    const source = await openFileSource(path);
    try {
      const { config, summary } = await openCheckpoint(source, clipConfig);
      if (values.json) {
        process.stdout.write(`${JSON.stringify({ architecture: config, ...summary, bytes: source.size })}\n`);
        return;
      }
      const lora =
        summary.adapters > 0
          ? `${summary.adapters} low-rank adapters (${summary.naming}, wrapped ${summary.wraps} times)`
          : 'no low-rank adapters';
      process.stdout.write(
        `${path}: a HiVG checkpoint, ${megabytes(source.size)}\n${architectureText(config)}  ${(summary.parameters / 1e6).toFixed(1)} M parameters, ${lora}\n`,
      );
    } finally {
      await source.close();
    }
  },
};

function architectureText(config: HivgConfig): string {
  const { vision, text, grounding } = config;
  const tower = (name: string, { width, layers, heads }: typeof vision) =>
    `  ${name.padEnd(10)} width ${width}, ${layers} layers, ${heads} heads\n`;
  const states = config.mixup ? 'projected text features' : `text states ${config.textStates.join(' ')}`;
  return [
    `  ${config.model}, trained on ${config.dataset || 'an unnamed data set'}; ${config.side} px in ${config.grid} × ${config.grid} patches\n`,
    tower('vision', vision),
    tower('text', text).replace('\n', `; ${text.vocabulary} tokens, ${text.context} at a time\n`),
    tower('grounding', grounding),
    `  bridge in vision layers ${config.bridgedLayers.join(' ') || 'none'}, from ${states}${config.adaptiveWeights && !config.mixup ? ', adaptive weights' : ''}\n`,
  ].join('');
}

function bundleText(manifest: Manifest): string {
  const { provenance } = manifest;
  const lines = [
    `${manifest.title ?? manifest.name}: a bundle of ${manifest.files.length} files\n`,
    architectureText(manifest.architecture),
    `  from ${provenance.source} (SHA-256 ${provenance.sha256.slice(0, 12)}…), by ${provenance.converter}\n`,
    `  licence: ${manifest.licence}; trained on ${manifest.trainedOn}${manifest.pictures ? ` (${manifest.pictures})` : ''}\n`,
  ];
  for (const [what, score] of Object.entries(manifest.scored)) lines.push(`  ${what}: ${score}\n`);
  for (const [name, entry] of Object.entries(manifest.precisions)) {
    lines.push(`  ${name}: ${megabytes(entry.bytes)}\n`);
    for (const [activation, errors] of Object.entries(entry.error ?? {})) {
      const shown = Object.entries(errors ?? {}).map(([output, value]) => `${output} ${value}`);
      lines.push(`    furthest from fp32 on the probes, ${activation}: ${shown.join(', ')}\n`);
    }
  }
  return lines.join('');
}
