/** The same call, from a program of one's own. */
import { useMemo, useRef, useState } from 'react';

import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { Panel } from '../parts.tsx';
import { samplesOf } from './code-samples.ts';
import type { Prompt } from './wire.ts';

interface CodePanelProps {
  readonly prompt: Prompt;
  readonly dataUrl: string;
}

/** A gateway that listens everywhere is reached under the name of this page. */
const reachable = (dataUrl: string): string => {
  const url = new URL(dataUrl);
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]')
    url.hostname = window.location.hostname;
  return url.origin;
};

export function CodePanel({ prompt, dataUrl }: CodePanelProps) {
  const samples = useMemo(() => samplesOf(prompt, reachable(dataUrl)), [prompt, dataUrl]);
  const [name, setName] = useState('curl');
  const shown = useRef<HTMLPreElement>(null);
  const sample = samples.find((one) => one.name === name) ?? samples[0];
  if (sample === undefined) return null;
  return (
    <Panel
      title={t('The same from a program')}
      tools={<CopyButton text={sample.text} shown={shown} />}
    >
      <div className="stack">
        <div className="tabs" role="group" aria-label={t('Language')}>
          {samples.map((one) => (
            <button
              key={one.name}
              type="button"
              className="tab"
              aria-pressed={one === sample}
              onClick={() => setName(one.name)}
            >
              {one.name}
            </button>
          ))}
        </div>
        <pre ref={shown} className="text code" tabIndex={0} aria-label={sample.name}>
          {sample.text}
        </pre>
        <p className="quiet">
          {rich(
            'The key is in {LLMPROXY_KEY}: put it into the environment of the program, not into a file that others read.',
            { LLMPROXY_KEY: <code>LLMPROXY_KEY</code> },
          )}
        </p>
      </div>
    </Panel>
  );
}
