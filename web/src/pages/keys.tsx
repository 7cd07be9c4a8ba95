/** Keys: those there are, a new one that is shown once, and an end to one. */
import { useCallback, useState } from 'react';

import type { KeyOnce, KeyView } from '../../src/admin/contract.ts';

import { type Call, messageOf } from './api.ts';
import { NewKey } from './new-key.tsx';
import { Pill, Problem, ProblemBar, timeText } from './parts.tsx';
import { ShownOnce } from './shown-once.tsx';
import { useLoaded } from './use-loaded.ts';

const PAGE = '50';

export function Keys({ call }: { readonly call: Call }) {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [once, setOnce] = useState<KeyOnce | null>(null);
  const after = cursors.at(-1);
  const read = useCallback(
    (signal: AbortSignal) => {
      const query = { limit: PAGE, ...(after !== undefined && { after }) };
      return call('GET /keys', { query, signal });
    },
    [call, after],
  );
  const { value, problem, reload } = useLoaded(read);
  const next = value?.next ?? null;
  return (
    <section className="card" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <NewKey
        call={call}
        onMade={(made) => {
          setOnce(made);
          reload();
        }}
      />
      {once !== null && (
        <ShownOnce
          label="The new key. Copy it now: it is shown this once and kept nowhere."
          secret={once.key}
          onDone={() => setOnce(null)}
        />
      )}
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <p role="status">Reading the keys…</p>}
      {value !== null && value.items.length === 0 && (
        <p className="quiet">No keys yet. Make the first one above.</p>
      )}
      {value !== null && value.items.length > 0 && (
        <KeyTable keys={value.items} call={call} onChanged={reload} />
      )}
      <div className="row">
        {cursors.length > 0 && (
          <button type="button" onClick={() => setCursors(cursors.slice(0, -1))}>
            Page before
          </button>
        )}
        {next !== null && (
          <button type="button" onClick={() => setCursors([...cursors, next])}>
            Next page
          </button>
        )}
      </div>
    </section>
  );
}

interface TableProps {
  readonly keys: readonly KeyView[];
  readonly call: Call;
  readonly onChanged: () => void;
}

function KeyTable({ keys, call, onChanged }: TableProps) {
  return (
    <div className="scroll">
      <table>
        <caption className="hidden">Keys, by id</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Id</th>
            <th scope="col">Tenant</th>
            <th scope="col">Roles</th>
            <th scope="col">Made</th>
            <th scope="col">Last used</th>
            <th scope="col">State</th>
            <th scope="col">
              <span className="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id}>
              <td>{key.name ?? <span className="quiet">no name</span>}</td>
              <td>
                <code>{key.id}</code>
              </td>
              <td>{key.tenant}</td>
              <td>{key.roles.join(', ')}</td>
              <td>{timeText(key.createdAt)}</td>
              <td>
                {key.lastUsedAt === null ? (
                  <span className="quiet">never</span>
                ) : (
                  timeText(key.lastUsedAt)
                )}
              </td>
              <td>
                <KeyState of={key} />
              </td>
              <td>
                {key.quarantinedAt !== null && key.revokedAt === null && (
                  <Release of={key} call={call} onChanged={onChanged} />
                )}
                {key.revokedAt === null && <Revoke of={key} call={call} onChanged={onChanged} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function KeyState({ of }: { readonly of: KeyView }) {
  if (of.revokedAt !== null) return <Pill tone="bad">revoked</Pill>;
  const isPast = of.expiresAt !== null && Date.parse(of.expiresAt) <= Date.now();
  if (isPast) return <Pill tone="warn">expired</Pill>;
  if (of.isHoney) return <Pill tone="warn">honey: works for nobody</Pill>;
  if (of.quarantinedAt !== null) return <Pill tone="bad">put aside</Pill>;
  const isNarrow = of.scope !== null || of.parent !== null;
  return <Pill tone="good">{isNarrow ? 'works, cut down' : 'works'}</Pill>;
}

/** The gateway has put the key aside for what it was used for; somebody has looked, and lets it go on. */
function Release({ of, call, onChanged }: RevokeProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const release = (): void => {
    call('POST /keys/{id}/release', { params: { id: of.id }, version: of.version })
      .then(onChanged)
      .catch((thrown: unknown) => setProblem(messageOf(thrown)));
  };
  return (
    <span className="row">
      <button type="button" onClick={release} aria-label={`Let ${of.name ?? of.id} work again`}>
        Release
      </button>
      <Problem text={problem} />
    </span>
  );
}

interface RevokeProps {
  readonly of: KeyView;
  readonly call: Call;
  readonly onChanged: () => void;
}

/** Asks once more, in place: it cannot be taken back. */
function Revoke({ of, call, onChanged }: RevokeProps) {
  const [isAsking, setIsAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const revoke = (): void => {
    call('DELETE /keys/{id}', { params: { id: of.id }, version: of.version })
      .then(onChanged)
      .catch((thrown: unknown) => setProblem(messageOf(thrown)));
  };
  const name = of.name ?? of.id;
  if (!isAsking) {
    return (
      <button type="button" onClick={() => setIsAsking(true)} aria-label={`Revoke ${name}`}>
        Revoke
      </button>
    );
  }
  return (
    <span className="row">
      <button type="button" className="danger" autoFocus onClick={revoke}>
        Revoke for good
      </button>
      <button type="button" onClick={() => setIsAsking(false)}>
        Keep
      </button>
      {problem !== null && <span role="alert">{problem}</span>}
    </span>
  );
}
