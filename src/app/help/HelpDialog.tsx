/** What this is in a paragraph, the keys, read from the list of commands, and whose art the samples show. */
import { GROUPS } from '../command.ts';
import { ALL_COMMANDS } from '../commands.ts';
import { useSettings } from '../state-context.tsx';
import { Dialog, DialogHead } from '../ui/Dialog.tsx';
import { Keys } from '../ui/Keys.tsx';
import { Credits } from './Credits.tsx';

interface KeyRow {
  readonly keys: readonly string[];
  readonly label: string;
}

/** What has no command behind it: hands on the prompt and on the picture. */
const MORE_KEYS: readonly KeyRow[] = [
  { keys: ['ArrowUp', 'ArrowDown'], label: 'In the prompt: what was asked before' },
  { keys: ['Wheel'], label: 'Over the picture: zoom; with Shift, move' },
  { keys: ['Space'], label: 'Held: drag to move the picture' },
];

function KeyGroup({ title, rows }: { title: string; rows: readonly KeyRow[] }) {
  return (
    <section>
      <h4 className="keys-group">{title}</h4>
      <dl className="keys">
        {rows.map(({ keys, label }) => (
          <div key={label}>
            <dt>
              {keys.map((key) => (
                <Keys key={key} shortcut={key} />
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Body({ onClose }: { onClose: () => void }) {
  const letterShortcuts = useSettings((state) => state.letterShortcuts);
  const set = useSettings((state) => state.set);
  return (
    <div className="dialog-body">
      <DialogHead id="help-heading" title="How it works" onClose={onClose} />
      <p>
        HiVG is a neural network for visual grounding: it reads an image and a phrase together and answers
        with one box. The network runs in this browser. Your images and words stay on this device.
      </p>
      <p>
        It always answers, also when the thing is not there. Short phrases that tell one thing from the others
        by kind, colour, size or place work best.
      </p>
      <h3 className="eyebrow">Keys</h3>
      <div className="key-groups">
        {GROUPS.map((group) => {
          const commands = ALL_COMMANDS.filter((command) => command.group === group && command.shortcut);
          const rows = commands.map(({ shortcut = '', label }) => ({ keys: [shortcut], label }));
          return rows.length > 0 && <KeyGroup key={group} title={group} rows={rows} />;
        })}
        <KeyGroup title="Hands" rows={MORE_KEYS} />
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={letterShortcuts}
          onChange={(event) => set({ letterShortcuts: event.target.checked })}
        />
        <span>Keys of a single character are on</span>
      </label>
      <Credits />
    </div>
  );
}

export function HelpDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} className="help" labelledBy="help-heading">
      <Body onClose={onClose} />
    </Dialog>
  );
}
