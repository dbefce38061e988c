/** What was asked of this image: a click shows the answer again, and nothing runs again. */
import { useEffect, useRef } from 'react';
import type { Grounding } from '../../state/grounding-store.ts';
import type { OpenedImage } from '../../state/image/open-image.ts';
import { useAppState, useGrounding } from '../state-context.tsx';
import { duration } from '../words.ts';

/** Side of a thumbnail's canvas: 40 CSS pixels on a dense screen. */
const SIDE = 96;
/** How much around the box is shown with it. */
const AROUND = 1.15;

/** What is in the box, cut from the picture. */
function Crop({ image, entry }: { image: OpenedImage; entry: Grounding }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const { width, height } = image.bitmap;
    const { left, top, right, bottom } = entry.box;
    const side = Math.max(1, Math.max((right - left) * width, (bottom - top) * height) * AROUND);
    const x = ((left + right) / 2) * width - side / 2;
    const y = ((top + bottom) / 2) * height - side / 2;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, SIDE, SIDE);
    context.imageSmoothingQuality = 'high';
    context.drawImage(image.bitmap, x, y, side, side, 0, 0, SIDE, SIDE);
  }, [image, entry]);
  return (
    <span aria-hidden="true">
      <canvas ref={canvas} className="crop" width={SIDE} height={SIDE} />
    </span>
  );
}

export function HistorySection({ image }: { image: OpenedImage }) {
  const { grounding } = useAppState();
  const entries = useGrounding((state) => state.entries);
  const shown = useGrounding((state) => state.shown);
  if (entries.length === 0) return null;
  return (
    <section className="section" aria-labelledby="history-heading">
      <h2 id="history-heading" className="eyebrow">
        Asked of this image
      </h2>
      <ul className="history">
        {entries.map((entry) => (
          <li key={entry.key}>
            <button
              type="button"
              aria-current={entry.key === shown?.key}
              onClick={() => grounding.getState().show(entry)}
            >
              <Crop image={image} entry={entry} />
              <span className="history-words">{entry.expression}</span>
              <span className="quiet">{duration(entry.result.timings.total)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
