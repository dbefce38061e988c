/** A bar that says how far something is, or only that it goes on. */
export function ProgressBar({ label, fraction }: { label: string; fraction: number | null }) {
  // The native element cannot be styled alike in all browsers, but it is what is read aloud.
  return fraction === null ? (
    <progress className="progress" aria-label={label} />
  ) : (
    <progress className="progress" aria-label={label} value={fraction} max={1} />
  );
}
