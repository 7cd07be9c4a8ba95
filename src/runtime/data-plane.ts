/** The data listener with all that it needs to let a call in: addresses, hosts, health, calls from inside. */
import type { Config } from '#config/config.ts';
import type { Gateway } from '#gateway/ports.ts';
import { type ClientAddress, clientAddressOf } from '#server/client-address.ts';
import { dataExchange } from '#server/data-plane.ts';
import type { Health } from '#server/health.ts';
import { HeldAnswers } from '#server/held-answers.ts';
import { InnerCalls } from '#server/inner-calls.ts';
import { type Exchange, Listener } from '#server/listener.ts';
import type { Log } from '#telemetry/log.ts';

import { hostsOf, startListener, tlsOf, urlOf } from './listen.ts';
import type { Overload } from './overload.ts';
import { watchTls } from './tls-watch.ts';

/** Of all connections, those on which a stranger's refusal may be held back. */
const HELD_PART = 1 / 2;

export interface DataPlaneParts {
  /** What the file said at start: a listener is not moved while it listens. */
  readonly first: Config;
  readonly config: () => Config;
  readonly searchesPorts: boolean;
  /** The gateway in force, and how to say that the request is over. */
  readonly enter: () => { readonly gateway: Gateway; readonly leave: () => void };
  readonly overload: Overload;
  readonly health: Health;
  readonly log: Log;
}

export class DataPlane {
  readonly innerCalls: InnerCalls;
  readonly #parts: DataPlaneParts;
  readonly #exchange: Exchange;
  readonly #held: HeldAnswers;
  #listener: Listener;
  #clientAddress: ClientAddress;
  #stopTls = (): void => {};
  #isListening = false;

  constructor(parts: DataPlaneParts) {
    this.#parts = parts;
    const { server } = parts.first;
    this.#clientAddress = clientAddressOf(server.trustedProxies);
    this.#held = new HeldAnswers(Math.ceil(server.connectionsMax * HELD_PART));
    this.#exchange = this.#dataExchange();
    this.innerCalls = new InnerCalls(this.#exchange, () => this.#hosts()[0] ?? 'localhost');
    this.#listener = this.#listenerAt(server.listen.port);
  }

  get inFlight(): number {
    return this.#listener.inFlight;
  }

  get isLeaving(): boolean {
    return this.#listener.isLeaving;
  }

  /** Of another configuration: what it may change while calls are taken. */
  use({ server }: Config): void {
    this.#clientAddress = clientAddressOf(server.trustedProxies);
  }

  /** Takes calls. Gives the address. */
  async start(): Promise<{ readonly host: string; readonly port: number; readonly url: string }> {
    const { first, searchesPorts, log } = this.#parts;
    const { listen, tls } = first.server;
    const wanted = { port: listen.port, path: ['server', 'listen'] };
    const { host, port } = await startListener(wanted, searchesPorts, (at) => {
      this.#listener = this.#listenerAt(at);
      return this.#listener;
    });
    this.#isListening = true;
    this.#stopTls = watchTls(tls, 'server', () => this.#listener, log);
    return { host, port, url: urlOf(host, port, tls !== null) };
  }

  /** Lets those that are in finish, for so long. One that never listened has nobody in. */
  async drain(limitMs: number, delayMs = 0): Promise<void> {
    this.#stopTls();
    this.#held.close();
    if (this.#isListening) await this.#listener.drain(limitMs, delayMs);
  }

  #hosts(): readonly string[] {
    return hostsOf(this.#parts.config().server.hosts, this.#parts.first.server.listen);
  }

  #listenerAt(port: number): Listener {
    const { server } = this.#parts.first;
    return new Listener(
      {
        host: server.listen.host,
        port,
        tls: tlsOf(server.tls, 'server'),
        connectionsMax: server.connectionsMax,
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 60_000,
        keepAliveTimeoutMs: 75_000,
      },
      this.#exchange,
    );
  }

  #dataExchange(): Exchange {
    const { config, enter, first, health, overload } = this.#parts;
    return dataExchange({
      enter,
      listener: () => this.#listener,
      rules: () => ({ hosts: this.#hosts() }),
      clientAddress: () => this.#clientAddress,
      bodyBytesMax: () => config().server.bodyBytesMax,
      inFlightMax: first.server.inFlightMax,
      overload,
      bodyDeadlineMs: 60_000,
      bodyBytesPerSecondMin: () => config().server.bodyBytesPerSecondMin,
      health,
      held: this.#held,
    });
  }
}
