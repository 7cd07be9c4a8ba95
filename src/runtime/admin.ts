/** The admin listener: health, metrics, the admin API and the dashboard, apart from the data plane. */

import { adminExchange, type AdminOptions } from '#admin/admin-plane.ts';
import type { RefusedAct } from '#admin/report-refusal.ts';
import { bootstrapToken, forgetBootstrapToken } from '#admin/bootstrap-token.ts';
import { type DataCall, PlaygroundDesk } from '#admin/playground/playground-desk.ts';
import type { AdminAlertTest } from '#admin/contract.ts';
import type { AdminStatus } from '#admin/status-contract.ts';
import type { PeoplePorts } from '#admin/people/people-ports.ts';
import type { ReloadResult as AdminReload } from '#admin/route.ts';
import type { SettingsPort } from '#admin/settings-port.ts';
import { redactedTree } from '#config/print.ts';
import type { AuditDraft } from '#audit/record.ts';
import { Fault } from '#domain/fault.ts';
import type { Principal } from '#domain/principal.ts';
import type { TenantPolicy } from '#policy/access/roles.ts';
import { type ClientAddress, clientAddressOf } from '#server/client-address.ts';
import type { Health } from '#server/health.ts';
import { Listener } from '#server/listener.ts';

import type { BuiltUpstreams } from './build-upstreams.ts';
import { auditAdmin } from './audit/audit-admin.ts';
import { limitStates } from './limit-states.ts';
import { startListener, tlsOf, urlOf } from './listen.ts';
import { dashboardFiles } from './own-files.ts';
import { openPeople } from './people.ts';
import type { ReloadResult, Source } from './source.ts';
import { watchTls } from './tls-watch.ts';
import type { Owner } from './workers/owner.ts';
import type { World } from './world.ts';

export interface AdminParts {
  readonly world: World;
  readonly source: () => Source;
  readonly searchesPorts: boolean;
  readonly health: Health;
  readonly reload: () => Promise<ReloadResult>;
  readonly settings: SettingsPort;
  readonly policies: (tenant: string) => TenantPolicy | undefined;
  readonly keyHolder: (id: string) => Promise<Principal | null>;
  readonly version: string;
  readonly testAlert: (name: string) => Promise<AdminAlertTest | null>;
  readonly alertRules: AdminOptions['alertRules'];
  readonly sinks: AdminOptions['sinks'];
  readonly lastReload: () => AdminStatus['lastReload'];
  readonly inFlight: () => number;
  readonly upstreams: () => BuiltUpstreams;
  /** Null: calls are taken by this process alone. */
  readonly owner: Owner | null;
  readonly dataUrl: string;
  /** A call through the data plane, from inside. */
  readonly dataCall: DataCall;
}

export interface RunningAdmin {
  readonly url: string;
  /** The one-time token, until it was used. */
  readonly token: string | null;
  stop(): Promise<void>;
}

const DRAIN_MS = 1_000;
const CONNECTIONS_MAX = 256;

export async function openAdmin(parts: AdminParts): Promise<RunningAdmin> {
  const { world } = parts;
  const { storage, peppers, clock, dataDir } = world;
  const isShared = parts.source().config.storage.type === 'postgres';
  const place = { dataDir, isShared };
  const token = await bootstrapToken(storage, peppers, clock, place).catch((thrown: unknown) => {
    // Without its store nobody can sign in anyway, and whoever could before can again when it is back.
    if (world.store.mode() === 'store' || !(thrown instanceof Fault)) throw thrown;
    return null;
  });
  const { listen, tls } = parts.source().config.admin;
  const people = openPeople(parts.source().config, world);
  let url = '';
  let listener: Listener | null = null;
  const wanted = { port: listen.port, path: ['admin', 'listen'] };
  const opened = await startListener(wanted, parts.searchesPorts, (port) => {
    const own: Listener = new Listener(
      {
        host: listen.host,
        port,
        tls: tlsOf(tls, 'admin'),
        connectionsMax: CONNECTIONS_MAX,
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 30_000,
        keepAliveTimeoutMs: 75_000,
      },
      adminExchange(
        optionsOf(
          parts,
          people,
          () => own,
          () => url,
        ),
      ),
    );
    listener = own;
    return own;
  });
  url = urlOf(opened.host, opened.port, tls !== null);
  const stopTls = watchTls(tls, 'admin', () => listener, world.log);
  return {
    url,
    token,
    async stop() {
      stopTls();
      await listener?.drain(DRAIN_MS);
      await people.close();
    },
  };
}

function optionsOf(
  parts: AdminParts,
  people: PeoplePorts,
  listener: () => Listener,
  url: () => string,
): AdminOptions {
  const { world } = parts;
  const { storage, peppers, clock, refusals, audit, log, dataDir } = world;
  const startedAt = new Date(clock.nowMs()).toISOString();
  return {
    storage,
    peppers,
    room: world.custody,
    secretsChanged: () => world.tenantSecrets.refresh(),
    clock,
    approvals: parts.owner?.approvals(world.approvals) ?? world.approvals,
    config: () => parts.source().config,
    policies: parts.policies,
    keyHolder: parts.keyHolder,
    redactedConfig: () => redactedTree(parts.source().config, parts.source().secretsAt),
    status: () => statusOf(parts, startedAt, url()),
    settings: parts.settings,
    reload: async () => reloadOf(await parts.reload(), parts.source().hash),
    testAlert: parts.testAlert,
    counters: countersOf(parts),
    alertRules: parts.alertRules,
    sinks: parts.sinks,
    onOneTimeUsed: () => forgetBootstrapToken(dataDir),
    people,
    audit: auditAdmin(world, () => parts.source().config),
    playground: new PlaygroundDesk(parts.dataCall, clock),
    listener,
    health: parts.health,
    hosts: () => hostNames(parts.source()),
    clientAddress: addressesBy(parts.source),
    site: dashboardFiles(),
    refused: (ip, status, reason) => refusals.note({ ip, status, reason }),
    auditRefused: (act) => {
      audit.append(refusalDraft(act)).catch(() => log.write('error', 'audit-behind'));
    },
    log,
  };
}

const countersOf = ({ world, source, owner }: AdminParts): AdminOptions['counters'] => ({
  limits: async (tenant) => {
    const shown = (await owner?.shown()) ?? world.counting.shown;
    return limitStates(source().config.limits, shown, tenant);
  },
  held: async () => [
    ...world.limitStore.held().flatMap(({ demands }) => demands),
    ...((await owner?.held()) ?? []),
  ],
});

/** A reload may name other proxies; the list is made ready once for each configuration. */
function addressesBy(source: () => Source): ClientAddress {
  let [known, addressOf] = [source(), clientAddressOf(source().config.admin.trustedProxies)];
  return (peer, rawHeaders) => {
    const now = source();
    if (now !== known) [known, addressOf] = [now, clientAddressOf(now.config.admin.trustedProxies)];
    return addressOf(peer, rawHeaders);
  };
}

/** The host that the admin listener was told to listen on is a name of its own. */
function hostNames({ config }: Source): readonly string[] {
  const { host } = config.admin.listen;
  const isAny = host === '0.0.0.0' || host === '::';
  return isAny ? config.server.hosts : [...config.server.hosts, host];
}

function statusOf(parts: AdminParts, startedAt: string, url: string): AdminStatus {
  const { path, hash } = parts.source();
  const { state, lastSeq, head, segment } = parts.world.audit.status();
  const { signing, anchors } = parts.world.auditRoom;
  const kept = anchors.status().map(({ name, keptAt, problem }) => ({ name, keptAt, problem }));
  const { owner } = parts;
  const elsewhere = owner?.breakers();
  return {
    version: parts.version,
    startedAt,
    policyVersion: hash,
    addresses: { data: parts.dataUrl, admin: url },
    audit: { state, lastSeq, head, segment, signedAt: signing.status().signedAt, anchors: kept },
    deployments: parts
      .upstreams()
      .all()
      .map(({ deployment, breaker }) => ({
        id: deployment.id,
        provider: deployment.provider,
        breaker: elsewhere?.get(deployment.id) ?? breaker.state,
      })),
    inFlight: parts.inFlight() + (owner?.inFlight ?? 0),
    workers: owner?.status() ?? [],
    configPath: path,
    configHash: hash,
    lastReload: parts.lastReload(),
  };
}

const reloadOf = ({ applied, problems }: ReloadResult, hash: string): AdminReload =>
  applied
    ? { isApplied: true, policyVersion: hash }
    : { isApplied: false, problems: problems.map((problem) => ({ field: '', problem })) };

const refusalDraft = (act: RefusedAct): AuditDraft => ({
  kind: 'admin',
  requestId: act.requestId,
  user: act.actor,
  tenant: act.tenant ?? undefined,
  ip: act.ip,
  decision: 'deny',
  action: act.action,
  resource: act.resource,
  reason: act.reason,
  status: act.status,
});
