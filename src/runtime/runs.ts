/** Runs of a gateway: who owns one, and what it has spent. */
import type { KeyPorts } from '#admin/key-service.ts';
import { parseRun } from '#admin/runs/run-body.ts';
import { endOfRun, mintRun, RUN_PREFIX, runChain, runEntry } from '#admin/runs/run-service.ts';
import { runStateOf, showRun, spentOf, usdOf } from '#admin/runs/run-views.ts';
import type { Principal } from '#domain/principal.ts';
import type { RunPort } from '#gateway/run-port.ts';
import type { KeyRecord } from '#storage/records.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok } from '#stdx/result.ts';

type Chain = readonly [run: KeyRecord, ...above: KeyRecord[]];

export function runsOf(ports: KeyPorts): RunPort {
  const { storage, clock } = ports;
  // One after the other, so that how many there are is true when the next one is counted.
  let minting: Promise<unknown> = Promise.resolve();
  return {
    mint(sent, { keyId, tenant }) {
      const minted = minting.then(async () => {
        const wanted = parseRun(sent);
        if (!wanted.ok) return wanted;
        if (keyId === null) return err({ reason: 'run-forbidden', because: 'no-key' } as const);
        const issued = await mintRun(ports, wanted.value, { keyId, tenant });
        if (!issued.ok) return issued;
        const { record, key } = issued.value;
        return ok({ ...showRun(record), token: key });
      });
      minting = minted.catch(() => {});
      return minted;
    },
    async find(id, by) {
      const chain = await ownedBy(ports, id, by);
      return chain === null ? null : await shown(ports, chain);
    },
    async end(id, by) {
      const chain = await ownedBy(ports, id, by);
      if (chain === null) return null;
      const [record, ...above] = chain;
      if (record.revokedMs !== null) return await shown(ports, chain);
      const { diff, work } = await endOfRun(ports, record);
      const { tenant, id: plain } = record;
      const acting = { actor: `key:${by.keyId}`, action: 'run.end', tenant, diff };
      await storage.change(
        runEntry(clock, { ...acting, resource: `run/${RUN_PREFIX}${plain}` }),
        work,
      );
      return await shown(ports, [{ ...record, revokedMs: clock.nowMs() }, ...above]);
    },
  };
}

const ID = /^(?:run_)?(?<id>[0-9A-Za-z]{12})$/u;

/** A run is owned by itself and by every key and run above it: those that it was minted from. */
async function ownedBy(
  { storage }: KeyPorts,
  text: string,
  { keyId, tenant }: Principal,
): Promise<Chain | null> {
  const id = ID.exec(text)?.groups?.['id'];
  if (id === undefined || keyId === null) return null;
  const [run, ...above] = (await runChain(storage, id, tenant)) ?? [];
  if (run === undefined || run.run === null) return null;
  return [run, ...above].some((record) => record.id === keyId) ? [run, ...above] : null;
}

/** Of its own caps. What runs above it have left bounds it too, and is theirs to know. */
async function shown({ storage, clock }: KeyPorts, chain: Chain): Promise<JsonObject> {
  const [record] = chain;
  const { run } = record;
  const { nanoUsd, calls } = await spentOf(storage.ledger, record);
  const left = (cap: number | null | undefined, used: number): number | null =>
    cap === null || cap === undefined ? null : Math.max(0, cap - used);
  return {
    ...showRun(record),
    state: runStateOf(chain, clock.nowMs()),
    spent: { usd: usdOf(nanoUsd), calls },
    left: { usd: usdOf(left(run?.nanoUsd, nanoUsd)), calls: left(run?.calls, calls) },
  };
}
