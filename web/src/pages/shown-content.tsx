/** What was said in one call. It is text and never anything else, whoever wrote it. */
import type { ContentView } from '../../../src/admin/audit-contract.ts';

import { Fact, Maybe, Time } from '../parts.tsx';
import { visible } from '../visible.ts';

export function ShownContent({ content }: { readonly content: ContentView }) {
  const { requestId, at, tenant, user, endUser, request, reply, isCut } = content;
  return (
    <div className="stack">
      <dl className="facts">
        <Fact name="Request">
          <code>{requestId}</code>
        </Fact>
        <Fact name="At">
          <Time at={at} />
        </Fact>
        <Fact name="Tenant">{tenant}</Fact>
        <Fact name="User">
          <Maybe text={user} />
        </Fact>
        <Fact name="End user">
          <Maybe text={endUser} />
        </Fact>
      </dl>
      <h3>Asked</h3>
      <pre className="text">{visible(request ?? 'It was not kept.')}</pre>
      <h3>Answered{isCut && ' (cut)'}</h3>
      <pre className="text">{visible(reply)}</pre>
    </div>
  );
}
