/** Light, dark, or as the system has it. */
import { type ReactNode, useEffect } from 'react';
import type { Theme } from '../../state/settings-store.ts';
import { useSettings } from '../state-context.tsx';
import { AutoIcon, MoonIcon, SunIcon } from '../ui/icons.tsx';

const THEMES: Readonly<Record<Theme, { next: Theme; icon: ReactNode; name: string }>> = {
  auto: { next: 'light', icon: <AutoIcon />, name: 'as the system' },
  light: { next: 'dark', icon: <SunIcon />, name: 'light' },
  dark: { next: 'auto', icon: <MoonIcon />, name: 'dark' },
};

export function ThemeButton() {
  const theme = useSettings((state) => state.theme);
  const set = useSettings((state) => state.set);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const { next, icon, name } = THEMES[theme];
  const label = `Colours: ${name}`;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      onClick={() => set({ theme: next })}
    >
      {icon}
    </button>
  );
}
