/** What a gateway has of counters, without the gateway: several of them share one store in a test. */
import { openSharedCounters, type OpenShared } from '#runtime/shared-counters.ts';
import { countersSection, type CountersSection } from '#config/stores-section.ts';
import type { Crossing } from '#policy/limiters/counter-store.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import { Reservations } from '#policy/limiters/reservations.ts';
import { systemClock } from '#stdx/clock.ts';
import type { Reservation } from '#domain/proofs.ts';
import { usedOf } from '#policy/limiters/counter-store.contract.ts';

/** The ledger of all instances: what has ended, by bucket. */
export class Truth {
  readonly #sums = new Map<string, number>();

  add(bucket: string, nanoUsd: number): void {
    this.#sums.set(bucket, this.spent(bucket) + nanoUsd);
  }

  spent(bucket: string): number {
    return this.#sums.get(bucket) ?? 0;
  }
}

export interface Instance {
  readonly name: string;
  readonly reservations: Reservations;
  readonly shared: OpenShared['store'];
  readonly events: readonly {
    readonly event: string;
    readonly state: string | undefined;
    readonly reason: string | undefined;
  }[];
  readonly crossings: Crossing[];
  /** Denied: the reason. */
  ask(id: string, demands: readonly Demand[]): Promise<Reservation | string>;
  /** Ends a call as a gateway does: on its way to the ledger first, then settled. */
  end(reservation: Reservation, demands: readonly Demand[], nanoUsd: number): void;
  close(): Promise<void>;
}

let count = 0;

export async function openInstance(
  section: Record<string, unknown>,
  truth: Truth,
): Promise<Instance> {
  count += 1;
  const name = `instance${count}`;
  const events: { event: string; state: string | undefined; reason: string | undefined }[] = [];
  const crossings: Crossing[] = [];
  let queue: { bucket: string; nanoUsd: number }[] = [];
  const flush = async (): Promise<void> => {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
    for (const { bucket, nanoUsd } of queue.splice(0)) truth.add(bucket, nanoUsd);
  };
  let holding: Reservations | null = null;
  const parsed = countersSection.parse(section) as CountersSection;
  const opened: OpenShared = await openSharedCounters(parsed, {
    instance: name,
    clock: systemClock,
    log: {
      write: (_level, event, { state, reason } = {}) => void events.push({ event, state, reason }),
    },
    held: () => holding?.held() ?? [],
    flushLedger: flush,
    onCrossing: (crossing) => crossings.push(crossing),
  });
  const reservations = new Reservations({
    counters: opened.counters,
    seedsOf: async (demands) => {
      await flush();
      return demands.map((demand) => ({ demand, spent: truth.spent(demand.bucket), carried: 0 }));
    },
    clock: systemClock,
    onCrossing: (crossing) => crossings.push(crossing),
    onFault: () => {},
  });
  holding = reservations;
  const feeding = setInterval(() => void flush(), 50);
  const sweeping = setInterval(() => void opened.counters.sweep(), 250);
  return {
    name,
    reservations,
    shared: opened.store,
    events,
    crossings,
    async ask(id, demands) {
      const asked = await reservations.reserve(`${name}-${id}`, demands, Date.now());
      return asked.ok ? asked.value : asked.error.reason;
    },
    end(reservation, demands, nanoUsd) {
      for (const { quota, bucket } of demands) {
        if (quota.algorithm === 'budget') queue.push({ bucket, nanoUsd });
      }
      reservation.settle(usedOf({ nanoUsd }));
    },
    async close() {
      clearInterval(feeding);
      clearInterval(sweeping);
      await opened.close();
      queue = [];
    },
  };
}
