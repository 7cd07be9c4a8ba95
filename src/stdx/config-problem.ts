/** The operator's configuration is wrong, and this says where and what to write instead. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem';
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], message: string) {
    super(message);
    this.path = path;
  }
}
