/**
 * The provider of the scenario, and the truth: what it really did for each call, by the word that only
 * that call has. What is billed, what is limited and who sees what is measured against it.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { costOf } from '../support/money.ts';
import { chunk, completion, json, sse } from '../support/upstream.ts';

export const INPUT_TOKENS = 20;
export const OUTPUT_TOKENS_MAX = 100;

/** What a caller asks: whose call it is, and a word that no other call has. */
const CALL = /\bof ([a-z]+): (n[0-9]+)\b/u;

export const textOf = (tenant: string, nonce: string): string => `a call of ${tenant}: ${nonce}`;

interface Worked {
  readonly tenant: string;
  readonly nanoUsd: number;
}

export class Provider {
  /** By the word of the call. */
  readonly worked = new Map<string, Worked>();
  readonly calls = new Map<string, number>();
  readonly nanoUsd = new Map<string, number>();
  /** Words that came a second time: a call that was sent twice. */
  readonly twice: string[] = [];
  #url = '';
  readonly #server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      this.#answer(body, response).catch(() => response.destroy());
    });
  });

  get url(): string {
    return this.#url;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(body: string, response: ServerResponse): Promise<void> {
    const [, tenant = '', nonce = ''] = CALL.exec(body) ?? [];
    const output = 10 + (Number(nonce.slice(1)) % (OUTPUT_TOKENS_MAX - 10));
    this.#note(tenant, nonce, costOf(INPUT_TOKENS, output));
    const usage = {
      prompt_tokens: INPUT_TOKENS,
      completion_tokens: output,
      total_tokens: INPUT_TOKENS + output,
    };
    const said = `an answer to ${tenant}: ${nonce}`;
    if (!body.includes('"stream":true')) {
      await delay(5);
      json(response, 200, completion(said, { usage }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const word of said.split(/(?<= )/u)) {
      response.write(chunk(word));
      await delay(3);
    }
    const shape = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
    response.end(chunk('', 'stop') + sse({ ...shape, choices: [], usage }) + sse('[DONE]'));
  }

  #note(tenant: string, nonce: string, nanoUsd: number): void {
    if (this.worked.has(nonce)) this.twice.push(nonce);
    this.worked.set(nonce, { tenant, nanoUsd });
    this.calls.set(tenant, (this.calls.get(tenant) ?? 0) + 1);
    this.nanoUsd.set(tenant, (this.nanoUsd.get(tenant) ?? 0) + nanoUsd);
  }
}
