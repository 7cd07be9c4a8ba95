/**
 * The guards of one direction of one call. Whole texts and streams go through the same window, so
 * that what is true for one is true for the other.
 */
import type { Position } from '#domain/passage.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import type { Evidence } from './evidence.ts';
import { mayEdit, type Direction, type GuardRule } from './rule.ts';
import { scanRule } from './scan-rule.ts';
import { type Stop, StreamWindow } from './window.ts';

export interface GuardSubject {
  readonly tenant: string;
  readonly model: string;
  readonly direction: Direction;
  readonly signal: AbortSignal;
}

export interface GuardPorts {
  readonly evidence: Evidence;
  readonly monotonicMs: () => number;
}

/** A text on its way through the guards. */
export interface GuardedText {
  push(delta: string): MaybePromise<string>;
  end(): MaybePromise<string>;
  readonly stop: Stop | null;
  readonly isHolding: boolean;
}

export class GuardRun {
  readonly #rules: readonly GuardRule[];
  readonly #subject: GuardSubject;
  readonly #ports: GuardPorts;
  readonly #watchers = new Watchers();

  constructor(rules: readonly GuardRule[], subject: GuardSubject, ports: GuardPorts) {
    const { tenant, model, direction } = subject;
    this.#rules = rules.filter(
      (rule) =>
        rule.on.includes(direction) &&
        (rule.tenants?.includes(tenant) ?? true) &&
        (rule.models?.includes(model) ?? true),
    );
    this.#subject = subject;
    this.#ports = ports;
  }

  /** No guard looks at this direction: nothing needs to be walked. */
  get isIdle(): boolean {
    return this.#rules.length === 0;
  }

  open(position: Position, isEditable: boolean): GuardedText {
    const rules = this.#rules.filter(({ positions }) => positions?.includes(position) ?? true);
    const editing = rules.filter(mayEdit);
    const watching = rules.filter((rule) => !mayEdit(rule));
    const edit = this.#window(editing, position, isEditable);
    if (watching.length === 0) return edit;
    return new WatchedText(edit, this.#window(watching, position, isEditable), this.#watchers);
  }

  /** Resolves when guards that only watch are done, so that the record can say what they saw. */
  settled(): Promise<void> {
    return this.#watchers.settled();
  }

  /** The filtered text; `stop` says why there is none. */
  whole(text: string, position: Position, isEditable: boolean): MaybePromise<Whole> {
    const guarded = this.open(position, isEditable);
    return andThen(guarded.push(text), (head) =>
      andThen(guarded.end(), (tail) => ({ text: head + tail, stop: guarded.stop })),
    );
  }

  #window(rules: readonly GuardRule[], position: Position, isEditable: boolean): StreamWindow {
    const { tenant, model, direction, signal } = this.#subject;
    const { evidence, monotonicMs } = this.#ports;
    const context = { tenant, model, position, signal };
    const ports = { evidence, direction, monotonicMs };
    return new StreamWindow(
      rules,
      {
        scan: ({ rule, detector, cursor: from }, text, isEnd) =>
          scanRule(rule, { detector, text, from, isEnd }, context, ports),
        found: (rule, action, category) => {
          evidence.found(rule, direction, { action, category, position });
        },
      },
      position,
      isEditable,
    );
  }
}

export interface Whole {
  readonly text: string;
  readonly stop: Stop | null;
}

/** Text that some rules may edit and others only watch. Watching never delays or alters a byte. */
class WatchedText implements GuardedText {
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
class Watchers {
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
