/** Tool calls that wait for a person: what would be done, why it was held, and two buttons. */
import { useCallback, useState } from 'react';

import type { ApprovalView } from '../../src/admin/contract.ts';

import { ApiProblem, type Call, messageOf } from './api.ts';
import { ProblemBar, timeText } from './parts.tsx';
import { useLoaded } from './use-loaded.ts';

/** A caller waits: the list is read often while the page is seen. */
const READ_EVERY_MS = 3_000;

interface Read {
  readonly items: readonly ApprovalView[];
  /** False where the token may not see what waits. */
  readonly mayDecide: boolean;
}

export function Approvals({ call }: { readonly call: Call }) {
  const read = useCallback((signal: AbortSignal) => readWaiting(call, signal), [call]);
  const { value, problem, reload } = useLoaded(read, READ_EVERY_MS);
  if (value?.mayDecide === false) return null;
  return (
    <section className="card" aria-labelledby="approvals-title">
      <h2 id="approvals-title">Approvals</h2>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <p role="status">Reading what waits…</p>}
      {value !== null && value.items.length === 0 && (
        <p className="quiet">No tool call waits for a person.</p>
      )}
      <ul className="plain" aria-live="polite">
        {value?.items.map((approval) => (
          <Waiting key={approval.id} approval={approval} call={call} onDecided={reload} />
        ))}
      </ul>
    </section>
  );
}

async function readWaiting(call: Call, signal: AbortSignal): Promise<Read> {
  try {
    const { items } = await call('GET /approvals', { signal });
    return { items, mayDecide: true };
  } catch (thrown) {
    if (thrown instanceof ApiProblem && thrown.status === 403)
      return { items: [], mayDecide: false };
    throw thrown;
  }
}

interface WaitingProps {
  readonly approval: ApprovalView;
  readonly call: Call;
  readonly onDecided: () => void;
}

function Waiting({ approval, call, onDecided }: WaitingProps) {
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
        <strong>{tool === '' ? 'a tool without a name' : visible(tool)}</strong> for{' '}
        {owner ?? 'a caller'} of {tenant}, asked by <code>{model}</code>. Held by{' '}
        {reasons.map(({ guard, category }) => `${guard} (${category})`).join(', ')}. Blocked at{' '}
        {timeText(endsAt)} if nobody decides.
      </p>
      <pre>{readable(approval.arguments)}</pre>
      <div className="row">
        <button type="button" disabled={isSending} onClick={() => decide('approve')}>
          Let it through
        </button>
        <button
          type="button"
          className="danger"
          disabled={isSending}
          onClick={() => decide('refuse')}
        >
          Block it
        </button>
        {problem !== null && <span role="alert">{problem}</span>}
      </div>
    </li>
  );
}

const readable = (json: string): string => visible(JSON.stringify(JSON.parse(json), null, 2));

/**
 * A model wrote it. Characters that turn or hide text would let it look like another call, so they
 * are shown by their numbers.
 */
const visible = (text: string): string =>
  text.replace(
    /[\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
