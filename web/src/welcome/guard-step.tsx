/** Guards that watch and change nothing: what they would have done stands in the records. */
import { useState } from 'react';

import { messageOf } from '../api.ts';
import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { Problem } from '../parts.tsx';
import { useSession } from '../session.ts';
import { Step } from './step.tsx';
import type { Turn } from './turns.ts';
import { type Entry, entriesText } from './use-section.ts';

interface Preset {
  readonly type: string;
  readonly name: string;
  readonly about: string;
  readonly on: readonly string[];
  readonly action: string;
}

const PRESET: readonly Preset[] = [
  {
    type: 'prompt-injection',
    name: 'watch-injection',
    about: t('attempts to override instructions'),
    on: ['request'],
    action: 'block',
  },
  {
    type: 'pii',
    name: 'watch-personal',
    about: t('personal data'),
    on: ['request', 'reply'],
    action: 'redact',
  },
  {
    type: 'secrets',
    name: 'watch-secrets',
    about: t('passwords and keys'),
    on: ['request', 'reply'],
    action: 'redact',
  },
  { type: 'harm', name: 'watch-harm', about: t('harmful answers'), on: ['reply'], action: 'block' },
];

/** What nothing looks for yet: a second guard of a kind would find the same twice. */
export const missingGuards = (guards: readonly Entry[]): readonly Preset[] =>
  PRESET.filter(({ type }) => !guards.some((guard) => guard.type === type));

interface GuardStepProps extends Turn {
  readonly guards: readonly Entry[];
  readonly onAdded: () => void;
}

export function GuardStep({ number, state, guards, onAdded, onSkip }: GuardStepProps) {
  const { call } = useSession();
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const missing = missingGuards(guards);
  const add = (): void => {
    const changes = missing.map(({ type, name, on, action }) => ({
      section: 'guards' as const,
      name,
      value: { type, on, action, mode: 'observe' },
    }));
    setIsBusy(true);
    setProblem(null);
    call('POST /config/apply', { body: { changes } })
      .then(onAdded)
      .catch((thrown: unknown) => setProblem(messageOf(thrown)))
      .finally(() => setIsBusy(false));
  };
  return (
    <Step
      number={number}
      title={t('Guards that watch')}
      state={state}
      summary={guards.length === 0 ? t('No guard reads what is said yet.') : entriesText(guards)}
    >
      <p>
        {rich(
          'Nobody looks yet for {missing}. In {observe} these guards change and delay nothing; what they would have done is in each request’s records. When you have seen enough, set them to {enforce} under Configuration.',
          {
            missing: missing.map(({ about }) => about).join(', '),
            observe: <code>observe</code>,
            enforce: <code>enforce</code>,
          },
        )}
      </p>
      <Problem text={problem} />
      <div className="row">
        <button type="button" className="main" disabled={isBusy} onClick={add}>
          {isBusy ? t('One moment…') : t('Let them watch')}
        </button>
        <button type="button" onClick={onSkip}>
          {t('Not now')}
        </button>
      </div>
    </Step>
  );
}
