/** Whether and how strongly the heat map lies over the image, and what its colours mean. */
import { useEffect, useId, useRef } from 'react';
import { viridis } from '../stage/viridis.ts';
import { useGrounding, useSettings } from '../state-context.tsx';
import { percent } from '../words.ts';

const LEGEND_STEPS = 64;

function Legend() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    for (let i = 0; i < LEGEND_STEPS; i++) {
      context.fillStyle = `rgb(${viridis(i / (LEGEND_STEPS - 1)).join(' ')})`;
      context.fillRect(i, 0, 1, 1);
    }
  }, []);
  return (
    <div className="legend">
      <div aria-hidden="true">
        <canvas ref={canvas} width={LEGEND_STEPS} height={1} />
      </div>
      <div className="legend-ends" aria-hidden="true">
        <span>least</span>
        <span>most attention</span>
      </div>
      <span className="visually-hidden">Colours go from dark violet, least attention, to yellow, most.</span>
    </div>
  );
}

export function HeatMapSection() {
  const id = useId();
  const hasResult = useGrounding((state) => state.shown !== null);
  const visible = useSettings((state) => state.heatMapVisible);
  const opacity = useSettings((state) => state.heatMapOpacity);
  const smooth = useSettings((state) => state.heatMapSmooth);
  const set = useSettings((state) => state.set);
  return (
    <section className="section" aria-labelledby={`${id}-heading`}>
      <div className="section-head">
        <h2 id={`${id}-heading`} className="eyebrow">
          Heat map
        </h2>
        <button
          type="button"
          role="switch"
          aria-checked={visible}
          aria-labelledby={`${id}-heading`}
          title="Show or hide (H)"
          className="switch"
          onClick={() => set({ heatMapVisible: !visible })}
        />
      </div>
      <p className="quiet">
        Where the network looked for its answer: attention of the [REG] token, last layer, mean of its heads.
      </p>
      <Legend />
      <div className="control" data-off={!visible}>
        <label htmlFor={`${id}-opacity`}>Opacity</label>
        <input
          id={`${id}-opacity`}
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={opacity}
          disabled={!visible || !hasResult}
          aria-valuetext={percent(opacity)}
          onChange={(event) => set({ heatMapOpacity: event.target.valueAsNumber })}
        />
        <output htmlFor={`${id}-opacity`}>{percent(opacity)}</output>
      </div>
      <fieldset className="segments" disabled={!visible || !hasResult}>
        <legend className="visually-hidden">Drawn as</legend>
        {[
          { label: 'Patches', value: false },
          { label: 'Smooth', value: true },
        ].map(({ label, value }) => (
          <label key={label}>
            <input
              type="radio"
              name={`${id}-form`}
              checked={smooth === value}
              onChange={() => set({ heatMapSmooth: value })}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
    </section>
  );
}
