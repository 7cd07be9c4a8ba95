/** Words of the API for how something is, as people read them. */
import { t } from './messages/message.ts';

const WORDS: Readonly<Record<string, string>> = {
  active: t('active'),
  suspended: t('suspended'),
  disabled: t('disabled'),
  pending: t('pending'),
  firing: t('firing'),
  resolved: t('resolved'),
  low: t('low'),
  medium: t('medium'),
  high: t('high'),
  live: t('live'),
  ended: t('ended'),
  over: t('over'),
  file: t('file'),
  store: t('store'),
  ok: t('ok'),
  waiting: t('waiting'),
  refused: t('refused'),
  stopped: t('stopped'),
  starting: t('starting'),
};

/** A word that is not known is shown as it came: a name of a protocol, or of a newer gateway. */
export const stateText = (word: string): string =>
  (Object.hasOwn(WORDS, word) ? WORDS[word] : undefined) ?? word;
