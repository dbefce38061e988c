/**
 * A modal dialog over the page: Escape and a press beside it close it, and its contents exist only while it is open.
 * Its size and what is in it are its owner's; how it looks is `styles/dialog.css`.
 */
import { type KeyboardEvent, type ReactNode, type RefObject, useLayoutEffect, useRef } from 'react';
import { CloseIcon } from './icons.tsx';

export function Dialog({
  open,
  onClose,
  className,
  label,
  labelledBy,
  ref,
  onKeyDown,
  children,
}: {
  open: boolean;
  /** Called as well when the browser closes it. */
  onClose: () => void;
  className: string;
  /** Its name, where no heading inside says it. */
  label?: string;
  /** The id of the heading that says it. */
  labelledBy?: string;
  /** For an owner that has to close it at once, so that the focus is back before something else moves it. */
  ref?: RefObject<HTMLDialogElement | null>;
  onKeyDown?: (event: KeyboardEvent) => void;
  children: ReactNode;
}) {
  const own = useRef<HTMLDialogElement>(null);
  const dialog = ref ?? own;
  // Before the contents' own effects, which may put the focus somewhere.
  useLayoutEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open, dialog]);
  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-label={label}
      aria-labelledby={labelledBy}
      onClose={onClose}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current.close();
      }}
    >
      {open && children}
    </dialog>
  );
}

/** A dialog's heading, which names it, beside the button that closes it. */
export function DialogHead({ id, title, onClose }: { id: string; title: string; onClose: () => void }) {
  return (
    <div className="section-head">
      <h2 id={id}>{title}</h2>
      <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
        <CloseIcon />
      </button>
    </div>
  );
}
