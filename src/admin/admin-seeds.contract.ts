/** What tests put into the store of an admin plane. */
import type { Peppers } from '#config/peppers.ts';
import type { ApprovalDesk } from '#gateway/approvals.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import type { Storage } from '#storage/storage.ts';

import { newLeave } from './audit/leaves.ts';
import { mintAdminToken } from './admin-token.ts';
import { mintKey } from './key-service.ts';
import { addPerson } from './people/people.contract.ts';

const PEPPER = Buffer.alloc(32, 7);

export const testPeppers: Peppers = { newest: 1, of: () => PEPPER };

type Seed = Parameters<Storage['change']>[1];

export async function seed(storage: Storage, work: Seed): Promise<void> {
  const entry = { actor: 'test', action: 'test.seed', resource: 'test', tenant: null, diff: null };
  const done = await storage.change({ id: `seed_${randomBase62(20)}`, at: 1, ...entry }, work);
  if (!done.ok) throw new Error('the seed was refused');
}

interface Seeded {
  readonly storage: Storage;
  readonly time: { readonly nowMs: number };
  readonly approvals: ApprovalDesk;
}

/** One fresh object of each kind in a tenant, by the name of its place in a route's path. */
export async function seedObjects(
  { storage, time, approvals }: Seeded,
  tenant: string,
): Promise<Readonly<Record<string, string>>> {
  const { nowMs } = time;
  const n = randomBase62(8).toLowerCase();
  const base = { tenant, createdMs: nowMs, version: 1 };
  const owned = {
    tenant,
    team: null,
    user: null,
    serviceAccount: null,
    name: 'seed',
    roles: [],
  } as const;
  const keyed = { ...owned, mode: 'live', parent: null, scope: null, isHoney: false } as const;
  const { record: key } = mintKey({ ...keyed, expiresMs: null }, testPeppers, nowMs);
  const { record: run } = mintKey(
    { ...keyed, parent: key.id, expiresMs: nowMs + 60_000 },
    testPeppers,
    nowMs,
  );
  const wanted = { role: 'viewer', tenant, isOneTime: false, expiresMs: null } as const;
  const { record: token } = mintAdminToken(wanted, testPeppers, nowMs);
  const binding = {
    role: 'viewer',
    users: ['*'],
    serviceAccounts: [],
    teams: [],
    keys: [],
    claims: {},
  };
  const other = await addPerson({ storage, peppers: testPeppers, nowMs }, { tenant });
  const asked = { tenant, party: 'x', asker: 'admin:somebody', reason: 'a case', minutes: 5 };
  const leave = newLeave(asked, true, nowMs);
  await seed(storage, async (tx) => {
    await tx.contentLeaves.insert(leave);
    await tx.teams.insert({ ...base, id: `team-${n}`, name: null });
    await tx.users.insert({ ...base, ...USER, id: `user-${n}` });
    await tx.serviceAccounts.insert({ ...base, ...CALLER, id: `s${n}`, name: `job-${n}` });
    await tx.roles.insert({ tenant, name: `role-${n}`, allow: [], deny: [], version: 1 });
    await tx.bindings.insert({ ...binding, tenant, id: `b${n}`, version: 1 });
    await tx.keys.insert(key);
    await tx.keys.insert({ ...run, run: { ...CAPS, holder: key.id, path: run.id } });
    await tx.settings.insert({
      id: `limits/limit-${n}`,
      section: 'limits',
      name: `limit-${n}`,
      value: LIMIT,
      createdMs: nowMs,
      version: 1,
    });
    await tx.providerSecrets.insert({
      ...base,
      id: `${tenant}/role-${n}`,
      provider: `role-${n}`,
      origin: 'https://api.example.com',
      sealed: 's',
      setMs: nowMs,
    });
    await tx.toolPins.insert({ ...base, ...PIN, id: `p${n}` });
    await tx.alertSilences.insert({ ...SILENCE, id: `s${n}`, endsMs: nowMs + 60_000 });
    return await tx.adminTokens.insert(token);
  });
  return {
    // One's own alone: whoever asks has none.
    views: `view_${n}`,
    'content-leaves': leave.id,
    teams: `team-${n}`,
    users: `user-${n}`,
    'service-accounts': `sva_s${n}`,
    roles: `role-${n}`,
    bindings: `bnd_b${n}`,
    keys: `key_${key.id}`,
    runs: `run_${run.id}`,
    'admin-tokens': `adm_${token.id}`,
    'tool-pins': `pin_p${n}`,
    'alert-silences': `sil_s${n}`,
    config: `limit-${n}`,
    accounts: `acc_${other.account.id}`,
    sessions: `ses_${other.sessionId}`,
    approvals: `apr_${seedApproval(approvals, tenant)}`,
  };
}

/** A tool call that waits, in place of the one of before: the desk is not filled by seeds. */
function seedApproval(desk: ApprovalDesk, tenant: string): string {
  for (const { id } of desk.waiting()) desk.decide(id, false);
  const call = { name: 'pay', arguments: { to: 'x' } };
  const reasons = [{ guard: 'payments', category: 'tool-called' }];
  const question = { tenant, owner: null, model: 'm', call, reasons, withinMs: 60_000 };
  void desk.ask(question, new Cancellation());
  return desk.waiting()[0]?.id ?? '';
}

const USER = { team: null, name: 'Ann', status: 'active', provisioned: null } as const;
const CALLER = { team: null, description: null, status: 'active' } as const;
const LIMIT = { per: ['key'], requests: '60/1m' };

const CAPS = { nanoUsd: 1_000, calls: null, depth: 0 } as const;

const SILENCE = {
  rule: null,
  subject: null,
  reason: 'a change',
  createdMs: 1,
  createdBy: 'test',
  version: 1,
} as const;

const PIN = {
  owner: 'key/seed',
  name: 'read_file',
  digest: 'd',
  changedDigest: null,
  changedMs: null,
} as const;

/** What a gateway says of itself. */
export const status = {
  version: '0.0.0',
  startedAt: '2026-11-23T12:00:00.000Z',
  policyVersion: 'p1',
  addresses: { data: 'http://127.0.0.1:8080', admin: 'http://127.0.0.1:8081' },
  audit: {
    state: 'ok',
    lastSeq: 1,
    head: '0'.repeat(64),
    segment: null,
    signedAt: null,
    anchors: [],
  },
  deployments: [{ id: 'demo/demo/demo/0', provider: 'demo', breaker: 'closed' }],
  inFlight: 0,
  workers: [],
  configPath: null,
  configHash: 'abc',
  lastReload: null,
} as const;

/** Apart from the others: a tenant has room for so many. */
export async function seedHold(
  { storage, time }: Pick<Seeded, 'storage' | 'time'>,
  tenant: string,
): Promise<string> {
  const id = `hld_${randomBase62(8)}`;
  const held = { tenant, user: 'held', reason: 'a case', actor: 'x', isOfPlatform: false };
  await seed(storage, (tx) => tx.holds.insert({ ...held, id, atMs: time.nowMs, version: 1 }));
  return id;
}
