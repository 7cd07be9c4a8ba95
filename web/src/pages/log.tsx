/** The audit log: how far it is signed and anchored, and whether it verifies. */
import { useCallback } from 'react';

import type { AuditLogView, VerificationView } from '../../../src/admin/audit-contract.ts';

import { messageOf } from '../api.ts';
import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Fact, Maybe, Panel, Pill, ProblemBar, Time } from '../parts.tsx';
import { useSession } from '../session.ts';
import { Link } from '../shell/router.tsx';
import { useLoaded } from '../use-loaded.ts';

const EVERY_MS = 5_000;
const VERIFYING_EVERY_MS = 1_000;

export default function AuditLog() {
  const { call } = useSession();
  const read = useCallback((signal: AbortSignal) => call('GET /audit/log', { signal }), [call]);
  const { value, problem, reload } = useLoaded(read, EVERY_MS);
  return (
    <>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && <Facts log={value} />}
      <Verification />
      {value !== null && <Anchors anchors={value.anchors} />}
      {value !== null && <Retention retention={value.retention} />}
    </>
  );
}

function Facts({ log: { state, lastSeq, head, signing } }: { readonly log: AuditLogView }) {
  return (
    <Panel title={t('The log')}>
      <dl className="facts">
        <Fact name={t('Log')}>
          <Pill tone={state === 'ok' ? 'good' : 'bad'}>
            {state === 'ok' ? t('keeps its records') : t('degraded: calls are refused')}
          </Pill>
        </Fact>
        <Fact name={t('Signing')}>
          <Pill tone={signing.state === 'ok' ? 'good' : 'bad'}>
            {signing.state === 'ok' ? t('signs') : t('broken')}
          </Pill>
        </Fact>
        <Fact name={t('Records')}>{lastSeq}</Fact>
        <Fact name={t('Signed')}>{signing.size}</Fact>
        <Fact name={t('Newest checkpoint')}>
          <Time at={signing.signedAt} never={t('none yet')} />
        </Fact>
        <Fact name={t('Origin')}>
          <code>{signing.origin}</code>
        </Fact>
        <Fact name={t('Public key')}>
          <code>{signing.key}</code>
        </Fact>
        <Fact name={t('Chain head')}>
          <code title={head}>{head.slice(0, 16)}…</code>
        </Fact>
      </dl>
    </Panel>
  );
}

/** As `llmproxy audit verify` exits. */
const VERDICTS: Readonly<Record<number, readonly [tone: 'good' | 'warn' | 'bad', words: string]>> =
  {
    0: ['good', t('intact')],
    2: ['bad', t('altered')],
    3: ['bad', t('records are missing')],
    4: ['warn', t('intact; its end is not anchored yet, or torn')],
    5: ['warn', t('intact; its anchors are old')],
    6: ['bad', t('a fork: two histories were signed')],
  };

function Verification() {
  const { call, may } = useSession();
  const desk = useDesk();
  const read = useCallback(
    (signal: AbortSignal) => call('GET /audit/verification', { signal }),
    [call],
  );
  const { value, problem, reload } = useLoaded(read, VERIFYING_EVERY_MS);
  const verify = (): void => {
    call('POST /audit/verification', {})
      .then(reload)
      .catch((thrown: unknown) => desk.say(messageOf(thrown), 'bad'));
  };
  const button = may('POST /audit/verification') && (
    <button type="button" className="main" disabled={value?.state === 'running'} onClick={verify}>
      {value?.state === 'running' ? t('Verifying…') : t('Verify now')}
    </button>
  );
  return (
    <Panel title={t('Verification')} tools={button}>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && <Result verification={value} />}
    </Panel>
  );
}

function Result({ verification }: { readonly verification: VerificationView }) {
  const { state, startedAt, endedAt, verdict } = verification;
  if (state === 'none') {
    return (
      <p className="empty">
        {t('Not verified since the start. Every record is read when you do.')}
      </p>
    );
  }
  if (state === 'running') return <p role="status">{t('Every record is being read…')}</p>;
  if (verdict === null) {
    return (
      <p role="status">
        {rich('{pill} The verification did not come to its end.', {
          pill: <Pill tone="bad">{t('failed')}</Pill>,
        })}
      </p>
    );
  }
  const [tone, words] = VERDICTS[verdict.exit] ?? [
    'bad',
    t('ended with {exit}', { exit: verdict.exit }),
  ];
  return (
    <dl className="facts" role="status">
      <Fact name={t('Verdict')}>
        <Pill tone={tone}>{words}</Pill>
      </Fact>
      <Fact name={t('Records read')}>{verdict.records}</Fact>
      <Fact name={t('Of them signed')}>{verdict.signed}</Fact>
      <Fact name={t('Signed by')}>
        {verdict.isOwnKey ? t('this gateway’s key') : t('another key')}
      </Fact>
      <Fact name={t('Problem')}>
        <Maybe text={verdict.problem} none={t('none')} />
      </Fact>
      <Fact name={t('Begun')}>
        <Time at={startedAt} />
      </Fact>
      <Fact name={t('Ended')}>
        <Time at={endedAt} />
      </Fact>
    </dl>
  );
}

function Anchors({ anchors }: Pick<AuditLogView, 'anchors'>) {
  return (
    <Panel title={t('Anchors')}>
      {!anchors.some(({ isOutside }) => isOutside) && (
        <p className="empty">
          {t(
            'No anchor outside. Checkpoints that are kept elsewhere are what tells a log that was written anew.',
          )}
        </p>
      )}
      {anchors.length > 0 && (
        <DataTable
          caption={t('Anchors')}
          rows={anchors}
          keyOf={({ name }) => name}
          columns={[
            { title: t('Name'), cell: ({ name }) => <code>{name}</code> },
            { title: t('Type'), cell: ({ type }) => type },
            { title: t('Records'), isNumber: true, cell: ({ size }) => size },
            { title: t('Kept'), cell: ({ keptAt }) => <Time at={keptAt} /> },
            { title: t('Age'), cell: ({ keptAt }) => <Maybe text={ageOf(keptAt)} /> },
            {
              title: t('State'),
              cell: ({ problem }) => (
                <Pill tone={problem === null ? 'good' : 'bad'}>{problem ?? t('keeps it')}</Pill>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}

function Retention({ retention: { metadata, content, waits } }: Pick<AuditLogView, 'retention'>) {
  const { may } = useSession();
  const holds = may('GET /holds') && <Link page="holds">{t('Holds')}</Link>;
  return (
    <Panel title={t('Retention')} tools={holds}>
      <dl className="facts">
        <Fact name={t('Records are kept for')}>{metadata}</Fact>
        <Fact name={t('What was said, where it is kept')}>{content}</Fact>
        <Fact name={t('What is older')}>
          {waits === null ? (
            <Pill tone="good">{t('is taken away every hour')}</Pill>
          ) : (
            <Pill tone="warn">{t('stays: {waits}', { waits })}</Pill>
          )}
        </Fact>
      </dl>
    </Panel>
  );
}

function ageOf(at: string | null): string | null {
  if (at === null) return null;
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(at)) / 60_000));
  if (minutes < 120) return t('{minutes} min', { minutes });
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} d`;
}
