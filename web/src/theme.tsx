/** Light, dark, or as the system says. The choice is no secret, and lasts as long as the page. */
import { useEffect, useState } from 'react';
import { t } from './messages/message.ts';
import { rich } from './messages/rich.tsx';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

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
      aria-label={t('Theme: {theme}. Change to {next}.', { theme, next })}
    >
      {rich('Theme: {theme}', { theme })}
    </button>
  );
}
