/** What the log has about a person, as a file: GDPR 15 and 20. Each record with its proof, one a line. */
import { useState } from 'react';

import type { AnswerOf, Call, RequestOf } from '../api.ts';
import { t } from '../messages/message.ts';
import { useDesk } from '../parts/desk.tsx';
import { download } from '../parts.tsx';
import { useSession } from '../session.ts';

type Body = RequestOf<'POST /subject-exports'>['body'];
export type Person = Omit<Body, 'after'>;

interface SubjectExportProps {
  readonly isDisabled: boolean;
  /** As the form says it now. */
  readonly person: () => Person;
  readonly onProblem: (thrown: unknown) => void;
}

export function SubjectExport({ isDisabled, person, onProblem }: SubjectExportProps) {
  const { call, may } = useSession();
  const desk = useDesk();
  const [isBusy, setIsBusy] = useState(false);
  const give = (): void => {
    setIsBusy(true);
    keptOf(call, person())
      .then(({ lines, missing }) => {
        download('person.jsonl', 'application/jsonl', lines.join(''));
        desk.say(t('{count} records are in your downloads.', { count: lines.length }));
        if (missing > 0)
          desk.say(
            t('{missing} more are in the log of another gateway: ask there too.', { missing }),
            'bad',
          );
      })
      .catch(onProblem)
      .finally(() => setIsBusy(false));
  };
  if (!may('POST /subject-exports')) return null;
  return (
    <button type="button" disabled={isDisabled || isBusy} onClick={give}>
      {isBusy ? t('One moment…') : t('Download what is kept')}
    </button>
  );
}

interface Kept {
  readonly lines: readonly string[];
  readonly missing: number;
}

async function keptOf(call: Call, person: Person): Promise<Kept> {
  const lines: string[] = [];
  let missing = 0;
  let after: string | null = null;
  do {
    const body: Body = { ...person, ...(after !== null && { after }) };
    const page: AnswerOf<'POST /subject-exports'> = await call('POST /subject-exports', { body });
    lines.push(...page.items.map((item) => `${JSON.stringify(item)}\n`));
    missing += page.missing;
    after = page.next;
  } while (after !== null);
  return { lines, missing };
}
