/** The page's icons: one grid of 20, one stroke. They are decoration; the button around them has the name. */
import type { ReactNode } from 'react';

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

const path = (...d: string[]) => (
  <Icon>
    {d.map((each) => (
      <path key={each} d={each} />
    ))}
  </Icon>
);

export const ImageIcon = () =>
  path(
    'M4.5 3.5h11a1.5 1.5 0 0 1 1.5 1.5v10a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 15V5a1.5 1.5 0 0 1 1.5-1.5z',
    'M3.5 14.5l4-4 3 3 2-2 4 4',
    'M12.5 7.5h.01',
  );
export const ArrowIcon = () => path('M4 10h12', 'M11 5l5 5-5 5');
export const StopIcon = () => (
  <Icon>
    <rect x="7" y="7" width="6" height="6" rx="1.2" fill="currentColor" stroke="none" />
  </Icon>
);
export const CopyIcon = () =>
  path(
    'M8.5 7h6a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5h-6A1.5 1.5 0 0 1 7 14.5v-6A1.5 1.5 0 0 1 8.5 7z',
    'M4.5 13A1.5 1.5 0 0 1 4 11.5v-6A1.5 1.5 0 0 1 5.5 4h6a1.5 1.5 0 0 1 1.5.5',
  );
export const OfflineIcon = () =>
  path('M10 2.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12z', 'M7.2 8.7l2 2 3.6-4', 'M6.5 17.5h7');
export const UpdateIcon = () => path('M15.5 8A6 6 0 1 0 16 11.5', 'M16 4v4h-4');
export const CheckIcon = () => path('M4.5 10.5l3.5 3.5 7.5-8');
export const WarnIcon = () =>
  path('M10 3.5l7.2 12.5a.6.6 0 0 1-.5.9H3.3a.6.6 0 0 1-.5-.9z', 'M10 8.5v3.2', 'M10 14.2h.01');
export const CloseIcon = () => path('M5.5 5.5l9 9', 'M14.5 5.5l-9 9');
export const SunIcon = () =>
  path(
    'M10 6.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4z',
    'M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1',
  );
export const MoonIcon = () => path('M16 11.8A6.5 6.5 0 0 1 8.2 4a6.5 6.5 0 1 0 7.8 7.8z');
export const AutoIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="6.5" />
    <path d="M10 3.5a6.5 6.5 0 0 1 0 13z" fill="currentColor" stroke="none" />
  </Icon>
);
export const HelpIcon = () => path('M7.5 7.6a2.5 2.5 0 1 1 3.7 2.2c-.8.45-1.2.9-1.2 1.9', 'M10 14.5h.01');

export const PlusIcon = () => path('M10 5v10', 'M5 10h10');
export const MinusIcon = () => path('M5 10h10');
export const FitIcon = () =>
  path(
    'M3.5 7V5A1.5 1.5 0 0 1 5 3.5h2',
    'M13 3.5h2A1.5 1.5 0 0 1 16.5 5v2',
    'M16.5 13v2a1.5 1.5 0 0 1-1.5 1.5h-2',
    'M7 16.5H5A1.5 1.5 0 0 1 3.5 15v-2',
  );
export const UndoIcon = () => path('M7.5 4.5L4 8l3.5 3.5', 'M4 8h7.5a4 4 0 0 1 0 8H8');
export const RedoIcon = () => path('M12.5 4.5L16 8l-3.5 3.5', 'M16 8H8.5a4 4 0 0 0 0 8H12');
export const CommandIcon = () => path('M4 6h12', 'M4 10h8', 'M4 14h5', 'M13.5 12.5l2.5 2-2.5 2');
export const BinIcon = () =>
  path('M4.5 6h11', 'M8 6V4.5h4V6', 'M6 6l.7 9.2a1 1 0 0 0 1 .8h4.6a1 1 0 0 0 1-.8L14 6');

export const DrawIcon = () =>
  path('M4.5 4.5h11v11h-11z', 'M4.5 2.8v3.4M2.8 4.5h3.4M15.5 13.8v3.4M13.8 15.5h3.4');
export const ExportIcon = () => path('M10 12.5v-9', 'M6.5 6.5L10 3l3.5 3.5', 'M6 9.5H4.5v7h11v-7H14');
export const SaveIcon = () => path('M10 3.5v9', 'M6.5 9L10 12.5 13.5 9', 'M4 16.5h12');
export const PreviousIcon = () => path('M12 5l-5 5 5 5');
export const NextIcon = () => path('M8 5l5 5-5 5');
export const GridIcon = () => path('M4 4h5v5H4z', 'M11 4h5v5h-5z', 'M4 11h5v5H4z', 'M11 11h5v5h-5z');

/** The project's mark: a box around a point. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" fill="none" aria-hidden="true" focusable="false">
      <path
        className="mark-corners"
        d="M4 9V6.5A2.5 2.5 0 0 1 6.5 4H9M15 4h2.5A2.5 2.5 0 0 1 20 6.5V9M20 15v2.5a2.5 2.5 0 0 1-2.5 2.5H15M9 20H6.5A2.5 2.5 0 0 1 4 17.5V15"
        strokeWidth="2.4"
        strokeLinecap="round"
      />
      <circle cx="12" cy="12" r="3" fill="currentColor" />
    </svg>
  );
}
