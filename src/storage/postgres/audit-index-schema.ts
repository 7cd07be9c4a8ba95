/** Tables of the audit index in PostgreSQL. A step of the migrations: it never changes. */
import type { SchemaStep } from '../schema-steps.ts';

/** Sorted by bytes, so that pages are the same everywhere. */
const name = (column: string): string => `${column} text COLLATE "C"`;

const partial = (index: string, column: string): string =>
  `CREATE INDEX audit_by_${index} ON llmproxy.audit_records (${column}, at_ms, writer, seq)
    WHERE ${column} IS NOT NULL;`;

export const auditIndexSteps: readonly SchemaStep[] = [
  {
    number: 1,
    sql: `
  CREATE TABLE llmproxy.audit_shapes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, digest text NOT NULL UNIQUE,
    body text NOT NULL, ${name('tenant')}, ${name('kind')} NOT NULL, ${name('route')},
    ${name('model')}, ${name('provider')}, ${name('decision')}, status integer, ${name('action')},
    folded text NOT NULL, findings jsonb NOT NULL);
  CREATE INDEX audit_shapes_by_tenant ON llmproxy.audit_shapes (tenant);
  CREATE TABLE llmproxy.audit_records (
    at_ms bigint NOT NULL, ${name('writer')} NOT NULL, seq bigint NOT NULL, shape bigint NOT NULL,
    ${name('request_id')}, ${name('user_name')}, ${name('end_user')}, ip text, ${name('key')},
    resource text, cost bigint, count bigint NOT NULL, bucket integer, epoch integer NOT NULL, n integer NOT NULL,
    place bigint NOT NULL, PRIMARY KEY (at_ms, writer, seq)) PARTITION BY RANGE (at_ms);
  CREATE INDEX audit_by_seq ON llmproxy.audit_records (writer, seq);
  CREATE INDEX audit_by_shape ON llmproxy.audit_records (shape, at_ms, writer, seq);
  ${partial('request', 'request_id')} ${partial('user', 'user_name')}
  ${partial('end_user', 'end_user')} ${partial('key', 'key')} ${partial('bucket', 'bucket')}
  CREATE TABLE llmproxy.audit_positions (${name('writer')} PRIMARY KEY, seq bigint NOT NULL);`,
  },
  {
    number: 2,
    sql: `
  CREATE TABLE llmproxy.rollup_series (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ${name('body')} NOT NULL UNIQUE,
    ${name('kind')} NOT NULL, ${name('tenant')});
  CREATE INDEX rollup_series_by_tenant ON llmproxy.rollup_series (kind, tenant);
  CREATE TABLE llmproxy.rollups (
    step bigint NOT NULL, series bigint NOT NULL REFERENCES llmproxy.rollup_series,
    at_ms bigint NOT NULL, ${name('writer')} NOT NULL,
    body text NOT NULL, PRIMARY KEY (step, series, at_ms, writer));
  CREATE INDEX rollups_by_time ON llmproxy.rollups (step, at_ms);`,
  },
  {
    // Cells of one moment were looked for by their time, one after the other, where the key has each: 16,000
    // of them were 8 s for 2,000 more (measured). What is too old is found by ranges of pages.
    number: 3,
    compatibleFrom: 2,
    sql: `
  DROP INDEX llmproxy.rollups_by_time;
  CREATE INDEX rollups_by_age ON llmproxy.rollups USING brin (at_ms);`,
  },
];
