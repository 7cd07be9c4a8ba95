/** One call that is tried out: begun, told as it comes, ended by the page or by itself. */
import { useCallback, useEffect, useRef, useState } from 'react';

import type { PlaygroundEnd, PlaygroundHead } from '../../../src/admin/playground-contract.ts';

import { messageOf } from '../api.ts';
import { readEvents, type ServerEvent } from '../event-reader.ts';
import { isRecord } from '../is-record.ts';
import { t } from '../messages/message.ts';
import { useSession } from '../session.ts';
import { AnswerReader, bodyOf, type Prompt, type ReadAnswer } from './wire.ts';

export interface Try {
  readonly state: 'none' | 'running' | 'over';
  readonly head: PlaygroundHead | null;
  readonly answer: ReadAnswer;
  readonly problem: string | null;
  /** Pieces of the answer that this page was too slow for. */
  readonly missed: number;
}

const NOTHING: ReadAnswer = { text: '', error: null, end: null };
const NO_TRY: Try = { state: 'none', head: null, answer: NOTHING, problem: null, missed: 0 };

const PROBLEMS: Readonly<Record<NonNullable<PlaygroundEnd['problem']>, string>> = {
  busy: t('Eight calls are being tried out already. Try again in a moment.'),
  late: t('The call took longer than two minutes and was ended.'),
  'too-long': t('The answer is longer than a million characters: the rest was not read.'),
  broken: t('The answer broke off.'),
};

export function useTry(): Try & {
  readonly run: (key: string, prompt: Prompt) => void;
  readonly stop: () => void;
} {
  const { open } = useSession();
  const [now, setNow] = useState<Try>(NO_TRY);
  const left = useRef<AbortController | null>(null);
  const stop = useCallback(() => left.current?.abort(), []);
  useEffect(() => stop, [stop]);

  const run = (key: string, prompt: Prompt): void => {
    stop();
    const own = new AbortController();
    left.current = own;
    setNow({ ...NO_TRY, state: 'running' });
    const body = { dialect: prompt.dialect, key, call: JSON.stringify(bodyOf(prompt)) };
    const telling = new Telling((change) => {
      if (!own.signal.aborted) setNow((before) => ({ ...before, ...change }));
    });
    open('POST /playground/calls', { body, signal: own.signal })
      .then((response) => readEvents(response, (events) => telling.take(events)))
      .catch((thrown: unknown) => {
        if (!own.signal.aborted) setNow((before) => ({ ...before, problem: messageOf(thrown) }));
      })
      .finally(() => {
        if (left.current === own) setNow((before) => ({ ...before, state: 'over' }));
      });
  };
  return { ...now, run, stop };
}

class Telling {
  readonly #change: (change: Partial<Try>) => void;
  #reader: AnswerReader | null = null;
  #missed = 0;

  constructor(change: (change: Partial<Try>) => void) {
    this.#change = change;
  }

  take(events: readonly ServerEvent[]): void {
    for (const { event, data } of events) {
      const value: unknown = JSON.parse(data);
      if (isRecord(value)) this.#one(event, value);
    }
    if (this.#reader !== null) this.#change({ answer: this.#reader.read() });
  }

  #text(text: unknown): void {
    if (typeof text === 'string') this.#reader?.push(text);
  }

  #one(event: string, value: Readonly<Record<string, unknown>>): void {
    if (event === 'head') {
      const head = headOf(value);
      this.#reader = new AnswerReader(head.headers['content-type'] ?? '');
      this.#change({ head });
    } else if (event === 'text') this.#text(value['text']);
    else if (event === 'problem') this.#change({ problem: problemText(value['problem']) });
    else if (event === 'missed' || event === 'end') {
      const more = value[event === 'end' ? 'missed' : 'count'];
      this.#missed += typeof more === 'number' ? more : 0;
      this.#change({ missed: this.#missed });
    }
  }
}

const problemText = (problem: unknown): string =>
  Object.entries(PROBLEMS).find(([name]) => name === problem)?.[1] ?? PROBLEMS.broken;

function headOf(value: Readonly<Record<string, unknown>>): PlaygroundHead {
  const { status, requestId, headers } = value;
  const told = isRecord(headers) ? Object.entries(headers) : [];
  return {
    status: typeof status === 'number' ? status : 0,
    requestId: typeof requestId === 'string' ? requestId : null,
    headers: Object.fromEntries(
      told.flatMap(([name, text]) => (typeof text === 'string' ? [[name, text] as const] : [])),
    ),
  };
}
