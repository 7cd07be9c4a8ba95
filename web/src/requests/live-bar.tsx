/** How the live view is: what came, what waits, and above all what is not shown. */
import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { Pill, type Tone } from '../parts.tsx';
import { HELD_MAX, SHOWN_MAX } from './tail-buffer.ts';
import { numberText } from './units.ts';
import type { Tail } from './use-tail.ts';

interface LiveBarProps {
  readonly tail: Tail;
  readonly onEnd: () => void;
}

function stateOf({ state, isPaused }: Tail): readonly [Tone, string] {
  if (isPaused) return ['warn', t('paused')];
  if (state === 'live') return ['good', 'live'];
  return ['warn', state === 'opening' ? t('opening…') : t('opening again…')];
}

export function LiveBar({ tail, onEnd }: LiveBarProps) {
  const [tone, word] = stateOf(tail);
  const { received, missed, held, overflowed, passed, isPaused, hasGap, problem } = tail;
  return (
    <>
      <div className="tools">
        {/* Numbers that change all the time are not read out; the state is. */}
        <span role="status">
          <Pill tone={tone}>{word}</Pill>
        </span>
        <span className="count quiet">
          {rich('{received} came{waiting}{gone}', {
            received: numberText(received),
            waiting: held > 0 && t(', {held} wait', { held: numberText(held) }),
            gone: passed > 0 && t(', {passed} are no longer shown', { passed: numberText(passed) }),
          })}
        </span>
        <button type="button" onClick={isPaused ? tail.resume : tail.pause}>
          {isPaused ? t('Go on') : t('Pause')}
        </button>
        <button type="button" onClick={onEnd}>
          {t('End the live view')}
        </button>
      </div>
      {problem !== null && <Notice text={problem} />}
      {missed > 0 && (
        <Notice
          text={t(
            '{missed} records were not sent here: they came faster than this page reads. They are in the log, and in the search.',
            { missed: numberText(missed) },
          )}
        />
      )}
      {overflowed > 0 && (
        <Notice
          text={t(
            '{overflowed} records came while this was paused and were more than the {HELD_MAX} that wait. They are in the search.',
            { overflowed: numberText(overflowed), HELD_MAX: numberText(HELD_MAX) },
          )}
        />
      )}
      {hasGap && (
        <Notice
          text={t(
            'The stream was opened again; records between the two may not be shown. They are in the search.',
          )}
        />
      )}
      {passed > 0 && missed === 0 && (
        <p className="quiet live-note">
          {rich('The newest {SHOWN_MAX} are shown.', { SHOWN_MAX: numberText(SHOWN_MAX) })}
        </p>
      )}
    </>
  );
}

const Notice = ({ text }: { readonly text: string }) => <p className="waiting live-note">{text}</p>;
