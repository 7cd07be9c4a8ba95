/** A file or a package of the operator that cannot be used, in a sentence of ours that says why. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
}
