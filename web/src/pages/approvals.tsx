/** Tool calls that wait for a person: what would be done, why it was held, and two buttons. */
import { useCallback, useState } from 'react';

import type { ApprovalView } from '../../../src/admin/contract.ts';

import { messageOf } from '../api.ts';
import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Problem, ProblemBar, timeText } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { visible } from '../visible.ts';

/** A caller waits: the list is read often while the page is seen. */
const READ_EVERY_MS = 3_000;

export default function Approvals() {
  const { call } = useSession();
  const read = useCallback((signal: AbortSignal) => call('GET /approvals', { signal }), [call]);
  const { value, problem, reload } = useLoaded(read, READ_EVERY_MS);
  return (
    <section className="card" aria-label={t('Approvals')}>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && value.items.length === 0 && (
        <p className="empty">
          {t('No tool call waits for a person. The list is read every 3 seconds.')}
        </p>
      )}
      <ul className="plain stack" aria-live="polite">
        {value?.items.map((approval) => (
          <Waiting key={approval.id} approval={approval} onDecided={reload} />
        ))}
      </ul>
    </section>
  );
}

interface WaitingProps {
  readonly approval: ApprovalView;
  readonly onDecided: () => void;
}

function Waiting({ approval, onDecided }: WaitingProps) {
  const { call, may } = useSession();
  const [problem, setProblem] = useState<string | null>(null);
  const [isSending, setIsSending] = useState(false);
  const decide = (verb: 'approve' | 'refuse'): void => {
    setIsSending(true);
    call(`POST /approvals/{id}/${verb}`, { params: { id: approval.id } })
      .then(onDecided)
      .catch((thrown: unknown) => {
        setProblem(messageOf(thrown));
        setIsSending(false);
      });
  };
  const { tool, tenant, owner, model, reasons, endsAt } = approval;
  return (
    <li className="waiting">
      <p>
        {rich(
          '{tool} for {owner} of {tenant}, asked by {model}. Held by {reasons}. Blocked at {endsAt} if nobody decides.',
          {
            tool: <strong>{tool === '' ? t('a tool without a name') : visible(tool)}</strong>,
            owner: owner ?? t('a caller'),
            tenant,
            model: <code>{model}</code>,
            reasons: reasons.map(({ guard, category }) => `${guard} (${category})`).join(', '),
            endsAt: timeText(endsAt),
          },
        )}
      </p>
      <pre>{readable(approval.arguments)}</pre>
      {may('POST /approvals/{id}/approve') && (
        <div className="row">
          <button type="button" disabled={isSending} onClick={() => decide('approve')}>
            {t('Let it through')}
          </button>
          <button
            type="button"
            className="danger"
            disabled={isSending}
            onClick={() => decide('refuse')}
          >
            {t('Block it')}
          </button>
        </div>
      )}
      <Problem text={problem} />
    </li>
  );
}

const readable = (json: string): string => visible(JSON.stringify(JSON.parse(json), null, 2));
