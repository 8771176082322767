/** Why an archive was refused: for its author, no part of the contract. */
export type ArchiveFault =
  | "too_large"
  | "not_one_archive"
  | "too_many_entries"
  | "bad_record"
  | "bad_name"
  | "duplicate_name"
  | "unsupported"
  | "records_disagree"
  | "bad_layout"
  | "bad_data"
  | "too_many_blocks";
