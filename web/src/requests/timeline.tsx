/** The decisions of one request, in the order in which they were made. What did not come to pass is not there. */
import type { ReactNode } from 'react';

import { Maybe, Pill, type Tone } from '../parts.tsx';
import { useSession } from '../session.ts';
import { Link } from '../shell/router.tsx';
import { visible } from '../visible.ts';
import { AttemptList, attemptsSummary } from './attempts.tsx';
import { GuardTable, guardsSummary } from './guard-table.tsx';
import type { ShownRecord } from './read-record.ts';
import { TimeBars } from './time-bars.tsx';
import { numberText, usdText } from './units.ts';

interface TimelineProps {
  readonly records: readonly ShownRecord[];
}

export function Timeline({ records }: TimelineProps) {
  const begin = records.find(({ kind }) => kind === 'admit');
  const end = records.find(({ kind }) => kind === 'complete' || kind === 'deny');
  const last = end ?? begin;
  // Administration and the gateway itself decide nothing step by step: the record says it all.
  if (last === undefined || last.text('auth') === null) return null;
  return (
    <section className="card" aria-label="What was decided">
      <h2>What was decided</h2>
      <ol className="plain timeline">
        <Credential record={last} />
        <Rule record={last} />
        <Limits begin={begin} last={last} />
        <Guards record={last} />
        <Attempts record={last} />
        <Usage record={last} />
        <Times record={last} />
        <Content record={last} />
      </ol>
    </section>
  );
}

interface StepProps {
  readonly title: string;
  readonly tone: Tone;
  readonly summary: ReactNode;
  readonly children?: ReactNode;
}

function Step({ title, tone, summary, children }: StepProps) {
  return (
    <li className={`step ${tone}`}>
      <h3>{title}</h3>
      <div className="step-summary">{summary}</div>
      {children}
    </li>
  );
}

interface RecordProps {
  readonly record: ShownRecord;
}

const CREDENTIALS: Readonly<Record<string, string>> = {
  'api-key': 'an API key',
  jwt: 'a signed token',
  introspection: 'a token that its issuer was asked about',
  mtls: 'a client certificate',
  anonymous: 'nothing',
};

function Credential({ record: { text } }: RecordProps) {
  const { may } = useSession();
  const auth = text('auth') ?? '';
  const key = text('key');
  const behalf = text('onBehalfOf');
  const run = text('run');
  return (
    <Step
      title="Credential"
      tone="good"
      summary={
        <>
          Proven by {CREDENTIALS[auth] ?? <code>{auth}</code>}
          {key !== null && (
            <>
              , key <code>{key}</code>
            </>
          )}
          {text('team') !== null && `, team ${text('team') ?? ''}`}
          {run !== null && (
            <>
              , in the run <code>{run}</code>
            </>
          )}
          {behalf !== null && `, on behalf of ${visible(behalf)}`}.{' '}
          {key !== null && may('GET /keys') && <Link page="keys">Keys</Link>}
        </>
      }
    />
  );
}

function Rule({ record: { text } }: RecordProps) {
  const { may } = useSession();
  const [role, rule] = [text('role'), text('rule')];
  const asked = {
    tenant: text('tenant') ?? undefined,
    user: text('user') ?? undefined,
    key: text('key') ?? undefined,
    model: text('model') ?? undefined,
  };
  const explain = may('POST /policy/explain') && may('GET /tenants') && (
    <Link page="explain" query={asked}>
      Why can she?
    </Link>
  );
  if (rule === null) {
    return (
      <Step
        title="Rights"
        tone="bad"
        summary={<>No rule allowed it, or it was refused before roles were asked. {explain}</>}
      />
    );
  }
  return (
    <Step
      title="Rights"
      tone="good"
      summary={
        <>
          Allowed by the rule <code>{rule}</code> of the role <code>{role ?? ''}</code>. {explain}
        </>
      }
    />
  );
}

interface LimitsProps {
  readonly begin: ShownRecord | undefined;
  readonly last: ShownRecord;
}

function Limits({ begin, last }: LimitsProps) {
  const held = last.part('reservation') ?? begin?.part('reservation');
  const isReached = last.text('reason')?.startsWith('limit-reached') === true;
  if (held === undefined || held === null) {
    if (!isReached) return null;
    return <Step title="Limits" tone="bad" summary="A limit was reached: nothing was held." />;
  }
  const { limits } = last;
  return (
    <Step
      title="Limits"
      tone={isReached ? 'bad' : 'good'}
      summary={heldText(held.number('estimateNanoUsd'), held.number('estimateTokens'))}
    >
      {limits.length > 0 && (
        <dl className="facts">
          {limits.map(({ name, remaining }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <strong>{numberText(remaining)}</strong> <span className="quiet">left</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Step>
  );
}

/** Zero: no money is held for it. */
function heldText(nanoUsd: number | null, tokens: number | null): string {
  const money = nanoUsd === null || nanoUsd === 0 ? '' : `${usdText(nanoUsd)} and `;
  return `At most ${money}${numberText(tokens)} tokens were held for it.`;
}

function Guards({ record }: RecordProps) {
  if (record.guards.length === 0) return null;
  const [tone, summary] = guardsSummary(record.guards);
  return (
    <Step title="Guards" tone={tone} summary={summary}>
      <GuardTable guards={record.guards} />
    </Step>
  );
}

function Attempts({ record: { attempts } }: RecordProps) {
  if (attempts.length === 0) return null;
  const [tone, summary] = attemptsSummary(attempts);
  return (
    <Step title="Provider" tone={tone} summary={summary}>
      <AttemptList attempts={attempts} />
    </Step>
  );
}

const SOURCES: Readonly<Record<string, string>> = {
  provider: 'as the provider counted',
  counted: 'counted here',
  ceiling: 'the most that it can have been',
};

function Usage({ record }: RecordProps) {
  const usage = record.part('usage');
  if (usage === null) return null;
  const more = [
    ['cacheReadTokens', 'read from a cache'],
    ['cacheWriteTokens', 'written to a cache'],
    ['reasoningTokens', 'thinking'],
  ] as const;
  const source = usage.text('source') ?? '';
  const price = usage.text('priceVersion');
  return (
    <Step
      title="Usage and cost"
      tone="good"
      summary={
        <>
          <strong>{usdText(price === null ? null : usage.number('costNanoUsd'))}</strong> for{' '}
          {numberText(usage.number('inputTokens'))} tokens in and{' '}
          {numberText(usage.number('outputTokens'))} out, {SOURCES[source] ?? source}. Price:{' '}
          <Maybe text={price} none="not known" />
        </>
      }
    >
      {more.some(([name]) => usage.number(name) !== null) && (
        <p className="quiet">
          {more
            .filter(([name]) => usage.number(name) !== null)
            .map(([name, words]) => `${numberText(usage.number(name))} ${words}`)
            .join(', ')}
        </p>
      )}
    </Step>
  );
}

function Times({ record }: RecordProps) {
  const timings = record.part('timings');
  if (timings === null) return null;
  const times = {
    totalMs: timings.number('totalMs'),
    firstMs: timings.number('ttftMs'),
    upstreamMs: timings.number('upstreamMs'),
    gatewayUs: timings.number('gatewayUs'),
  };
  return (
    <Step title="Time" tone="plain" summary={null}>
      <TimeBars {...times} />
    </Step>
  );
}

/** The text itself is never here: who may see it asks for leave, and each look is recorded. */
function Content({ record }: RecordProps) {
  const { may } = useSession();
  const ref = record.text('contentRef');
  const isKept = ref !== null;
  return (
    <Step
      title="What was said"
      tone="plain"
      summary={
        <>
          {isKept ? 'It is kept, encrypted, and shown with leave alone. ' : 'It was not kept.'}
          {isKept && may('GET /content-leaves') && (
            <Link page="content" query={{ ref }}>
              Ask to see it
            </Link>
          )}
          {isKept && <Pill tone="plain">{ref}</Pill>}
        </>
      }
    />
  );
}
