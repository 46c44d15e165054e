/** Something wrong with the log. */
export interface AuditFault {
  /** The id of the audit row; undefined where the chain itself is wrong. */
  readonly row: number | undefined;
  readonly what: string;
}
