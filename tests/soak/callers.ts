/** Callers who go on whatever happens, and know of each answer that came whole which call it was of. */
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { chat } from '../support/house.ts';
import { callWhole } from '../support/whole-call.ts';
import { OUTPUT_TOKENS_MAX, textOf } from './provider.ts';
import { type Scene, type Tenant, tenants } from './scene.ts';

const REFUSED_PAUSE_MS = 40;
/** Of what was refused or cut, for the report: the first of each kind. */
const EXAMPLES_MAX = 20;

export interface Answered {
  readonly requestId: string;
  readonly nonce: string;
  readonly tenant: Tenant;
}

export class Callers {
  /** Whole answers, for the checks at the end: about 70 a second. */
  readonly answered: Answered[] = [];
  readonly statuses = new Map<number, number>();
  /** By limits and budgets. */
  readonly refused = new Map<Tenant, number>();
  readonly faults: string[] = [];
  /** Calls whose answer did not come whole. */
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
    const key = this.#scene.keys.get(tenant) ?? '';
    const more = { max_tokens: OUTPUT_TOKENS_MAX, stream: at % 10 < 3 };
    const body = chat(textOf(tenant, nonce), more);
    const { url } = this.#scene.balancer;
    const answer = await callWhole({ url, key, body, agent });
    // A page of the balancer says that the gateway behind it went in the middle of the call.
    if (typeof answer === 'string' || answer.text.startsWith('<html>')) {
      this.cut += 1;
      return 0;
    }
    const { status, requestId, text } = answer;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 429) this.refused.set(tenant, (this.refused.get(tenant) ?? 0) + 1);
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
}

/** The words of an answer, streamed or not. */
const said = (text: string): string =>
  [...text.matchAll(/"content":"([^"]*)"/gu)].map(([, words]) => words).join('');
