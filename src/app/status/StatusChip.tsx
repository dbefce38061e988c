/** Says at all times where the network runs and why; opens to everything known about the model. */
import { useId } from 'react';
import type { LoadedModel } from '../../../workers/protocol.ts';
import type { ModelStatus } from '../../state/model-store.ts';
import { useAppState, useModel } from '../state-context.tsx';
import { bytesText, percent, progressWords, providerText } from '../words.ts';
import { ModelSwitch } from './ModelSwitch.tsx';
import { type Measure, measuresOf } from './scores.ts';

function chipWords(status: ModelStatus): string {
  if (status.phase === 'ready') return providerText(status.model);
  if (status.phase === 'failed') return 'No model';
  if (status.phase === 'idle') return 'Starting';
  const { fraction } = progressWords(status.progress);
  return fraction === null || fraction >= 1 ? 'Preparing' : `Loading ${percent(fraction)}`;
}

function facts(model: LoadedModel): [string, string][] {
  const list: [string, string | undefined][] = [
    ['Runs on', model.adapter && model.provider === 'webgpu' ? model.adapter : undefined],
    ['Download', model.fromCache ? 'none: kept from last time' : bytesText(model.downloadedBytes)],
    ['Sees', `${model.side} × ${model.side} pixels in ${model.grid} × ${model.grid} patches`],
    ['Trained on', model.trainedOn],
    ['Licence', model.licence],
  ];
  return list.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

function Facts({ rows, className = 'facts' }: { rows: Measure['rows']; className?: string }) {
  return (
    <dl className={className}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Scores({ model }: { model: LoadedModel }) {
  const forms = [...model.precisions, ...(model.otherPrecisions ?? [])].map(({ precision }) => precision);
  return measuresOf(model.scored ?? {}, model.precision, forms).map(({ name, rows }) => (
    <section key={name}>
      <h3 className="eyebrow popover-heading">{name ?? 'Scored'}</h3>
      <Facts rows={rows} className="facts scores" />
    </section>
  ));
}

export function StatusChip() {
  const id = useId();
  const { query } = useAppState();
  const status = useModel((state) => state.status);
  const choice = useModel((state) => state.choice);
  const model = status.phase === 'ready' ? status.model : null;
  // A phone's bar has room for the first of the three.
  const [short = '', more] = chipWords(status).split(', ');
  const [where, form] = short.split(' · ');
  return (
    <>
      <button type="button" className="status-chip" data-phase={status.phase} popoverTarget={id}>
        <span className="status-dot" aria-hidden="true" />
        <span className="visually-hidden">Model: </span>
        <span className="status-words">
          {where}
          {form && <span className="status-form"> · {form}</span>}
        </span>
        {more && <span className="status-more">, {more}</span>}
        {model && <span className="status-reason">because {model.providerReason}</span>}
      </button>
      <div id={id} className="popover" popover="auto" role="dialog" aria-label="Model">
        <h2>{model?.title ?? choice?.title ?? 'Model'}</h2>
        {model && (
          <>
            <p>
              {providerText(model)}, because {model.providerReason}.
            </p>
            <Facts rows={facts(model)} />
            <Scores model={model} />
          </>
        )}
        {status.phase === 'loading' && <p>{progressWords(status.progress).text}…</p>}
        {status.phase === 'failed' && (
          <p>
            {status.error.message} {status.error.hint}
          </p>
        )}
        <ModelSwitch />
        {query.complaints.map((complaint) => (
          <p key={complaint} className="quiet">
            {complaint}
          </p>
        ))}
      </div>
    </>
  );
}
