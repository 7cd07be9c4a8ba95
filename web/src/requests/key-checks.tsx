/** The signature of a checkpoint, against the key that the gateway tells and the one that the operator kept. */
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';

import { textOf } from '../form-text.ts';
import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { keepKey, KEY_CHARS_MAX, keptKey } from '../proof/kept-key.ts';
import { type Note, parseNoteKey, signedBy, type SignedBy } from '../proof/note.ts';
import { Check } from './check-line.tsx';

type Verdict = SignedBy | 'no-key' | 'checking';

const WORDS: Readonly<Record<Verdict, string>> = {
  checking: t('is being checked'),
  holds: t('signed the checkpoint'),
  wrong: t('did not sign it: there is a line in its name that does not hold'),
  absent: t('did not sign it'),
  'no-key': t('is not the text of a key'),
  unsupported: t('cannot be checked: this browser has no Ed25519'),
};

function useVerdict(note: Note, text: string): Verdict {
  const [verdict, setVerdict] = useState<Verdict>('checking');
  useEffect(() => {
    let isLeft = false;
    const check = async (): Promise<Verdict> => {
      const key = await parseNoteKey(text);
      return key === undefined ? 'no-key' : await signedBy(note, key);
    };
    setVerdict('checking');
    check()
      .catch((): Verdict => 'unsupported')
      .then((found) => {
        if (!isLeft) setVerdict(found);
      })
      .catch(() => {});
    return () => {
      isLeft = true;
    };
  }, [note, text]);
  return verdict;
}

const goodness = (verdict: Verdict): boolean | null =>
  verdict === 'checking' || verdict === 'unsupported' ? null : verdict === 'holds';

interface KeyChecksProps {
  readonly note: Note;
  readonly gatewayKey: string;
  /** Whether everything else holds. */
  readonly isRest: boolean;
}

export function KeyChecks({ note, gatewayKey, isRest }: KeyChecksProps) {
  const [kept, setKept] = useState(keptKey);
  const [isAsking, setIsAsking] = useState(false);
  const byGateway = useVerdict(note, gatewayKey);
  const byOwn = useVerdict(note, kept);
  const send = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const text = textOf(event.currentTarget, 'key').trim();
    keepKey(text);
    setKept(text);
    setIsAsking(false);
  };
  return (
    <>
      <Check
        isGood={goodness(byGateway)}
        title={t('The gateway’s key {byGateway}', { byGateway: WORDS[byGateway] })}
      >
        {rich(
          '{gatewayKey}, as this gateway tells it. Who has the gateway could tell another one.',
          { gatewayKey: <code>{gatewayKey}</code> },
        )}
      </Check>
      <Check
        isGood={kept === '' ? null : goodness(byOwn)}
        title={
          kept === ''
            ? t('A key of your own is not kept here')
            : t('Your key {byOwn}', { byOwn: WORDS[byOwn] })
        }
      >
        {ownText(kept)}{' '}
        {isAsking ? (
          <form className="row" onSubmit={send}>
            <input
              name="key"
              aria-label={t('Public key of the log')}
              maxLength={KEY_CHARS_MAX}
              defaultValue={kept}
              autoComplete="off"
              spellCheck={false}
            />
            <button type="submit">{t('Keep it')}</button>
          </form>
        ) : (
          <button type="button" className="ghost" onClick={() => setIsAsking(true)}>
            {kept === '' ? t('Paste a key') : t('Change it')}
          </button>
        )}
      </Check>
      <li className="summary">
        <span role="status">
          {summaryText({ isRest, byGateway, byOwn: kept === '' ? null : byOwn })}
        </span>
      </li>
    </>
  );
}

const ownText = (kept: string): ReactNode =>
  kept === ''
    ? t(
        'Paste the key that you noted when the log began, or that an auditor has: it is kept in this browser, where the gateway cannot change it.',
      )
    : rich('{kept}, kept in this browser.', { kept: <code>{kept}</code> });

interface Summed {
  readonly isRest: boolean;
  readonly byGateway: Verdict;
  readonly byOwn: Verdict | null;
}

function summaryText({ isRest, byGateway, byOwn }: Summed): string {
  if (byGateway === 'checking' || byOwn === 'checking') return t('Checking…');
  if (!isRest) return t('This proves nothing: see what does not hold above.');
  if (byOwn === 'holds') return t('Proven: this record is in the log that your key signed.');
  if (byOwn !== null) return t('Not proven to you: your key did not sign this checkpoint.');
  if (byGateway === 'holds')
    return t(
      'Proven as far as the gateway’s own key goes. With a key of your own it is proven to you.',
    );
  return t('Not proven: the gateway’s key did not sign this checkpoint.');
}
