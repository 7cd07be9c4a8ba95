/** What the data plane asks of runs. Whose a run is, is decided behind it, by the chain of its keys. */
import type { Denial } from '#domain/denial.ts';
import type { Principal } from '#domain/principal.ts';
import type { JsonObject } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';

export interface RunPort {
  /** In the store, with its record, when it resolves. The one time that its token is told. */
  mint(sent: JsonObject, by: Principal): Promise<Result<JsonObject, Denial>>;
  /** What it has spent and has left. Null: there is none of this id that the caller owns. */
  find(id: string, by: Principal): Promise<JsonObject | null>;
  /** Ends it and every run under it. Null: as above. */
  end(id: string, by: Principal): Promise<JsonObject | null>;
}
