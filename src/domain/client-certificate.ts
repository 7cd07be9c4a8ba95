/** The certificate of a peer, checked by the listener against the operator's authorities. */
export interface ClientCertificate {
  /** SHA-256 of its DER form, base64url: `x5t#S256` of RFC 8705. */
  readonly thumbprint: string;
  /** Null where the subject has none, or more than one. */
  readonly commonName: string | null;
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly notAfterMs: number;
}
