/** Every attempt at a provider: the first, those at the same place again, those elsewhere. */
import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { Pill, type Tone } from '../parts.tsx';
import type { ShownAttempt } from './read-record.ts';
import { msText } from './units.ts';

const isGood = ({ status, fault }: ShownAttempt): boolean =>
  fault === null && status !== null && status < 400;

export function attemptsSummary(attempts: readonly ShownAttempt[]): readonly [Tone, string] {
  const last = attempts.at(-1);
  if (last === undefined || !isGood(last)) return ['bad', t('No attempt was answered well.')];
  if (attempts.length === 1)
    return ['good', t('Answered by {provider} at once.', { provider: last.provider })];
  return [
    'warn',
    t('Answered by {provider} at attempt {attempts}.', {
      provider: last.provider,
      attempts: attempts.length,
    }),
  ];
}

function kindOf(attempts: readonly ShownAttempt[], index: number): string {
  const [before, now] = [attempts[index - 1], attempts[index]];
  if (before === undefined) return t('first');
  return before.deployment === now?.deployment ? t('retry') : t('fallback');
}

export function AttemptList({ attempts }: { readonly attempts: readonly ShownAttempt[] }) {
  return (
    <ol className="plain attempts">
      {attempts.map((attempt, index) => (
        <li key={`${attempt.deployment}-${index}`} className="row">
          <Pill tone={isGood(attempt) ? 'good' : 'bad'}>
            {attempt.fault ?? attempt.status ?? t('no answer')}
          </Pill>
          <span>{kindOf(attempts, index)}:</span>
          <code>{attempt.deployment}</code>
          <span className="quiet">
            {rich('{ms} until the answer began', { ms: msText(attempt.ms) })}
          </span>
        </li>
      ))}
    </ol>
  );
}
