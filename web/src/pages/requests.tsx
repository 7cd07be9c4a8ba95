/** The explorer of requests, or one of them: which, the address says. */
import { usePlace } from '../shell/router.tsx';
import { Explorer } from '../requests/explorer.tsx';
import { OneRequest } from '../requests/one-request.tsx';

export default function Requests() {
  const { query } = usePlace();
  const request = query.get('request');
  const record = query.get('record');
  if (request === null && record === null) return <Explorer />;
  return <OneRequest key={request ?? record} request={request} record={record} />;
}
