/** How to ground with another model: those that this page offers, and how a checkpoint becomes one of them. */
import { useModel } from '../state-context.tsx';
import { Dialog, DialogHead } from '../ui/Dialog.tsx';

/** The page's address with another model; what else it says stays. */
export function modelAddress(href: string, id: string): string {
  const url = new URL(href);
  url.searchParams.set('model', id);
  return url.href;
}

function Choices() {
  const choices = useModel((state) => state.choices);
  const current = useModel((state) => state.choice);
  if (choices.length < 2) return null;
  return (
    <section>
      <h3 className="eyebrow">On this page</h3>
      <ul className="model-choices">
        {choices.map(({ id, title }) => (
          <li key={id}>
            {id === current?.id ? (
              <span aria-current="true">
                {title} <span className="quiet">in use</span>
              </span>
            ) : (
              <a href={modelAddress(location.href, id)}>{title}</a>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Body({ onClose }: { onClose: () => void }) {
  return (
    <div className="dialog-body">
      <DialogHead id="models-heading" title="Models" onClose={onClose} />
      <p>
        The model that comes with this page is small and was trained on generated scenes of emoji art. For
        photographs, use a full-size HiVG model, which was trained on photographs.
      </p>
      <Choices />
      <section>
        <h3 className="eyebrow">Add a full-size model</h3>
        <ol className="steps">
          <li>
            Get a checkpoint: <code>best_checkpoint.pth</code>, as HiVG’s authors publish them or as your own
            training wrote it.
          </li>
          <li>
            In the project’s folder, convert it. The file is read and never executed.
            <pre>
              <code>npm run hivg -- convert best_checkpoint.pth --out public/models/my-hivg</code>
            </pre>
          </li>
          <li>
            Start the page again with <code>npm start</code>, and add this to its address:
            <pre>
              <code>?model=models/my-hivg/</code>
            </pre>
          </li>
        </ol>
        <p className="quiet">
          On a host, put the folder into <code>models</code> beside the page. A model that is listed first in{' '}
          <code>models/index.json</code> loads by itself.
        </p>
      </section>
    </div>
  );
}

export function ModelsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} className="models" labelledBy="models-heading">
      <Body onClose={onClose} />
    </Dialog>
  );
}
