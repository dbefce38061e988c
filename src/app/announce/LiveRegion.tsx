/**
 * Speaks to screen readers what others see: results politely, failures at once. Only what is added is read, so each
 * sentence is an element of its own, which is there as long as what it is about (`news.ts`).
 */
import { type RefObject, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { useAppState, useGrounding, useImage, useModel } from '../state-context.tsx';
import { type News, newsOf } from './news.ts';

/** A number for each object, the same as long as it lives. */
function useKeys(): (cause: object) => number {
  const known = useRef({ keys: new WeakMap<object, number>(), last: 0 });
  return (cause) => {
    const { keys } = known.current;
    const key = keys.get(cause) ?? ++known.current.last;
    keys.set(cause, key);
    return key;
  };
}

/** What a command had to say of what it did; the person's next act takes it away. */
function useCommandWords(announcer: RefObject<((text: string) => void) | null>): News | null {
  const [words, setWords] = useState<News | null>(null);
  useImperativeHandle(announcer, () => (text) => setWords({ cause: {}, text, urgent: false }), []);
  useEffect(() => {
    const clear = (): void => setWords(null);
    // Before the act's own listeners, which may have something new to say.
    const options = { capture: true } as const;
    const acts = ['keydown', 'pointerdown', 'drop'] as const;
    for (const act of acts) addEventListener(act, clear, options);
    return () => {
      for (const act of acts) removeEventListener(act, clear, options);
    };
  }, []);
  return words;
}

/** @param announcer takes what commands have to say; through a handle, so that saying it draws nothing else anew */
export function LiveRegion({ announcer }: { announcer: RefObject<((text: string) => void) | null> }) {
  const { image, model, grounding } = useAppState();
  // Each is read for the sake of being told of changes.
  useImage((state) => state);
  useModel((state) => state.status);
  useGrounding((state) => state);
  const said = useCommandWords(announcer);
  const keyOf = useKeys();
  const news = newsOf({ image: image.getState(), model: model.getState(), grounding: grounding.getState() });
  const all = said ? [...news, said] : news;
  const part = (urgent: boolean) =>
    all.filter((each) => each.urgent === urgent).map(({ cause, text }) => <p key={keyOf(cause)}>{text}</p>);
  return (
    <div className="visually-hidden">
      <div role="status" aria-atomic="false" aria-relevant="additions text">
        {part(false)}
      </div>
      <div role="alert" aria-atomic="false" aria-relevant="additions text">
        {part(true)}
      </div>
    </div>
  );
}
