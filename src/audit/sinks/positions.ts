/** How far a sink is: by writer, the last record that it has. */
export type Positions = ReadonlyMap<string, number>;

/** For each writer the lower of the two; one that only one side knows is not reached by the other. */
export function lowest(positions: readonly Positions[]): Positions {
  const writers = new Set(positions.flatMap((one) => [...one.keys()]));
  return new Map(
    [...writers].map((writer) => [
      writer,
      Math.min(...positions.map((one) => one.get(writer) ?? 0)),
    ]),
  );
}
