/**
 * The stage with what belongs to its maps: one pane, or two side by side that zoom and point together. Under each
 * stands, as under a figure, what the map is, the number that is pointed at, and the legend.
 */
import { memo, useEffect } from 'react';
import type { OpenedImage } from '../../state/image/open-image.ts';
import { TruthCursor } from '../ground-truth/TruthCursor.tsx';
import { ImageStage } from '../stage/ImageStage.tsx';
import { levelOf } from '../stage/map-look.ts';
import { useAppState, useGrounding, useSettings } from '../state-context.tsx';
import { Legend } from './Legend.tsx';
import { MissingMap } from './MissingMap.tsx';
import { numberText } from './names.ts';
import { PatchCursor } from './PatchCursor.tsx';
import { usePointedCell, usePointedPatch } from './pointed.ts';
import type { Pane } from './shown-map.ts';
import { PaneIndex, usePanes } from './use-panes.ts';

function MapValue({ pane, cell }: { pane: Pane; cell: ReturnType<typeof usePointedCell> }) {
  if (!cell) {
    return (
      <p className="map-value" data-testid="map-value">
        <span className="quiet">{pane.shown?.unit}</span>
      </p>
    );
  }
  return (
    <p
      className="map-value"
      data-testid="map-value"
      data-value={cell.value}
      data-row={cell.row}
      data-column={cell.column}
    >
      <strong>{numberText(cell.value)}</strong>{' '}
      <span className="quiet">
        row {cell.row + 1}, column {cell.column + 1}
      </span>
    </p>
  );
}

function Caption({ pane }: { pane: Pane }) {
  const visible = useSettings((state) => state.heatMapVisible);
  const threshold = useSettings((state) => state.threshold);
  const glow = useSettings((state) => state.heatMapGlow);
  const opacity = useSettings((state) => state.heatMapOpacity);
  const cell = usePointedCell(pane);
  if (!visible) {
    return (
      <div className="map-caption">
        <p className="map-title quiet">The heat map is hidden.</p>
      </div>
    );
  }
  return (
    <div className="map-caption">
      <div className="map-words">
        <p className="map-title" title={pane.title} data-testid="map-title">
          {pane.title}
        </p>
        {pane.shown ? <MapValue pane={pane} cell={cell} /> : <MissingMap pane={pane} />}
      </div>
      {pane.shown && (
        <Legend
          shown={pane.shown}
          threshold={levelOf(pane, threshold)}
          glow={glow}
          opacity={opacity}
          value={cell?.value ?? null}
        />
      )}
    </div>
  );
}

/** Who chose a map of the dense graph has asked for it, also for the next answer; but not while still writing. */
function useDenseWhenWanted(panes: readonly Pane[]): void {
  const { grounding } = useAppState();
  const idle = useGrounding((state) => state.status.phase === 'idle');
  const shownKey = useGrounding((state) => state.shown?.key);
  const wanted = panes.some(
    ({ missing, grounding: of }) =>
      missing === 'dense' && of.key === shownKey && of.dense.phase === 'unread' && !of.live,
  );
  useEffect(() => {
    if (wanted && idle) grounding.getState().readDense();
  }, [wanted, idle, grounding]);
}

/** Kept from being made anew by what only the page around it says. */
export const StagePanes = memo(function StagePanes({ image }: { image: OpenedImage }) {
  const panes = usePanes();
  usePointedPatch();
  useDenseWhenWanted(panes);
  const count = Math.max(1, panes.length);
  return (
    <div className="panes" data-panes={count}>
      {Array.from({ length: count }, (_, index) => {
        const pane = panes[index];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a pane is its place
          <PaneIndex key={index} value={index}>
            <div className="pane" data-testid="pane">
              <div className="pane-stage">
                <ImageStage image={image} />
                <div className="pane-overlay">
                  {pane && <PatchCursor pane={pane} image={image} main={index === 0} />}
                  {index === 0 && <TruthCursor image={image} />}
                </div>
              </div>
              {pane && <Caption pane={pane} />}
            </div>
          </PaneIndex>
        );
      })}
    </div>
  );
});
