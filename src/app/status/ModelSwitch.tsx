/** Where the network runs and in which form: what the bundle has, how much there is to download, what cannot run here. */
import { useId, useState } from 'react';
import type { LoadedModel } from '../../../workers/protocol.ts';
import { PROVIDERS, type Precision, type Provider } from '../../grounding/providers.ts';
import { switchModel, type Wish } from '../../state/model-switch.ts';
import { usePage } from '../page-context.tsx';
import { useAppState, useModel, useSettings } from '../state-context.tsx';
import { bytesText, PROVIDER_NAMES } from '../words.ts';

const CHOICES: readonly { value: Provider | 'auto'; label: string }[] = [
  { value: 'auto', label: 'Automatic' },
  ...PROVIDERS.map((value) => ({ value, label: PROVIDER_NAMES[value] })),
];

/** What the weights are, in a few words. */
const ABOUT: Readonly<Record<Precision, string>> = {
  fp32: 'full precision',
  fp16: 'half precision',
  q8: '8 bits in blocks',
  q4: '4 bits in blocks',
  int8: '8 bits',
};

const needs = (runsOn: readonly Provider[]): string =>
  runsOn.length === 0
    ? 'needs a graphics processor with 16-bit floats'
    : `needs ${runsOn.map((provider) => PROVIDER_NAMES[provider]).join(' or ')}`;

interface Form {
  readonly precision: Precision;
  readonly bytes: number;
  /** Why it cannot run here; null where it can. */
  readonly not: string | null;
}

function formsOf(model: LoadedModel): Form[] {
  return [
    ...model.precisions.map((form) => ({ ...form, not: null })),
    ...(model.otherPrecisions ?? []).map(({ runsOn, ...form }) => ({ ...form, not: needs(runsOn) })),
  ];
}

function PrecisionChoice({
  model,
  chosen,
  fixed,
  onChoose,
}: {
  model: LoadedModel;
  chosen: Precision | 'auto';
  fixed: boolean;
  onChoose: (precision: Precision | 'auto') => void;
}) {
  const id = useId();
  const forms = formsOf(model);
  if (forms.length < 2) return null;
  return (
    <>
      <p className="eyebrow popover-heading" id={id}>
        Precision
      </p>
      <div role="radiogroup" aria-labelledby={id} className="forms">
        <label>
          <input
            type="radio"
            name={id}
            disabled={fixed}
            checked={chosen === 'auto'}
            onChange={() => onChoose('auto')}
          />
          <span>Automatic</span>
          <span className="quiet">{chosen === 'auto' && model.precision}</span>
        </label>
        {forms.map(({ precision, bytes, not }) => (
          <label key={precision} data-disabled={not !== null}>
            <input
              type="radio"
              name={id}
              disabled={fixed || not !== null}
              checked={chosen === precision}
              onChange={() => onChoose(precision)}
            />
            <span>
              {precision} <span className="quiet">{not ?? ABOUT[precision]}</span>
            </span>
            <span className="quiet">{bytesText(bytes)}</span>
          </label>
        ))}
      </div>
    </>
  );
}

export function ModelSwitch() {
  const state = useAppState();
  const page = usePage();
  const { query } = state;
  const name = useId();
  const [problem, setProblem] = useState<string | null>(null);
  const provider = useSettings((settings) => settings.provider);
  const precision = useSettings((settings) => settings.precision);
  const status = useModel((current) => current.status);
  // Stays while another is loaded, so that the list does not jump.
  const [last, setLast] = useState<LoadedModel | null>(null);
  const model = status.phase === 'ready' ? status.model : last;
  if (status.phase === 'ready' && last !== status.model) setLast(status.model);
  const wish = async (change: Wish): Promise<void> => {
    setProblem(null);
    const words = await switchModel(state, change);
    setProblem(words);
    if (words) page.announce(words);
  };
  const chosen = query.provider ?? provider;
  return (
    <>
      <p className="eyebrow popover-heading" aria-hidden="true">
        Run on
      </p>
      <fieldset className="segments" disabled={query.provider !== null}>
        <legend className="visually-hidden">Run on</legend>
        {CHOICES.map(({ value, label }) => (
          <label key={value}>
            <input
              type="radio"
              name={name}
              checked={chosen === value}
              // Which precisions there are depends on the provider.
              onChange={() => void wish({ provider: value, precision: 'auto' })}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      {model && (
        <PrecisionChoice
          model={model}
          chosen={query.precision ?? precision}
          fixed={query.precision !== null}
          onChoose={(next) => void wish({ provider, precision: next })}
        />
      )}
      {problem && <p className="switch-problem">{problem}</p>}
    </>
  );
}
