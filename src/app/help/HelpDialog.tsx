/** What this is in a paragraph, and the keys, read from the list of commands. */
import type { RefObject } from 'react';
import { ALL_COMMANDS } from '../commands.ts';
import { useSettings } from '../state-context.tsx';
import { CloseIcon } from '../ui/icons.tsx';

const keyName = (key: string): string => (key === 'Escape' ? 'Esc' : key.toUpperCase());

export function HelpDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  const letterShortcuts = useSettings((state) => state.letterShortcuts);
  const set = useSettings((state) => state.set);
  const close = (): void => dialog.current?.close();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself; the click is on the backdrop
    <dialog
      ref={dialog}
      className="help"
      aria-labelledby="help-heading"
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <div className="help-body">
        <div className="section-head">
          <h2 id="help-heading">How it works</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={close}>
            <CloseIcon />
          </button>
        </div>
        <p>
          HiVG is a neural network for visual grounding: it reads an image and a phrase together and answers
          with one box. The network runs in this browser. Your images and words stay on this device.
        </p>
        <p>
          It always answers, also when the thing is not there. Short phrases that tell one thing from the
          others by kind, colour, size or place work best.
        </p>
        <h3 className="eyebrow">Keys</h3>
        <dl className="keys">
          {ALL_COMMANDS.map(({ name, key, label }) => (
            <div key={name}>
              <dt>
                <kbd>{keyName(key)}</kbd>
              </dt>
              <dd>{label}</dd>
            </div>
          ))}
          <div>
            <dt>
              <kbd>↑</kbd> <kbd>↓</kbd>
            </dt>
            <dd>In the prompt: what was asked before</dd>
          </div>
        </dl>
        <label className="check">
          <input
            type="checkbox"
            checked={letterShortcuts}
            onChange={(event) => set({ letterShortcuts: event.target.checked })}
          />
          <span>Keys of a single character are on</span>
        </label>
      </div>
    </dialog>
  );
}
