/** How much of the process's memory and time is used, measured. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

import type { Pressure } from '#gateway/overload/stage.ts';

export interface PressureBounds {
  /** Null: what the control group or the machine has. */
  readonly memoryBytesMax: number | null;
  readonly loopLagMaxMs: number;
}

/** Asked again and again; each answer is of the time since the last one. */
export interface PressureProbe {
  measure(bounds: PressureBounds): Pressure;
  close(): void;
}

const CGROUP_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];
/** One late turn is a collection of garbage or a neighbour; the least of so many counts. */
const LAGS_KEPT = 3;
const LAG_RESOLUTION_MS = 10;

export function systemPressure(): PressureProbe {
  const delays = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delays.enable();
  const machineBytes = availableBytes();
  const lags: number[] = [];
  let last = performance.eventLoopUtilization();
  return {
    measure({ memoryBytesMax, loopLagMaxMs }) {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      const lateMs = Math.max(0, delays.percentile(99) / 1e6 - LAG_RESOLUTION_MS);
      delays.reset();
      // A loop that is busy and on time is one that is well used; one that is late and idle was stopped.
      lags.push(Math.min(lateMs / loopLagMaxMs, utilization));
      if (lags.length > LAGS_KEPT) lags.shift();
      const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
      return {
        memory: process.memoryUsage.rss() / (memoryBytesMax ?? machineBytes),
        heap: used / limit,
        loop: lags.length < LAGS_KEPT ? 0 : Math.min(...lags),
      };
    },
    close: () => delays.disable(),
  };
}

/** The limit of the control group; without one, the memory of the machine. */
export function availableBytes(
  read: (path: string) => string = (path) => readFileSync(path, 'utf8'),
  machineBytes: number = totalmem(),
): number {
  for (const path of CGROUP_FILES) {
    try {
      const bytes = Number(read(path));
      // Version 2 says `max`, version 1 a number beyond every machine.
      if (bytes > 0 && bytes < machineBytes) return bytes;
    } catch {
      // The other version of control groups, or none at all.
    }
  }
  return machineBytes;
}
