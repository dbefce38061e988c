/** How a map is drawn: nothing here changes a number, and nothing runs the network. */
import { type ReactNode, useId } from 'react';
import { COLOUR_MAPS, LEAST_FIXED_MAX, type Settings } from '../../state/settings-store.ts';
import { cssGradient } from '../colour-maps/colour-maps.ts';
import { useGrounding, useSettings } from '../state-context.tsx';
import { percent } from '../words.ts';

const NAMES = { viridis: 'Viridis', magma: 'Magma', cividis: 'Cividis', greys: 'Greys' } as const;

function Slider({
  label,
  value,
  onChange,
}: {
  label: string;
  value: number;
  onChange: (value: number) => void;
}) {
  const id = useId();
  return (
    <div className="control">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={1}
        step={0.05}
        value={value}
        aria-valuetext={percent(value)}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
      <output htmlFor={id}>{percent(value)}</output>
    </div>
  );
}

function Segments<Value>({
  legend,
  options,
  current,
  onChange,
}: {
  legend: string;
  options: readonly { readonly label: string; readonly value: Value }[];
  current: Value;
  onChange: (value: Value) => void;
}) {
  const id = useId();
  return (
    <div className="control wide">
      <span id={id}>{legend}</span>
      <div role="radiogroup" aria-labelledby={id} className="segments">
        {options.map(({ label, value }) => (
          <label key={label}>
            <input type="radio" name={id} checked={current === value} onChange={() => onChange(value)} />
            <span>{label}</span>
          </label>
        ))}
      </div>
    </div>
  );
}

function Check({
  checked,
  onChange,
  children,
}: {
  checked: boolean;
  onChange: (on: boolean) => void;
  children: ReactNode;
}) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span>{children}</span>
    </label>
  );
}

function Swatches({
  current,
  onChange,
}: {
  current: Settings['colourMap'];
  onChange: (map: Settings['colourMap']) => void;
}) {
  const id = useId();
  return (
    <div className="control wide">
      <span id={id}>Colours</span>
      <div role="radiogroup" aria-labelledby={id} className="swatches">
        {COLOUR_MAPS.map((name) => (
          <label key={name} title={NAMES[name]}>
            <input
              type="radio"
              name={id}
              aria-label={NAMES[name]}
              checked={current === name}
              onChange={() => onChange(name)}
            />
            <span className="swatch" style={{ background: cssGradient(name) }} />
          </label>
        ))}
      </div>
    </div>
  );
}

export function DisplaySection() {
  const id = useId();
  const settings = useSettings((state) => state);
  const hasResult = useGrounding((state) => state.shown !== null);
  const { set } = settings;
  return (
    <section className="section" aria-labelledby={`${id}-heading`}>
      <h2 id={`${id}-heading`} className="eyebrow">
        Display
      </h2>
      <fieldset className="controls" disabled={!settings.heatMapVisible || !hasResult}>
        <legend className="visually-hidden">How the heat map is drawn</legend>
        <Slider
          label="Opacity"
          value={settings.heatMapOpacity}
          onChange={(heatMapOpacity) => set({ heatMapOpacity })}
        />
        <Slider label="Threshold" value={settings.threshold} onChange={(threshold) => set({ threshold })} />
        <Swatches current={settings.colourMap} onChange={(colourMap) => set({ colourMap })} />
        <Segments
          legend="Overlay"
          options={[
            { label: 'Glow', value: true },
            { label: 'Full wash', value: false },
          ]}
          current={settings.heatMapGlow}
          onChange={(heatMapGlow) => set({ heatMapGlow })}
        />
        <Segments
          legend="Drawn as"
          options={[
            { label: 'Smooth', value: true },
            { label: 'Patches', value: false },
          ]}
          current={settings.heatMapSmooth}
          onChange={(heatMapSmooth) => set({ heatMapSmooth })}
        />
        <Segments
          legend="Top share"
          options={[
            { label: 'None', value: null },
            { label: '25 %', value: 0.25 },
            { label: '50 %', value: 0.5 },
            { label: '75 %', value: 0.75 },
          ]}
          current={settings.contour}
          onChange={(contour) => set({ contour })}
        />
        <Segments
          legend="Scale"
          options={[
            { label: 'Each map', value: 'map' as const },
            { label: 'Fixed', value: 'fixed' as const },
          ]}
          current={settings.scale}
          onChange={(scale) => set({ scale })}
        />
        {settings.scale === 'fixed' && (
          <div className="control wide">
            <label htmlFor={`${id}-max`}>Up to</label>
            <input
              id={`${id}-max`}
              type="number"
              className="number"
              min={LEAST_FIXED_MAX}
              max={1}
              step={0.005}
              value={settings.fixedMax}
              onChange={(event) => {
                const fixedMax = event.target.valueAsNumber;
                if (fixedMax >= LEAST_FIXED_MAX && fixedMax <= 1) set({ fixedMax });
              }}
            />
          </div>
        )}
        <div className="checks">
          <Check checked={settings.patchGrid} onChange={(patchGrid) => set({ patchGrid })}>
            Patch grid
          </Check>
          <Check checked={settings.paperFrame} onChange={(paperFrame) => set({ paperFrame })}>
            Paper frame
          </Check>
        </div>
      </fieldset>
    </section>
  );
}
