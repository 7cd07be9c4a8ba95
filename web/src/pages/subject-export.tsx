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
      .then(({ pages, count, missing }) => {
        if (count > RECORDS_MAX) {
          desk.say(
            t('There are more than {most} records: `llmproxy audit subject` writes them all.', {
              most: RECORDS_MAX,
            }),
            'bad',
          );
          return;
        }
        download('person.jsonl', 'application/jsonl', ...pages);
        desk.say(t('{count} records are in your downloads.', { count }));
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

/** About a hundred megabytes with their proofs. A file that leaves some out would be a wrong answer. */
const RECORDS_MAX = 50_000;

interface Kept {
  /** A page each: the browser keeps them where it likes, and not as one text. */
  readonly pages: readonly Blob[];
  readonly count: number;
  readonly missing: number;
}

async function keptOf(call: Call, person: Person): Promise<Kept> {
  const pages: Blob[] = [];
  let [count, missing] = [0, 0];
  let after: string | null = null;
  do {
    const body: Body = { ...person, ...(after !== null && { after }) };
    const page: AnswerOf<'POST /subject-exports'> = await call('POST /subject-exports', { body });
    pages.push(new Blob(page.items.map((item) => `${JSON.stringify(item)}\n`)));
    count += page.items.length;
    missing += page.missing;
    after = page.next;
  } while (after !== null && count <= RECORDS_MAX);
  return { pages, count, missing };
}
