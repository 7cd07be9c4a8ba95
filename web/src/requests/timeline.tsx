/** The decisions of one request, in the order in which they were made. What did not come to pass is not there. */
import type { ReactNode } from 'react';

import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
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
    <section className="card" aria-label={t('What was decided')}>
      <h2>{t('What was decided')}</h2>
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
  'api-key': t('an API key'),
  jwt: t('a signed token'),
  introspection: t('a token that its issuer was asked about'),
  mtls: t('a client certificate'),
  anonymous: t('nothing'),
};

function Credential({ record: { text } }: RecordProps) {
  const { may } = useSession();
  const auth = text('auth') ?? '';
  const key = text('key');
  const behalf = text('onBehalfOf');
  const run = text('run');
  return (
    <Step
      title={t('Credential')}
      tone="good"
      summary={
        <>
          {rich('Proven by {credential}{key}{team}{run}{behalf}. {keys}', {
            credential: CREDENTIALS[auth] ?? <code>{auth}</code>,
            key: key !== null && <>{rich(', key {key}', { key: <code>{key}</code> })}</>,
            team: text('team') !== null && t(', team {team}', { team: text('team') ?? '' }),
            run: run !== null && <>{rich(', in the run {run}', { run: <code>{run}</code> })}</>,
            behalf: behalf !== null && t(', on behalf of {behalf}', { behalf: visible(behalf) }),
            keys: key !== null && may('GET /keys') && <Link page="keys">{t('Keys')}</Link>,
          })}
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
      {t('Why can she?')}
    </Link>
  );
  if (rule === null) {
    return (
      <Step
        title={t('Rights')}
        tone="bad"
        summary={
          <>
            {rich('No rule allowed it, or it was refused before roles were asked. {explain}', {
              explain,
            })}
          </>
        }
      />
    );
  }
  return (
    <Step
      title={t('Rights')}
      tone="good"
      summary={
        <>
          {rich('Allowed by the rule {rule} of the role {role}. {explain}', {
            rule: <code>{rule}</code>,
            role: <code>{role ?? ''}</code>,
            explain,
          })}
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
    return (
      <Step title={t('Limits')} tone="bad" summary={t('A limit was reached: nothing was held.')} />
    );
  }
  const { limits } = last;
  return (
    <Step
      title={t('Limits')}
      tone={isReached ? 'bad' : 'good'}
      summary={heldText(held.number('estimateNanoUsd'), held.number('estimateTokens'))}
    >
      {limits.length > 0 && (
        <dl className="facts">
          {limits.map(({ name, remaining }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <strong>{numberText(remaining)}</strong> <span className="quiet">{t('left')}</span>
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
  const money =
    nanoUsd === null || nanoUsd === 0 ? '' : t('{nanoUsd} and ', { nanoUsd: usdText(nanoUsd) });
  return t('At most {money}{tokens} tokens were held for it.', {
    money,
    tokens: numberText(tokens),
  });
}

function Guards({ record }: RecordProps) {
  if (record.guards.length === 0) return null;
  const [tone, summary] = guardsSummary(record.guards);
  return (
    <Step title={t('Guards')} tone={tone} summary={summary}>
      <GuardTable guards={record.guards} />
    </Step>
  );
}

function Attempts({ record: { attempts } }: RecordProps) {
  if (attempts.length === 0) return null;
  const [tone, summary] = attemptsSummary(attempts);
  return (
    <Step title={t('Provider')} tone={tone} summary={summary}>
      <AttemptList attempts={attempts} />
    </Step>
  );
}

const SOURCES: Readonly<Record<string, string>> = {
  provider: t('as the provider counted'),
  counted: t('counted here'),
  ceiling: t('the most that it can have been'),
};

function Usage({ record }: RecordProps) {
  const usage = record.part('usage');
  if (usage === null) return null;
  const more = [
    ['cacheReadTokens', t('read from a cache')],
    ['cacheWriteTokens', t('written to a cache')],
    ['reasoningTokens', t('thinking')],
  ] as const;
  const source = usage.text('source') ?? '';
  const price = usage.text('priceVersion');
  return (
    <Step
      title={t('Usage and cost')}
      tone="good"
      summary={
        <>
          {rich('{cost} for {input} tokens in and {output} out, {source}. Price: {price}', {
            cost: <strong>{usdText(price === null ? null : usage.number('costNanoUsd'))}</strong>,
            input: numberText(usage.number('inputTokens')),
            output: numberText(usage.number('outputTokens')),
            source: SOURCES[source] ?? source,
            price: <Maybe text={price} none={t('not known')} />,
          })}
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
    <Step title={t('Time')} tone="plain" summary={null}>
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
      title={t('What was said')}
      tone="plain"
      summary={
        <>
          {isKept
            ? t('It is kept, encrypted, and shown with leave alone. ')
            : t('It was not kept.')}
          {isKept && may('GET /content-leaves') && (
            <Link page="content" query={{ ref }}>
              {t('Ask to see it')}
            </Link>
          )}
          {isKept && <Pill tone="plain">{ref}</Pill>}
        </>
      }
    />
  );
}
