/** The configuration in force, as a tree. Each entry of a section says who manages it. */
import { useCallback } from 'react';

import { isRecord } from '../is-record.ts';
import { t } from '../messages/message.ts';
import { Skeleton } from '../parts/listing.tsx';
import { Panel, Pill, ProblemBar } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { SECTIONS } from './sections.ts';

interface Read {
  readonly config: unknown;
  /** `limits/slow`: what the store has added. */
  readonly ofStore: ReadonlySet<string>;
}

const LIMIT = '200';

export function ConfigTree() {
  const { call } = useSession();
  const read = useCallback(
    async (signal: AbortSignal): Promise<Read> => {
      const [{ config }, ...sections] = await Promise.all([
        call('GET /config', { signal }),
        ...SECTIONS.map((section) =>
          call('GET /config/{section}', { params: { section }, query: { limit: LIMIT }, signal }),
        ),
      ]);
      const stored = sections
        .flatMap(({ items }) => items)
        .filter(({ managedBy }) => managedBy === 'store');
      return { config, ofStore: new Set(stored.map(({ section, name }) => `${section}/${name}`)) };
    },
    [call],
  );
  const { value, problem, reload } = useLoaded(read);
  return (
    <Panel title={t('In force')}>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && (
        <>
          <p className="quiet">
            {t(
              'With defaults filled in and secrets left out. What is not marked as of the store is the file’s, and edited there.',
            )}
          </p>
          <div className="tree">
            {entriesOf(value.config).map(([name, child]) => (
              <Node key={name} name={name} value={child} path={name} ofStore={value.ofStore} />
            ))}
          </div>
        </>
      )}
    </Panel>
  );
}

interface NodeProps {
  readonly name: string;
  readonly value: unknown;
  readonly path: string;
  readonly ofStore: ReadonlySet<string>;
}

function Node({ name, value, path, ofStore }: NodeProps) {
  const owner = ownerOf(path, ofStore);
  const children = entriesOf(value);
  if (children.length === 0) {
    return (
      <div className="leaf">
        <span>{name}</span> <code>{JSON.stringify(value)}</code>
      </div>
    );
  }
  return (
    <details>
      <summary>
        {name} <span className="quiet">{children.length}</span>{' '}
        {owner !== null && <Pill tone={owner === 'store' ? 'good' : 'plain'}>{owner}</Pill>}
      </summary>
      {children.map(([key, child]) => (
        <Node key={key} name={key} value={child} path={`${path}/${key}`} ofStore={ofStore} />
      ))}
    </details>
  );
}

/** Entries of lists go by their name, where they have one. */
function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => [nameOf(item) ?? String(index), item] as const);
  }
  return isRecord(value) ? Object.entries(value) : [];
}

function nameOf(item: unknown): string | null {
  if (!isRecord(item)) return null;
  const name = item['name'] ?? item['id'];
  return typeof name === 'string' ? name : null;
}

/** Who manages an entry of a section; of what is above and below it, nothing is said. */
function ownerOf(path: string, ofStore: ReadonlySet<string>): 'file' | 'store' | null {
  const [section = '', name, ...rest] = path.split('/');
  const isSection = SECTIONS.some((one) => one === section);
  if (!isSection || name === undefined || rest.length > 0) return null;
  return ofStore.has(path) ? 'store' : 'file';
}
