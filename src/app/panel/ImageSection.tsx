/** The image by name and size, what is special about it, and the way to another. */
import type { OpenedImage } from '../../state/image/open-image.ts';
import { useAppState } from '../state-context.tsx';

export function ImageSection({ image }: { image: OpenedImage }) {
  const { image: store } = useAppState();
  return (
    <section className="section" aria-labelledby="image-heading">
      <div className="section-head">
        <h2 id="image-heading" className="eyebrow">
          Image
        </h2>
        <button type="button" className="text-button" onClick={() => store.getState().clear()}>
          Start over
        </button>
      </div>
      <p className="image-name">
        <span title={image.name}>{image.name}</span>
        <span className="quiet">
          {image.width} × {image.height}
        </span>
      </p>
      {image.notes.length > 0 && (
        <ul className="image-notes">
          {image.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
