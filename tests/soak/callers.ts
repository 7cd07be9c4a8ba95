/** Callers who go on whatever happens, and know of each answer that came whole which call it was of. */
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { bearer, chat } from '../support/house.ts';
import { textOf } from './provider.ts';
import { OUTPUT_TOKENS_MAX } from './provider.ts';
import { type Scene, type Tenant, tenants } from './scene.ts';

const ANSWER_MS_MAX = 20_000;
const REFUSED_PAUSE_MS = 40;
/** Of what was refused or cut, for the report: the first of each kind. */
const EXAMPLES_MAX = 20;

interface Outcome {
  readonly status: number;
  readonly requestId: string;
  readonly text: string;
  /** It came to its end, as HTTP and as a stream of events. */
  readonly isWhole: boolean;
}

export interface Answered {
  readonly requestId: string;
  readonly nonce: string;
  readonly tenant: Tenant;
}

export class Callers {
  /** Whole answers that nothing was checked of yet. */
  readonly answered: Answered[] = [];
  readonly statuses = new Map<number, number>();
  readonly faults: string[] = [];
  /** Calls in a row that were answered whole, by the last of each tenant's. */
  cut = 0;
  sent = 0;
  #isOver = false;
  readonly #running: Promise<unknown>;
  readonly #scene: Scene;

  constructor(scene: Scene, count: number, pauseMs: number) {
    this.#scene = scene;
    this.#running = Promise.all(
      Array.from({ length: count }, (_none, at) => this.#call(at, pauseMs)),
    );
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  /** One call, now: the status of its whole answer, or 0. */
  async once(tenant: Tenant, at: number, agent?: Agent): Promise<number> {
    this.sent += 1;
    const nonce = `n${this.sent}`;
    const { status, requestId, text, isWhole } = await this.#ask(tenant, nonce, at, agent);
    // A page of the balancer says that the gateway behind it went in the middle of the call.
    if (!isWhole || text.startsWith('<html>')) {
      this.cut += 1;
      return 0;
    }
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.#read(tenant, nonce, status, text);
    if (status === 200) this.answered.push({ requestId, nonce, tenant });
    return status;
  }

  async #call(at: number, pauseMs: number): Promise<void> {
    const tenant = tenants[at % tenants.length] ?? 'free';
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!this.#isOver) {
      const status = await this.once(tenant, at, agent);
      await delay(status === 200 ? pauseMs : REFUSED_PAUSE_MS);
    }
    agent.destroy();
  }

  /** What nobody may ever be answered, in the middle of anything. */
  #read(tenant: Tenant, nonce: string, status: number, text: string): void {
    const others = tenants.filter((other) => other !== tenant);
    const fault =
      (![200, 429, 503].includes(status) && `an answer of ${status}: ${text.slice(0, 300)}`) ||
      (others.some((other) => text.includes(`${other}:`)) && `a byte of another tenant: ${text}`) ||
      (status === 200 && !said(text).includes(nonce) && `the answer of another call: ${text}`);
    if (typeof fault === 'string' && this.faults.length < EXAMPLES_MAX) this.faults.push(fault);
  }

  #ask(tenant: Tenant, nonce: string, at: number, agent?: Agent): Promise<Outcome> {
    const stream = at % 10 < 3;
    const more = { max_tokens: OUTPUT_TOKENS_MAX, stream };
    const body = JSON.stringify(chat(textOf(tenant, nonce), more));
    const headers = {
      ...bearer(this.#scene.keys.get(tenant) ?? ''),
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    return new Promise((resolve) => {
      const cut = { status: 0, requestId: '', text: '', isWhole: false };
      const asked = request(
        `${this.#scene.balancer.url}/v1/chat/completions`,
        { method: 'POST', headers, ...(agent !== undefined && { agent }) },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => {
            text += piece;
          });
          response.on('error', () => resolve(cut));
          response.on('close', () => resolve(cut));
          response.on('end', () => {
            const { statusCode: status = 0, headers: answered } = response;
            const isEnded = !stream || status !== 200 || text.trimEnd().endsWith('data: [DONE]');
            const requestId = String(answered['x-request-id'] ?? '');
            resolve({ status, requestId, text, isWhole: isEnded });
          });
        },
      );
      asked.setTimeout(ANSWER_MS_MAX, () => asked.destroy());
      asked.on('error', () => resolve(cut));
      asked.end(body);
    });
  }
}

/** The words of an answer, streamed or not. */
const said = (text: string): string =>
  [...text.matchAll(/"content":"([^"]*)"/gu)].map(([, words]) => words).join('');
