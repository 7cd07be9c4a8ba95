/** A provider in this process, seen through the same window as one behind a network. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Call } from '#domain/call.ts';
import type { Deployment } from '#domain/deployment.ts';
import { Fault } from '#domain/fault.ts';
import type { LocalProvider, LocalReply } from '#providers/provider.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';
import { randomBase62 } from '#stdx/base62.ts';

import type { UpstreamHead } from './provider-port.ts';
import { QUEUED_BYTES_MAX, UpstreamBody } from './upstream-body.ts';
import type { Health, Upstream } from './upstreams.ts';

export function localUpstream(
  deployment: Deployment,
  provider: LocalProvider,
  health: Health,
  clock: Clock,
): Upstream {
  return {
    deployment,
    ...health,
    countsTokens: true,
    dialectFor: (call) => call.dialect,
    misfit: (call) =>
      provider.dialects.includes(call.dialect)
        ? null
        : { reason: 'field-unsupported', field: 'model' },
    ownSecret: () => null,
    async send(call: Call, cancellation: Cancellation) {
      const { signal } = cancellation;
      const body = { ...call.content.body, model: deployment.model };
      const port = {
        delay: (ms: number, until: AbortSignal) => sleep(ms, undefined, { signal: until }),
        nowMs: () => clock.nowMs(),
        requestId: randomBase62(16),
        signal,
      };
      return await headOf(provider.answer(call, call.dialect, body, port), cancellation);
    },
    faultOf: (status) => provider.faultOf(status),
  };
}

/** Waits for the first piece, so that a provider that is slow to begin is slow to answer. */
async function headOf(reply: LocalReply, cancellation: Cancellation): Promise<UpstreamHead> {
  const body = new UpstreamBody();
  const pump = new Pump(reply, body, cancellation);
  await pump.begin();
  return { status: reply.status, headers: reply.headers, body };
}

/** Moves pieces into the body, and stops while too many wait or when nobody wants more. */
class Pump {
  readonly #pieces: AsyncIterator<string>;
  readonly #body: UpstreamBody;
  readonly #cancellation: Cancellation;
  #isCancelled = false;
  #resume: (() => void) | null = null;
  #isPaused = false;

  constructor(reply: LocalReply, body: UpstreamBody, cancellation: Cancellation) {
    this.#pieces = reply.chunks[Symbol.asyncIterator]();
    this.#body = body;
    this.#cancellation = cancellation;
    body.attach({
      pause: () => {
        this.#isPaused = true;
      },
      resume: () => {
        this.#isPaused = false;
        this.#resume?.();
      },
      abort: () => {
        this.#isCancelled = true;
        this.#resume?.();
      },
      waits: () => {},
    });
  }

  async begin(): Promise<void> {
    const isOver = await this.#step();
    // The rest goes on while the first piece is read; its faults travel in the body.
    if (!isOver) this.#run().catch(() => this.#body.fail(this.#gone()));
  }

  async #run(): Promise<void> {
    while (!this.#isCancelled) {
      while (this.#isPaused && !this.#isCancelled) {
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
      }
      if (this.#isCancelled || (await this.#step())) return;
    }
  }

  async #step(): Promise<boolean> {
    try {
      const next = await this.#pieces.next();
      if (this.#cancellation.isCancelled) throw this.#gone();
      if (next.done === true) {
        this.#body.end();
        return true;
      }
      for (let at = 0; at < next.value.length; at += QUEUED_BYTES_MAX) {
        this.#body.add(Buffer.from(next.value.slice(at, at + QUEUED_BYTES_MAX)));
      }
      return false;
    } catch {
      // Its delay was cut because the caller left; there is nothing else here that can fail.
      const fault = this.#gone();
      this.#body.fail(fault);
      throw fault;
    }
  }

  #gone(): Fault {
    const { reason } = this.#cancellation;
    return reason instanceof Fault ? reason : new Fault('client-gone', 'the caller left');
  }
}
