/**
 * Calls that administrators try out, through the data plane like any other: the key decides, every control
 * applies, its records are written. Here is only what bounds them: how many at once, how long, how much.
 */
import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';

import type { InnerCall } from '#server/inner-calls.ts';
import type { Clock } from '#stdx/clock.ts';

import type { EventSource } from '../event-stream.ts';
import type { PlaygroundEnd, PlaygroundHead } from '../playground-contract.ts';

export const CALLS_MAX = 8;
/** From the beginning to the last byte. */
export const CALL_MS_MAX = 120_000;
export const ANSWER_CHARS_MAX = 1_048_576;
/** What comes in between is told as one event, so that the queue of a reader holds a minute. */
const TELL_MS = 60;

export type DataCall = (call: InnerCall) => Promise<IncomingMessage>;

export class PlaygroundDesk {
  readonly #dataCall: DataCall;
  readonly #clock: Clock;
  #open = 0;

  constructor(dataCall: DataCall, clock: Clock) {
    this.#dataCall = dataCall;
    this.#clock = clock;
  }

  /** The call begins when somebody listens, and ends when nobody does. */
  source(call: Omit<InnerCall, 'signal'>): EventSource {
    return (tell, end) => {
      const begunMs = this.#clock.monotonicMs();
      const finish = (problem: PlaygroundEnd['problem']): void => {
        const ms = Math.round(this.#clock.monotonicMs() - begunMs);
        const data: PlaygroundEnd = { ms, problem };
        tell({ event: problem === null ? 'done' : 'problem', data });
        end();
      };
      if (this.#open >= CALLS_MAX) {
        finish('busy');
        return () => {};
      }
      this.#open += 1;
      const left = new AbortController();
      const late = AbortSignal.timeout(CALL_MS_MAX);
      const signal = AbortSignal.any([left.signal, late]);
      this.#run({ ...call, signal }, tell)
        // What failed is in the records of the call; the page is told that it did.
        .catch((): PlaygroundEnd['problem'] => (late.aborted ? 'late' : 'broken'))
        .then(finish)
        .catch(() => left.abort())
        .finally(() => {
          this.#open -= 1;
          left.abort();
        });
      return () => left.abort();
    };
  }

  async #run(call: InnerCall, tell: Parameters<EventSource>[0]): Promise<PlaygroundEnd['problem']> {
    const answer = await this.#dataCall(call);
    tell({ event: 'head', data: headOf(answer) });
    const decoder = new StringDecoder('utf8');
    let waiting = '';
    let chars = 0;
    const told = (): void => {
      if (waiting !== '') tell({ event: 'text', data: { text: waiting } });
      waiting = '';
    };
    const timer = setInterval(told, TELL_MS);
    try {
      const chunks: AsyncIterable<Buffer> = answer;
      for await (const chunk of chunks) {
        const text = decoder.write(chunk);
        chars += text.length;
        if (chars > ANSWER_CHARS_MAX) return 'too-long';
        waiting += text;
      }
      waiting += decoder.end();
      return null;
    } finally {
      clearInterval(timer);
      told();
      answer.destroy();
    }
  }
}

const TOLD =
  /^(?:content-type|retry-after|x-should-retry|x-ratelimit-.+|x-llmproxy-.+|anthropic-ratelimit-.+|ratelimit.*)$/u;

function headOf({ statusCode = 0, headers }: IncomingMessage): PlaygroundHead {
  const told = Object.entries(headers).flatMap(([name, value]) =>
    TOLD.test(name) && typeof value === 'string' ? [[name, value] as const] : [],
  );
  const requestId = headers['x-request-id'];
  return {
    status: statusCode,
    requestId: typeof requestId === 'string' ? requestId : null,
    headers: Object.fromEntries(told),
  };
}
