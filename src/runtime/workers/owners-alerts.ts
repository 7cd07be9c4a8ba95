/** Alerts of a worker: the owner sends them, so that one that comes from two workers is sent once. */
import type { Config } from '#config/config.ts';
import type { Alert, AlertPort } from '#gateway/alerts/alert.ts';

import type { Receivers } from '../receivers.ts';
import type { Channel } from './channel.ts';
import type { OwnerAnswerers } from './protocol.ts';

export class OwnersAlerts implements AlertPort, Receivers {
  readonly #owner: Channel<OwnerAnswerers>;
  #isIdle = true;

  constructor(owner: Channel<OwnerAnswerers>) {
    this.#owner = owner;
  }

  get isIdle(): boolean {
    return this.#isIdle;
  }

  raise(alert: Alert): void {
    if (!this.#isIdle) this.#owner.tell('alert', alert);
  }

  /** Nothing outside is told by a worker: that there is somebody to be told is all it has to know. */
  plan({ alerts, alertRules }: Config): () => void {
    return () => {
      this.#isIdle = alerts.length === 0 && alertRules.receivers.length === 0;
    };
  }
}
