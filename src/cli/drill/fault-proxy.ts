/** A way to a server that can refuse, hang, cut, be slow, or lose one answer. Bytes are not kept: who is slow is waited for. */
import { connect, createServer, type Server, type Socket } from 'node:net';

import { portOf } from './http.ts';

export type Fault =
  | { readonly kind: 'none' }
  /** New connections are closed, and those that are open are cut. */
  | { readonly kind: 'refuse' }
  /** Nothing comes and nothing is closed. */
  | { readonly kind: 'hang' }
  /** Each piece takes so long. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** What is sent arrives when it has these bytes in it; its answer does not, and the connection ends. */
  | { readonly kind: 'lose-answer'; readonly to: string }
  /** What is sent with these bytes in it does not arrive, and the connection ends. */
  | { readonly kind: 'lose-question'; readonly of: string };

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** What was asked last was to have no answer. */
  isMute: boolean;
}

export class FaultProxy {
  readonly #toPort: number;
  readonly #pairs = new Set<Pair>();
  readonly #server: Server;
  #fault: Fault = { kind: 'none' };
  /** Questions or answers that were lost. */
  lost = 0;

  private constructor(toPort: number) {
    this.#toPort = toPort;
    this.#server = createServer((near) => this.#open(near));
  }

  static async open(toPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(toPort);
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** The same address, by way of this. */
  through(url: string): string {
    const changed = new URL(url);
    changed.port = String(this.port);
    return changed.href;
  }

  set(fault: Fault): void {
    this.#fault = fault;
    for (const { near, far } of this.#pairs) {
      if (fault.kind === 'refuse') near.destroy();
      else if (fault.kind === 'hang') for (const one of [near, far]) one.pause();
      else for (const one of [near, far]) one.resume();
    }
  }

  async close(): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #open(near: Socket): void {
    near.on('error', () => near.destroy());
    if (this.#fault.kind === 'refuse') {
      near.destroy();
      return;
    }
    const far = connect(this.#toPort, '127.0.0.1');
    const pair = { near, far, isMute: false };
    this.#pairs.add(pair);
    far.on('error', () => far.destroy());
    near.on('data', (data) => this.#ask(pair, data));
    far.on('data', (data) => this.#answer(pair, data));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
    if (this.#fault.kind === 'hang') for (const one of [near, far]) one.pause();
  }

  #ask(pair: Pair, data: Buffer): void {
    const fault = this.#fault;
    if (fault.kind === 'lose-question' && data.includes(fault.of)) {
      this.lost += 1;
      pair.near.destroy();
      return;
    }
    if (fault.kind === 'lose-answer' && data.includes(fault.to)) pair.isMute = true;
    this.#pass(pair.near, pair.far, data);
  }

  #answer(pair: Pair, data: Buffer): void {
    if (pair.isMute) {
      this.lost += 1;
      pair.near.destroy();
      return;
    }
    this.#pass(pair.far, pair.near, data);
  }

  /** One piece at a time: a side that is slow slows the other. */
  #pass(from: Socket, to: Socket, data: Buffer): void {
    const fault = this.#fault;
    if (fault.kind !== 'slow') {
      if (!to.write(data)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      return;
    }
    from.pause();
    setTimeout(() => {
      if (!to.destroyed) to.write(data);
      from.resume();
    }, fault.ms).unref();
  }
}
