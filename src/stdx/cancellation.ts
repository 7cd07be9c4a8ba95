/**
 * Says that nobody waits for the answer any more, and why.
 *
 * What an `AbortController` says, at a fraction of its cost: every request has one, few are ever
 * cancelled, and an idle stream keeps it for minutes. A real `AbortSignal` is made when something
 * that only knows those asks for it.
 */
export class Cancellation {
  /** Few: the caller's socket, the provider's exchange. */
  #listeners: ((reason: Error) => void)[] = [];
  #reason: Error | null = null;
  #controller: AbortController | null = null;

  /** Null while somebody waits. */
  get reason(): Error | null {
    return this.#reason;
  }

  get isCancelled(): boolean {
    return this.#reason !== null;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** The first reason counts; each listener is called once. */
  cancel(reason: Error): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(reason);
  }

  /** Calls back at once where it is over already. `off` takes the listener back. */
  on(listener: (reason: Error) => void): void {
    if (this.#reason === null) this.#listeners.push(listener);
    else listener(this.#reason);
  }

  off(listener: (reason: Error) => void): void {
    const index = this.#listeners.indexOf(listener);
    if (index !== -1) this.#listeners.splice(index, 1);
  }
}
