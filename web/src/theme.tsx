/** Light, dark, or as the system says. The choice is no secret, and lasts as long as the page. */
import { useEffect, useState } from 'react';

import { t } from './messages/message.ts';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const NAMES: Readonly<Record<Theme, string>> = {
  system: t('system'),
  light: t('light'),
  dark: t('dark'),
};

export function ThemeToggle() {
  const [theme, setTheme] = useState<Theme>('system');
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  return (
    <button
      type="button"
      onClick={() => setTheme(next)}
      aria-label={t('Theme: {theme}. Change to {next}.', {
        theme: NAMES[theme],
        next: NAMES[next],
      })}
    >
      {t('Theme: {theme}', { theme: NAMES[theme] })}
    </button>
  );
}
