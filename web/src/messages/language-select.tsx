/** In which language the dashboard speaks. */
import { choose, LANGUAGES } from './languages.ts';
import { spoken, t } from './message.ts';

/**
 * The page is loaded anew, since sentences are read once: it is not offered where a reload would forget
 * an admin token. The names are said in their own languages, for who is lost in this one.
 */
export function LanguageSelect() {
  return (
    <select
      aria-label={t('Language')}
      value={spoken()}
      onChange={({ target }) => {
        choose(target.value);
        window.location.reload();
      }}
    >
      {Object.entries(LANGUAGES).map(([language, { name }]) => (
        <option key={language} value={language} lang={language}>
          {name}
        </option>
      ))}
    </select>
  );
}
