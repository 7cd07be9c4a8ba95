/** How the live view is: what came, what waits, and above all what is not shown. */
import { Pill, type Tone } from '../parts.tsx';
import { HELD_MAX, SHOWN_MAX } from './tail-buffer.ts';
import { numberText } from './units.ts';
import type { Tail } from './use-tail.ts';

interface LiveBarProps {
  readonly tail: Tail;
  readonly onEnd: () => void;
}

function stateOf({ state, isPaused }: Tail): readonly [Tone, string] {
  if (isPaused) return ['warn', 'paused'];
  if (state === 'live') return ['good', 'live'];
  return ['warn', state === 'opening' ? 'opening…' : 'opening again…'];
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
          {numberText(received)} came
          {held > 0 && `, ${numberText(held)} wait`}
          {passed > 0 && `, ${numberText(passed)} are no longer shown`}
        </span>
        <button type="button" onClick={isPaused ? tail.resume : tail.pause}>
          {isPaused ? 'Go on' : 'Pause'}
        </button>
        <button type="button" onClick={onEnd}>
          End the live view
        </button>
      </div>
      {problem !== null && <Notice text={problem} />}
      {missed > 0 && (
        <Notice
          text={`${numberText(missed)} records were not sent here: they came faster than this page reads. They are in the log, and in the search.`}
        />
      )}
      {overflowed > 0 && (
        <Notice
          text={`${numberText(overflowed)} records came while this was paused and were more than the ${numberText(HELD_MAX)} that wait. They are in the search.`}
        />
      )}
      {hasGap && (
        <Notice text="The stream was opened again; records between the two may not be shown. They are in the search." />
      )}
      {passed > 0 && missed === 0 && (
        <p className="quiet live-note">The newest {numberText(SHOWN_MAX)} are shown.</p>
      )}
    </>
  );
}

const Notice = ({ text }: { readonly text: string }) => <p className="waiting live-note">{text}</p>;
