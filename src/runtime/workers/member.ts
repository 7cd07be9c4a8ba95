/** One worker as its owner has it: the process, the way to it, and what it was last told of it. */
import type { Waiting } from '#gateway/approvals.ts';
import type { CounterStore, Crossing } from '#policy/limiters/counter-store.ts';

import { Channel, type Wire } from './channel.ts';
import { CounterSeat } from './counters.ts';
import type { OwnerAnswerers, WorkerAnswerers, WorkerState } from './protocol.ts';

/** A process that was begun as a worker. */
export interface WorkerProcess {
  readonly pid: number;
  readonly wire: Wire;
  kill(): void;
  /** `how`: its code or its signal. */
  onExit(listener: (how: string) => void): void;
}

/** What of the owner one worker may ask or tell, but for the counters. */
export type Heard = Omit<OwnerAnswerers, keyof CounterSeat['answerers'] | 'state' | 'approvals'>;

export interface MemberParts {
  readonly counters: CounterStore;
  readonly onCrossing: (crossing: Crossing) => void;
  /** What it has told could not be done. */
  readonly onFault: (reason: string) => void;
  readonly heard: Heard;
}

export class Member {
  /** From 1 on. */
  readonly worker: number;
  readonly process: WorkerProcess;
  readonly channel: Channel<WorkerAnswerers>;
  readonly seat: CounterSeat;
  readonly begunMs: number;
  isReady = false;
  /** Null: it has told nothing yet. */
  state: WorkerState | null = null;
  waiting: readonly Waiting[] = [];
  heardMs: number;

  constructor(
    worker: number,
    process: WorkerProcess,
    { counters, onCrossing, onFault, heard }: MemberParts,
  ) {
    this.worker = worker;
    this.process = process;
    this.seat = new CounterSeat(counters, onCrossing);
    this.begunMs = performance.now();
    this.heardMs = this.begunMs;
    const answerers: OwnerAnswerers = {
      ...heard,
      ...this.seat.answerers,
      state: (state) => {
        this.state = state;
        this.heardMs = performance.now();
      },
      approvals: (waiting) => {
        this.waiting = waiting;
      },
    };
    this.channel = new Channel<WorkerAnswerers>(process.wire, answerers, onFault);
  }
}
