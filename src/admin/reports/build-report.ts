/** The five reports for an auditor, out of the ports that the admin API and the command line both have. */
import type { Cell, Report, ReportName, ReportTable } from '#audit/reports/report.ts';
import type { Verdict } from '#audit/verify.ts';

import type { AuditLogView, VerificationView } from '../audit-contract.ts';
import { timeText } from '../views.ts';
import { type AccessParts, accessTables } from './access-report.ts';
import {
  changesTables,
  deniedTables,
  findingsTables,
  type LogReportParts,
  troubleTable,
} from './log-reports.ts';

export interface ReportParts
  extends
    Pick<AccessParts, 'storage' | 'config' | 'nowMs'>,
    Pick<LogReportParts, 'index' | 'record'> {
  /** Null: no gateway runs that could say. */
  readonly log: AuditLogView | null;
  /** Null: the log was not read whole for this report. */
  readonly verdict: Verdict | null;
  /** What the gateway was last asked to verify; null: none runs that could say. */
  readonly verification: VerificationView | null;
}

export interface ReportAsked {
  readonly name: ReportName;
  /** Unix milliseconds. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly tenant?: string | undefined;
}

const TEXTS: Readonly<Record<ReportName, readonly [title: string, about: string]>> = {
  access: [
    'Access review',
    'Who can do what when this was made, by file and store, and when keys were last used, to within half a minute. What was done with an admin token is in the report of changes. Users who come with tokens of an identity provider alone are in no list.',
  ],
  changes: [
    'Changes',
    'What administrators, commands and identity providers changed, and configurations that came into force, with what is different. Names that people chose are not in the log: it says that they changed. Attempts that were refused are in the report of refusals.',
  ],
  findings: [
    'Findings of guards',
    'What guards found and what was done, by guard, category and tenant. Each record counts once for each finding that it has, however often it was found in it. Guards in observe mode say what they would have done.',
  ],
  denied: [
    'Refusals and erasures',
    'What was refused, by reason, tenant and key. Refusals of strangers are counted by second and address, and have no tenant. Below: persons who were erased, by the commitment that the receipt opens.',
  ],
  integrity: [
    'Integrity of the log',
    'Whether the log is whole and unchanged, what of it is signed and kept elsewhere, and when it had gaps or was allowed to have them.',
  ],
};

export async function buildReport(parts: ReportParts, asked: ReportAsked): Promise<Report> {
  const { name, fromMs, toMs, tenant } = asked;
  const [title, about] = TEXTS[name];
  // How things are has no time.
  const isOfNow = name === 'access';
  const timed = (ms: number | undefined): string | null =>
    ms === undefined || isOfNow ? null : timeText(ms);
  return {
    name,
    title,
    about,
    from: timed(fromMs),
    to: timed(toMs),
    tenant: tenant ?? null,
    madeAt: timeText(parts.nowMs),
    tables: await tablesOf(parts, asked),
  };
}

async function tablesOf(parts: ReportParts, asked: ReportAsked): Promise<readonly ReportTable[]> {
  const { name, ...filter } = asked;
  const ofLog = { ...parts, filter };
  switch (name) {
    case 'access':
      return await accessTables({ ...parts, tenant: asked.tenant });
    case 'changes':
      return await changesTables(ofLog);
    case 'findings':
      return await findingsTables(ofLog);
    case 'denied':
      return await deniedTables(ofLog);
    case 'integrity':
      return [verdictTable(parts), ...logTables(parts.log), await troubleTable(ofLog)];
  }
}

const VERDICTS: Readonly<Record<Verdict['exit'], string>> = {
  0: 'intact',
  2: 'ALTERED',
  3: 'GAP',
  4: 'intact, with a tail that is torn or not anchored',
  5: 'intact, and the anchor is STALE',
  6: 'FORKED',
};

const facts = (title: string, rows: readonly (readonly Cell[])[]): ReportTable => ({
  title,
  columns: ['what', 'value'],
  rows,
  isCut: false,
});

function verdictTable({ verdict, verification }: ReportParts): ReportTable {
  const title = 'Verification';
  const last = verification?.verdict ?? null;
  if (verdict === null && last !== null) {
    const { exit, records, signed, isOwnKey, problem } = last;
    return facts(title, [
      ['exit code of the verification', exit],
      ['ended', verification?.endedAt ?? null],
      ['records', records],
      ['signed', `${signed} records, by ${isOwnKey ? 'the key of this gateway' : 'another key'}`],
      ['problem', problem ?? 'none'],
    ]);
  }
  if (verdict === null) {
    const how = 'not done here: POST /admin/v1/audit/verification, or run `llmproxy audit verify`';
    return facts(title, [['verdict', how]]);
  }
  const { exit, records, writers, tree, firstBad } = verdict;
  const rows: (readonly Cell[])[] = [
    ['verdict', VERDICTS[exit]],
    ['records', records],
    ...writers.map(({ writer, lastSeq, head }) => [
      `${writer}: last record, head`,
      `${lastSeq}, ${head}`,
    ]),
  ];
  if (tree === null) rows.push(['signed', 'nothing yet']);
  else {
    const { origin, size, key, isKeyGiven, anchoredSize } = tree;
    rows.push(['signed', `${size} records of ${origin} by ${key}`]);
    rows.push([
      'whose key',
      isKeyGiven ? 'given to the verification' : "the log's own word for it",
    ]);
    rows.push(['anchored', anchoredSize ?? 'no anchor was given to the verification']);
  }
  if (firstBad !== undefined) {
    const { segment, offset, seq, problem } = firstBad;
    rows.push(['first bad', `${segment} at byte ${offset}, record ${seq}: ${problem}`]);
  }
  return facts(title, rows);
}

function logTables(log: AuditLogView | null): readonly ReportTable[] {
  if (log === null) return [];
  const { state, lastSeq, head, signing, anchors } = log;
  const { state: signed, origin, size, signedAt } = signing;
  return [
    facts('The log as the gateway has it', [
      ['state', state],
      ['last record', lastSeq],
      ['head', head],
      ['signing', signed],
      ['signed', `${size} records of ${origin}`],
      ['last checkpoint', signedAt ?? 'none'],
    ]),
    {
      title: 'Anchors',
      columns: ['anchor', 'type', 'records', 'kept at', 'problem'],
      rows: anchors.map(({ name, type, size, keptAt, problem }) => [
        name,
        type,
        size,
        keptAt,
        problem,
      ]),
      isCut: false,
    },
  ];
}
