/** Expressions to try on a sample. They stay when they have been tried, so that nothing jumps. */
import { useAppState, useGrounding, useImage } from '../state-context.tsx';

export function Suggestions() {
  const { grounding } = useAppState();
  const suggestions = useImage((state) => state.image?.suggestions) ?? [];
  const status = useGrounding((state) => state.status);
  const shown = useGrounding((state) => state.shown);
  const current = status.phase === 'idle' ? shown?.expression : status.expression;
  if (suggestions.length === 0) return null;
  return (
    <ul className="suggestions" aria-label="Expressions to try">
      {suggestions.map((text) => (
        <li key={text}>
          <button
            type="button"
            className="chip"
            aria-current={text === current}
            onClick={() => grounding.getState().ground(text)}
          >
            {text}
          </button>
        </li>
      ))}
    </ul>
  );
}
