/** The form for a new key. */
import { type FormEvent, useCallback, useState } from 'react';

import type { KeyOnce } from '../../src/admin/contract.ts';

import { type Call, messageOf } from './api.ts';
import { useLoaded } from './use-loaded.ts';

interface NewKeyProps {
  readonly call: Call;
  readonly onMade: (made: KeyOnce) => void;
}

export function NewKey({ call, onMade }: NewKeyProps) {
  const read = useCallback(
    (signal: AbortSignal) => call('GET /tenants', { query: { limit: '200' }, signal }),
    [call],
  );
  const tenants = useLoaded(read).value?.items ?? [];
  const [chosen, setChosen] = useState('');
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const tenant = chosen === '' ? (tenants[0]?.id ?? '') : chosen;

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setIsBusy(true);
    setProblem(null);
    const body = { tenant, ...(name.trim() !== '' && { name: name.trim() }) };
    call('POST /keys', { body })
      .then((made) => {
        setName('');
        onMade(made);
      })
      .catch((thrown: unknown) => setProblem(messageOf(thrown)))
      .finally(() => setIsBusy(false));
  };

  return (
    <form className="row form" onSubmit={submit}>
      <div>
        <label htmlFor="key-tenant">Tenant</label>
        <select id="key-tenant" value={tenant} onChange={(event) => setChosen(event.target.value)}>
          {tenants.map(({ id }) => (
            <option key={id}>{id}</option>
          ))}
        </select>
      </div>
      <div>
        <label htmlFor="key-name">Name (for people)</label>
        <input
          id="key-name"
          maxLength={256}
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <button type="submit" className="main" disabled={isBusy || tenant === ''}>
        {isBusy ? 'Making it…' : 'Make a key'}
      </button>
      {problem !== null && (
        <p role="alert" className="problem">
          {problem}
        </p>
      )}
    </form>
  );
}
