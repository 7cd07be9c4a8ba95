/** What a record says, in the words that the formats share. */
import { isIP } from 'node:net';

import type { AuditRecord } from '../../record.ts';

export type Severity = 'info' | 'low' | 'medium' | 'high';

/** `finding`: a guard stopped it. `login`: somebody was, or was not, proven. `system`: the log itself. */
export type Meaning = 'call' | 'finding' | 'login' | 'change' | 'system';

const LOGINS = /^(?:session|login|account\.login)\b/u;

export function meaningOf({ kind, reason, status, action }: AuditRecord): Meaning {
  if (kind === 'system') return 'system';
  if (kind === 'admin') return LOGINS.test(action ?? '') ? 'login' : 'change';
  if (kind === 'auth') return 'login';
  if (kind !== 'deny') return 'call';
  if (reason?.startsWith('content-blocked') === true) return 'finding';
  return status === 401 ? 'login' : 'call';
}

export function severityOf(record: AuditRecord): Severity {
  const { kind, decision, reason, action } = record;
  if (action === 'sink_gap' || action === 'sink_refused') return 'high';
  if (meaningOf(record) === 'finding') return 'high';
  if (kind === 'deny' || decision === 'deny') return reason === undefined ? 'low' : 'medium';
  if (decision === 'fault') return 'low';
  return 'info';
}

export const isFailure = ({ kind, decision, status }: AuditRecord): boolean =>
  kind === 'deny' || decision === 'deny' || decision === 'fault' || (status ?? 200) >= 400;

/** What was done, as one word: `admit`, `key.create`, `heartbeat`. */
export const verbOf = ({ kind, action }: AuditRecord): string => action ?? kind;

/** The address alone; a prefix of a whole address is one, a wider one is none. */
export function addressOf({ ip }: AuditRecord): string | undefined {
  const [address = '', bits] = (ip ?? '').split('/');
  const family = isIP(address);
  const isOne = bits === undefined || bits === (family === 4 ? '32' : '128');
  return family !== 0 && isOne ? address : undefined;
}

/** What guards did, for one field: `house:block:falcon×2`. */
export const guardsText = ({ guards }: AuditRecord): string | undefined =>
  guards === undefined || guards.length === 0
    ? undefined
    : guards
        .map(({ name, action, category, count }) =>
          [name, action, ...(category === undefined ? [] : [`${category}×${count ?? 1}`])].join(
            ':',
          ),
        )
        .join(', ');
