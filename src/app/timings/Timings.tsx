/** Where the time went, folded away: by part and what it was done for, where it ran, and the runs before. */
import { useState } from 'react';
import { useStore } from 'zustand';
import { useGrounding, useModel } from '../state-context.tsx';
import { duration, PROVIDER_NAMES } from '../words.ts';
import { drawTimes } from './draw-meter.ts';
import { partGroupsOf, sparkline } from './parts.ts';

/** Runs in the line. */
const RUNS = 24;
const LINE = { width: 96, height: 18 };

function Runs() {
  const entries = useGrounding((state) => state.entries);
  // Newest first in the list, to the right in the line.
  const totals = entries
    .slice(0, RUNS)
    .map(({ times }) => times.total)
    .reverse();
  if (totals.length < 3) return null;
  const [least, most] = [Math.min(...totals), Math.max(...totals)];
  return (
    <p className="runs quiet">
      <span>Last {totals.length} runs</span>
      <svg
        viewBox={`-2 -2 ${LINE.width + 4} ${LINE.height + 4}`}
        role="img"
        aria-label={`From ${duration(least)} to ${duration(most)}`}
      >
        <polyline points={sparkline(totals, LINE.width, LINE.height)} />
      </svg>
      <span>
        {duration(least)} – {duration(most)}
      </span>
    </p>
  );
}

function Parts() {
  const shown = useGrounding((state) => state.shown);
  const draw = useStore(drawTimes, ({ last }) => last);
  const model = useModel(({ status }) => (status.phase === 'ready' ? status.model : null));
  if (!shown) return null;
  const groups = partGroupsOf(shown.times, draw);
  const longest = Math.max(...groups.flatMap(({ parts }) => parts.map(({ ms }) => ms)), 1);
  const { provider, precision } = shown.result;
  const same = model?.provider === provider && model.precision === precision ? model : null;
  const ran = [
    PROVIDER_NAMES[provider],
    provider === 'webgpu' ? same?.adapter : null,
    provider === 'wasm' && same ? `${same.threads} ${same.threads === 1 ? 'thread' : 'threads'}` : null,
    precision,
  ].filter((each): each is string => typeof each === 'string');
  return (
    <>
      <table className="parts">
        <caption className="visually-hidden">Milliseconds by part</caption>
        {groups.map((group) => (
          <tbody key={group.name}>
            <tr className="parts-group">
              <th scope="rowgroup" colSpan={2}>
                {group.name}
              </th>
              <td>{duration(group.ms)}</td>
            </tr>
            {group.parts.map(({ name, about, ms }) => (
              <tr key={name} title={about} data-part={name} data-ms={ms}>
                <th scope="row">{name}</th>
                <td className="parts-bar" aria-hidden="true">
                  <span style={{ width: `${(100 * ms) / longest}%` }} />
                </td>
                <td>{ms === 0 ? '0 ms' : duration(ms)}</td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
      <p className="quiet">{ran.join(' · ')}</p>
      <Runs />
    </>
  );
}

export function Timings() {
  const total = useGrounding((state) => state.shown?.times.total);
  const [open, setOpen] = useState(false);
  if (total === undefined) return null;
  return (
    <details className="folded" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Took <strong>{duration(total)}</strong>
      </summary>
      {open && <Parts />}
    </details>
  );
}
