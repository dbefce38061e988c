/** The quiet side: the result as text, the heat map's controls, what was asked before, and the image itself. */

import type { OpenedImage } from '../../state/image/open-image.ts';
import { HeatMapSection } from './HeatMapSection.tsx';
import { HistorySection } from './HistorySection.tsx';
import { ImageSection } from './ImageSection.tsx';
import { ResultSection } from './ResultSection.tsx';

export function Panel({ image }: { image: OpenedImage }) {
  return (
    <aside className="panel" aria-label="Result and settings">
      <ResultSection image={image} />
      <HeatMapSection />
      <HistorySection image={image} />
      <ImageSection image={image} />
    </aside>
  );
}
