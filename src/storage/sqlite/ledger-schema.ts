/** Tables of the ledger. A step of the migrations: it never changes. */

/** Names are `''` where nobody is named: SQLite takes nulls of a key for different. */
export const LEDGER_SQL = `
  CREATE TABLE ledger (
    id TEXT NOT NULL,
    is_correction INTEGER NOT NULL,
    ended TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    team TEXT NOT NULL,
    user TEXT NOT NULL,
    key TEXT NOT NULL,
    root_key TEXT NOT NULL,
    run TEXT NOT NULL,
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost_nano_usd INTEGER NOT NULL,
    price_version TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (id, is_correction)
  ) STRICT;
  CREATE INDEX ledger_by_run ON ledger (run, at_ms) WHERE run <> '';
  CREATE TABLE ledger_usage (
    quarter INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    team TEXT NOT NULL,
    user TEXT NOT NULL,
    key TEXT NOT NULL,
    root_key TEXT NOT NULL,
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    price_version TEXT NOT NULL,
    requests INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost_nano_usd INTEGER NOT NULL,
    PRIMARY KEY (tenant, quarter, team, user, key, root_key, model, provider, price_version)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_usage_by_time ON ledger_usage (quarter);
  CREATE TABLE ledger_positions (
    writer TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`;
