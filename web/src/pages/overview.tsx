/** What runs: addresses, the audit chain, deployments, requests in flight. Read every three seconds. */
import { type ReactNode, useCallback } from 'react';

import type { AdminStatus, DeploymentStatus } from '../../src/admin/contract.ts';

import type { Call } from './api.ts';
import { Pill, ProblemBar, timeText } from './parts.tsx';
import { useLoaded } from './use-loaded.ts';

const EVERY_MS = 3_000;

export function Status({ call }: { readonly call: Call }) {
  const read = useCallback((signal: AbortSignal) => call('GET /status', { signal }), [call]);
  const { value, problem, reload } = useLoaded(read, EVERY_MS);
  return (
    <section className="card" aria-labelledby="status-title">
      <h2 id="status-title">What runs</h2>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <p role="status">Reading the status…</p>}
      {value !== null && <Facts status={value} />}
      {value !== null && <Deployments deployments={value.deployments} />}
    </section>
  );
}

function Facts({ status }: { readonly status: AdminStatus }) {
  const { addresses, audit, lastReload } = status;
  return (
    <dl className="facts">
      <Fact name="Data plane" value={<code>{addresses.data}</code>} />
      <Fact name="Admin" value={<code>{addresses.admin}</code>} />
      <Fact name="Requests in flight" value={status.inFlight} />
      <Fact
        name="Audit log"
        value={
          audit.state === 'ok' ? (
            <Pill tone="good">keeps its records</Pill>
          ) : (
            <Pill tone="bad">degraded: calls are refused</Pill>
          )
        }
      />
      <Fact name="Records" value={audit.lastSeq} />
      <Fact name="Chain head" value={<code title={audit.head}>{audit.head.slice(0, 16)}…</code>} />
      <Fact name="Configuration" value={<code>{status.configPath ?? 'built in (demo)'}</code>} />
      <Fact name="Policy" value={<code>{status.policyVersion.slice(0, 12)}</code>} />
      <Fact
        name="Last reload"
        value={
          lastReload === null
            ? 'none since the start'
            : `${lastReload.isApplied ? 'applied' : 'refused'}, ${timeText(lastReload.at)}`
        }
      />
      <Fact name="Version" value={`${status.version}, since ${timeText(status.startedAt)}`} />
    </dl>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const TONES = { closed: 'good', 'half-open': 'warn', open: 'bad' } as const;
const WORDS = {
  closed: 'takes calls',
  'half-open': 'is being tried',
  open: 'is left out: it failed',
} as const;

function Deployments({ deployments }: { readonly deployments: readonly DeploymentStatus[] }) {
  if (deployments.length === 0) {
    return (
      <p className="quiet">
        No deployments. Add <code>providers</code> and <code>models</code> to the configuration.
      </p>
    );
  }
  return (
    <div className="scroll">
      <table>
        <caption>Deployments</caption>
        <thead>
          <tr>
            <th scope="col">Deployment</th>
            <th scope="col">Provider</th>
            <th scope="col">Health</th>
          </tr>
        </thead>
        <tbody>
          {deployments.map(({ id, provider, breaker }) => (
            <tr key={id}>
              <td>
                <code>{id}</code>
              </td>
              <td>{provider}</td>
              <td>
                <Pill tone={TONES[breaker]}>{WORDS[breaker]}</Pill>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
