/** What a search asks for, as it stands in the address: a link keeps it, and a saved view is one. */
import type { AnswerOf, RequestOf } from '../api.ts';
import { t } from '../messages/message.ts';

export type Row = AnswerOf<'GET /audit/records'>['items'][number];
export type TailQuery = NonNullable<RequestOf<'GET /audit/tail'>['query']>;

export type RecordsQuery = NonNullable<RequestOf<'GET /audit/records'>['query']>;

export interface Filter {
  readonly name: string;
  readonly label: string;
  readonly kind?: 'choice' | 'time' | 'number';
  readonly options?: readonly (readonly [value: string, label: string])[];
  readonly help?: string;
  /** Shown to who may see people in records. */
  readonly isPersonal?: true;
}

/** Of more kinds than one record is: one row a request. */
const SHOWS = [
  ['', t('Requests')],
  ['deny', t('Refusals')],
  ['admit', t('Beginnings of requests')],
  ['complete', t('Ends of requests')],
  ['admin', t('Administration')],
  ['auth', t('Signing in')],
  ['system', t('The gateway itself')],
  ['all', t('Every record')],
] as const;

const HOUR_MS = 3_600_000;
const TIMES: readonly (readonly [value: string, label: string, ms: number])[] = [
  ['15m', t('Last 15 minutes'), HOUR_MS / 4],
  ['1h', t('Last hour'), HOUR_MS],
  ['24h', t('Last 24 hours'), 24 * HOUR_MS],
  ['7d', t('Last 7 days'), 7 * 24 * HOUR_MS],
  ['30d', t('Last 30 days'), 30 * 24 * HOUR_MS],
];

export const MAIN_FILTERS: readonly Filter[] = [
  { name: 'show', label: t('Show'), kind: 'choice', options: SHOWS },
  {
    name: 'last',
    label: t('Time'),
    kind: 'choice',
    options: [['', t('Any time')], ...TIMES.map(([value, label]) => [value, label] as const)],
  },
  {
    name: 'decision',
    label: t('Decision'),
    kind: 'choice',
    options: [
      ['', t('Any')],
      ['allow', t('Allowed')],
      ['deny', t('Denied')],
      ['fault', t('Failed')],
    ],
  },
  { name: 'tenant', label: t('Tenant') },
  { name: 'model', label: t('Model') },
  { name: 'text', label: t('Words of the reason') },
];

export const MORE_FILTERS: readonly Filter[] = [
  { name: 'user', label: t('User'), isPersonal: true },
  { name: 'endUser', label: t('End user'), isPersonal: true },
  { name: 'key', label: t('Key'), help: t('Its id, without key_.') },
  { name: 'guard', label: t('Guard that found something') },
  { name: 'category', label: t('Category of the finding') },
  { name: 'route', label: t('Route'), help: t('Such as chat-completions.') },
  { name: 'provider', label: t('Provider') },
  { name: 'status', label: t('Status'), kind: 'number' },
  { name: 'costMin', label: t('Cost from, USD'), kind: 'number' },
  { name: 'costMax', label: t('Cost to, USD'), kind: 'number' },
  { name: 'from', label: t('From'), kind: 'time' },
  { name: 'to', label: t('To'), kind: 'time' },
  { name: 'action', label: t('Action'), help: t('Of administration, such as key.create.') },
  { name: 'requestId', label: t('Request id') },
];

export const FILTERS: readonly Filter[] = [...MAIN_FILTERS, ...MORE_FILTERS];
const NAMES = new Set(FILTERS.map(({ name }) => name));

export type Asked = Readonly<Record<string, string>>;

/** The filters that an address has; what else stands in it is the page's. */
export const askedIn = (query: URLSearchParams): Asked =>
  Object.fromEntries([...query].filter(([name, value]) => NAMES.has(name) && value !== ''));

/** What a filter says, for people. */
export function filterText(name: string, value: string): string {
  const filter = FILTERS.find((one) => one.name === name);
  const option = filter?.options?.find(([one]) => one === value);
  return `${filter?.label ?? name}: ${option?.[1] ?? value}`;
}

const NANO = 1_000_000_000;

function nanoText(usd: string | undefined): string | undefined {
  if (usd === undefined) return undefined;
  const nano = Math.round(Number(usd.replace(',', '.')) * NANO);
  // What is no number is the gateway's to refuse, at its field.
  return Number.isSafeInteger(nano) && nano >= 0 ? String(nano) : usd;
}

const isoText = (local: string | undefined): string | undefined => {
  if (local === undefined) return undefined;
  const ms = Date.parse(local);
  return Number.isNaN(ms) ? local : new Date(ms).toISOString();
};

/** As the tail takes it: without times. */
export function tailQueryOf(asked: Asked): TailQuery {
  const { show = '', last: _last, from: _from, to: _to, costMin, costMax, ...plain } = asked;
  return {
    ...plain,
    ...(plain['key'] !== undefined && { key: plain['key'].replace(/^key_/u, '') }),
    ...(show === '' && { isEnd: 'true' }),
    ...kindOf(show),
    ...withCost('costMinNanoUsd', costMin),
    ...withCost('costMaxNanoUsd', costMax),
  };
}

function kindOf(show: string): Pick<TailQuery, 'kind'> {
  const kind = KINDS.find((one) => one === show);
  return kind === undefined ? {} : { kind };
}

const KINDS = ['deny', 'admit', 'complete', 'admin', 'auth', 'system'] as const;

const withCost = (name: string, usd: string | undefined): Asked => {
  const text = nanoText(usd);
  return text === undefined ? {} : { [name]: text };
};

export function recordsQueryOf(asked: Asked, nowMs: number): RecordsQuery {
  const span = TIMES.find(([value]) => value === asked['last'])?.[2];
  const from = span === undefined ? isoText(asked['from']) : new Date(nowMs - span).toISOString();
  const to = span === undefined ? isoText(asked['to']) : undefined;
  return {
    ...tailQueryOf(asked),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}
