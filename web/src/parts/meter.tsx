/** How much of something is used, in words and as a bar. */
import type { Tone } from '../parts.tsx';

interface MeterProps {
  /** 1: all of it. */
  readonly part: number;
  readonly tone: Tone;
  readonly text: string;
}

export function Meter({ part, tone, text }: MeterProps) {
  const percent = Math.min(100, Math.max(0, Math.round(part * 100)));
  return (
    <span className="meter">
      {/* The words say it; the bar is for the eye. */}
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect className="meter-all" width="100" height="6" rx="3" />
        <rect className={`meter-used ${tone}`} width={percent} height="6" rx="3" />
      </svg>
      <span className="meter-text">
        {text} <span className="quiet">({percent} %)</span>
      </span>
    </span>
  );
}
