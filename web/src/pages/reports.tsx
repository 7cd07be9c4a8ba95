/** What an auditor is given: five reports, of a time and a tenant, as files. */
import { type FormEvent, useState } from 'react';

import { messageOf, type RequestOf } from '../api.ts';
import { t } from '../messages/message.ts';
import { useDesk } from '../parts/desk.tsx';
import { type Field, valueOf } from '../parts/fields.ts';
import { FieldInput, valuesOf } from '../parts/form-dialog.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { download, Panel, Problem } from '../parts.tsx';
import { useSession } from '../session.ts';

type ReportName = RequestOf<'GET /reports/{name}'>['params']['name'];
type Query = NonNullable<RequestOf<'GET /reports/{name}'>['query']>;
type Format = NonNullable<Query['format']>;

interface ReportInfo {
  readonly name: ReportName;
  readonly title: string;
  readonly about: string;
  /** How things are has no time. */
  readonly isOfNow?: true;
  /** The log is of the whole gateway. */
  readonly isPlatform?: true;
}

const REPORTS: readonly ReportInfo[] = [
  {
    name: 'access',
    title: t('Access review'),
    about: t(
      'Who can do what now: keys, roles, bindings, users, admin tokens, accounts; last used when.',
    ),
    isOfNow: true,
  },
  {
    name: 'changes',
    title: t('Changes'),
    about: t(
      'What administrators, commands and identity providers changed, with what is different.',
    ),
  },
  {
    name: 'findings',
    title: t('Findings of guards'),
    about: t('What guards found and what was done, by guard, category and tenant.'),
  },
  {
    name: 'denied',
    title: t('Refusals and erasures'),
    about: t('What was refused, by reason, tenant and key; and which persons were erased.'),
  },
  {
    name: 'integrity',
    title: t('Integrity of the log'),
    about: t(
      'Whether the log is whole, what of it is signed and kept elsewhere, when it had gaps.',
    ),
    isPlatform: true,
  },
];

const FORMATS: readonly (readonly [Format, string, string])[] = [
  ['html', t('A page to print'), 'text/html'],
  ['csv', 'CSV', 'text/csv'],
  ['json', 'JSON', 'application/json'],
];

const PERIOD: readonly Field[] = [
  {
    name: 'from',
    label: t('From'),
    help: t('A day, such as 2026-11-01. Empty: the beginning of the log.'),
  },
  { name: 'to', label: t('To'), help: t('The day after the last. Empty: now.') },
];

export default function Reports() {
  const { rights } = useSession();
  const choice = useTenant();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const get = useReport(choice.tenant, setProblem, setBusy);
  const shown = REPORTS.filter(({ isPlatform }) => isPlatform !== true || rights.tenant === null);
  const send = (event: FormEvent<HTMLFormElement>): void => event.preventDefault();
  return (
    <form className="report-form" onSubmit={send}>
      <Panel title={t('Of which time')} tools={<TenantSelect choice={choice} />}>
        <div className="grid">
          {PERIOD.map((field) => (
            <FieldInput key={field.name} field={field} marksOptional={false} />
          ))}
        </div>
        <Problem text={problem} />
      </Panel>
      {shown.map((report) => (
        <Panel key={report.name} title={report.title}>
          <p className="quiet">
            {report.about}
            {report.isOfNow === true && t(' It is of now, whatever the time above.')}
          </p>
          <div className="row">
            {FORMATS.map(([format, label]) => (
              <button
                key={format}
                type="button"
                disabled={busy !== null}
                aria-label={`${report.title}: ${label}`}
                onClick={(event) => get(report.name, format, event.currentTarget.form)}
              >
                {busy === `${report.name} ${format}` ? t('One moment…') : label}
              </button>
            ))}
          </div>
        </Panel>
      ))}
    </form>
  );
}

function useReport(
  tenant: string,
  setProblem: (problem: string | null) => void,
  setBusy: (busy: string | null) => void,
): (name: ReportName, format: Format, form: HTMLFormElement | null) => void {
  const { open } = useSession();
  const desk = useDesk();
  return (name, format, form) => {
    const values = form === null ? {} : valuesOf(form);
    const query: Query = { format };
    const asked: Record<string, string> = {};
    for (const end of ['from', 'to']) {
      if (valueOf(values, end).trim() !== '') asked[end] = valueOf(values, end).trim();
    }
    if (tenant !== '') asked['tenant'] = tenant;
    setProblem(null);
    setBusy(`${name} ${format}`);
    open('GET /reports/{name}', { params: { name }, query: { ...query, ...asked } })
      .then(async (response) => {
        const type = FORMATS.find(([one]) => one === format)?.[2] ?? 'text/plain';
        download(fileNameOf(response, `${name}.${format}`), type, await response.text());
        desk.say(t('The report is in your downloads.'));
      })
      .catch((thrown: unknown) => setProblem(messageOf(thrown)))
      .finally(() => setBusy(null));
  };
}

/** As the gateway names it; JSON, which it does not send as a file, by its report. */
function fileNameOf({ headers }: Response, otherwise: string): string {
  const named = /filename="([A-Za-z0-9.-]+)"/u.exec(headers.get('content-disposition') ?? '');
  return named?.[1] ?? otherwise;
}
