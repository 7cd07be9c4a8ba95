/** Tables of the ledger in PostgreSQL. A step of the migrations: it never changes. */
import type { SchemaStep } from '../schema-steps.ts';

/** Names are `''` where nobody is named; sorted by bytes, so that pages are the same everywhere. */
const name = (column: string): string => `${column} text COLLATE "C" NOT NULL`;
const count = (column: string): string => `${column} bigint NOT NULL`;

const OWNERS = ['tenant', 'team', 'user_name', 'key', 'root_key'].map(name).join(', ');
const NUMBERS = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'cost_nano_usd',
]
  .map(count)
  .join(', ');

export const ledgerSteps: readonly SchemaStep[] = [
  {
    number: 1,
    sql: `
  CREATE TABLE llmproxy.ledger (
    ${name('id')}, is_correction integer NOT NULL, ${name('ended')}, ${count('at_ms')}, ${OWNERS},
    ${name('run')}, ${name('model')}, ${name('provider')}, ${NUMBERS}, ${name('price_version')},
    ${name('source')}, PRIMARY KEY (id, is_correction));
  CREATE INDEX ledger_by_run ON llmproxy.ledger (run, at_ms) WHERE run <> '';
  CREATE INDEX ledger_by_tenant ON llmproxy.ledger (tenant, at_ms);
  CREATE TABLE llmproxy.ledger_usage (
    ${count('quarter')}, ${OWNERS}, ${name('model')}, ${name('provider')}, ${name('price_version')},
    ${count('requests')}, ${NUMBERS},
    PRIMARY KEY (tenant, quarter, team, user_name, key, root_key, model, provider, price_version));
  CREATE INDEX ledger_usage_by_time ON llmproxy.ledger_usage (quarter);
  CREATE TABLE llmproxy.ledger_positions (${name('writer')} PRIMARY KEY, ${count('seq')});`,
  },
  {
    // What receivers of usage were told, where the store is elsewhere: in one transaction with the ledger.
    number: 2,
    compatibleFrom: 1,
    sql: `
  CREATE TABLE llmproxy.ledger_meter_receivers (
    ${name('receiver')} PRIMARY KEY, ${count('since_quarter')}, ${count('collected_quarter')});
  CREATE TABLE llmproxy.ledger_meter_told (
    ${name('receiver')}, ${count('quarter')}, ${name('tenant')}, ${name('model')},
    ${name('provider')}, ${name('price_version')}, ${count('times')}, sums text NOT NULL,
    PRIMARY KEY (receiver, quarter, tenant, model, provider, price_version));
  CREATE TABLE llmproxy.ledger_meter_outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ${name('receiver')},
    ${name('id')} UNIQUE, event text NOT NULL);
  CREATE INDEX ledger_meter_outbox_by_receiver
    ON llmproxy.ledger_meter_outbox (receiver, position);`,
  },
];
