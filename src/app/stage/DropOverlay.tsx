/** Covers the page while a file is dragged over it. Decoration for those who drag: it takes no focus. */
export function DropOverlay({ visible }: { visible: boolean }) {
  return (
    <div className="drop-overlay" data-visible={visible} aria-hidden="true">
      <div className="drop-frame">
        <span>Drop to open</span>
      </div>
    </div>
  );
}
