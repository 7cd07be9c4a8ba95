/** Indexes of runs among the keys. A step of the migrations: it never changes. */

const PATH = "json_extract(document, '$.run.path')";
const HOLDER = "json_extract(document, '$.run.holder')";
const ENDS = "json_extract(document, '$.expiresMs')";

export const RUNS_SQL = `
  CREATE INDEX keys_that_are_no_runs ON keys (tenant, id) WHERE ${PATH} IS NULL;
  CREATE INDEX runs_by_tenant ON keys (tenant, id) WHERE ${PATH} IS NOT NULL;
  CREATE INDEX runs_by_holder ON keys (${HOLDER}, ${ENDS}) WHERE ${PATH} IS NOT NULL;
  CREATE INDEX runs_by_path ON keys (${PATH}) WHERE ${PATH} IS NOT NULL;
  CREATE INDEX runs_by_end ON keys (${ENDS}) WHERE ${PATH} IS NOT NULL;`;
