/** Guards that only watch run beside the text and never in its way. */
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import type { GuardedText } from './guarded-text.ts';
import type { Stop, StreamWindow } from './window.ts';

/** Text that some rules may edit and others only watch. Watching never delays or alters a byte. */
export class WatchedText implements GuardedText {
  readonly #edit: StreamWindow;
  readonly #watch: StreamWindow;
  readonly #watchers: Watchers;

  constructor(edit: StreamWindow, watch: StreamWindow, watchers: Watchers) {
    this.#edit = edit;
    this.#watch = watch;
    this.#watchers = watchers;
  }

  get stop(): Stop | null {
    return this.#edit.stop;
  }

  get isHolding(): boolean {
    return this.#edit.isHolding;
  }

  push(delta: string): MaybePromise<string> {
    this.#watchers.run(this.#watch, () => this.#watch.push(delta));
    return this.#edit.push(delta);
  }

  end(): MaybePromise<string> {
    this.#watchers.run(this.#watch, () => this.#watch.end());
    return this.#edit.end();
  }
}

/** Watching that is not over yet, in order by text. Its rules have deadlines, so it ends. */
export class Watchers {
  readonly #running = new Map<StreamWindow, Promise<unknown>>();

  run(window: StreamWindow, step: () => MaybePromise<string>): void {
    const before = this.#running.get(window);
    const result = before === undefined ? step() : before.then(step);
    if (result instanceof Promise) this.#running.set(window, result);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }
}
