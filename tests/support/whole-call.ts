/** A call that either comes to its end, as HTTP and as a stream of events, or says how it was cut. */
import { type Agent, request } from 'node:http';

import { bearer } from './house.ts';

const ANSWER_MS_MAX = 20_000;

export interface WholeAnswer {
  readonly status: number;
  readonly requestId: string;
  readonly text: string;
}

export interface Calling {
  readonly url: string;
  readonly key: string;
  readonly body: object & { readonly stream?: unknown };
  /** Left out: a connection of its own. */
  readonly agent?: Agent | undefined;
}

/** A string: how it was cut. */
export function callWhole({ url, key, body, agent }: Calling): Promise<WholeAnswer | string> {
  const payload = JSON.stringify(body);
  const headers = {
    ...bearer(key),
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(payload),
  };
  const options = { method: 'POST', headers, ...(agent !== undefined && { agent }) };
  return new Promise((resolve) => {
    const asked = request(`${url}/v1/chat/completions`, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('error', (thrown) => resolve(`cut: ${thrown.message}`));
      response.on('close', () => resolve('cut: closed before its end'));
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response;
        const isEnded = body.stream !== true || text.trimEnd().endsWith('data: [DONE]');
        if (status === 200 && !isEnded) resolve('a cut stream');
        else resolve({ status, requestId: String(answered['x-request-id'] ?? ''), text });
      });
    });
    asked.setTimeout(ANSWER_MS_MAX, () => asked.destroy(new Error('no answer in time')));
    asked.on('error', (thrown) => resolve(`error: ${thrown.message}`));
    asked.end(payload);
  });
}
