/** The provider of a drill: it answers every call with the same usage, and keeps what is true of them. */
import { isJsonObject, parseJson } from '#stdx/json.ts';

import { play, type Played, sendJson } from './http.ts';

const INPUT = 7;
const OUTPUT = 3;
/** A dollar a million tokens in, two out. */
const CALL_NANO_USD = INPUT * 1_000 + OUTPUT * 2_000;

export class DrillProvider {
  readonly #played: Played;
  /** Answers that were given, whole. */
  answered = 0;
  /** It hears and does not answer. */
  isMute = false;
  /** The credential of the last call. */
  credential = '';

  private constructor(played: Played) {
    this.#played = played;
  }

  static async open(): Promise<DrillProvider> {
    const played = await play(() => {});
    const own = new DrillProvider(played);
    played.script = ({ body, headers }, response) => {
      own.credential = headers.authorization ?? '';
      if (own.isMute) return;
      const asked = parseJson(body);
      const model = isJsonObject(asked) ? asked['model'] : null;
      own.answered += 1;
      sendJson(response, 200, {
        id: `chatcmpl-${own.answered}`,
        object: 'chat.completion',
        created: 1,
        model: model ?? 'm',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' },
        ],
        usage: {
          prompt_tokens: INPUT,
          completion_tokens: OUTPUT,
          total_tokens: INPUT + OUTPUT,
        },
      });
    };
    return own;
  }

  /** What all answers together cost. */
  get nanoUsd(): number {
    return this.answered * CALL_NANO_USD;
  }

  static readonly callNanoUsd = CALL_NANO_USD;

  /** As `providers:` of a configuration says it. */
  yaml(more = ''): string {
    const address = `${this.#played.url}/v1`;
    return `{ type: openai, baseUrl: "${address}", apiKey: "\${env:DRILL_KEY}", allowPrivateAddress: true${more} }`;
  }

  leave(): Promise<void> {
    return this.#played.leave();
  }

  back(): Promise<void> {
    return this.#played.back();
  }

  close(): Promise<void> {
    return this.#played.close();
  }
}
