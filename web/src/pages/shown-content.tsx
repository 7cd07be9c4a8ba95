/** What was said in one call. It is text and never anything else, whoever wrote it. */
import type { ContentView } from '../../../src/admin/audit-contract.ts';

import { t } from '../messages/message.ts';
import { Fact, Maybe, Time } from '../parts.tsx';
import { visible } from '../visible.ts';

export function ShownContent({ content }: { readonly content: ContentView }) {
  const { requestId, at, tenant, user, endUser, request, reply, isCut } = content;
  return (
    <div className="stack">
      <dl className="facts">
        <Fact name={t('Request')}>
          <code>{requestId}</code>
        </Fact>
        <Fact name={t('At')}>
          <Time at={at} />
        </Fact>
        <Fact name={t('Tenant')}>{tenant}</Fact>
        <Fact name={t('User')}>
          <Maybe text={user} />
        </Fact>
        <Fact name={t('End user')}>
          <Maybe text={endUser} />
        </Fact>
      </dl>
      <h3>{t('Asked')}</h3>
      <pre className="text">{visible(request ?? t('It was not kept.'))}</pre>
      <h3>{isCut ? t('Answered (cut)') : t('Answered')}</h3>
      <pre className="text">{visible(reply)}</pre>
    </div>
  );
}
