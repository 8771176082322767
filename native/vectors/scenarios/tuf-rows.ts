/** One test of TUF's client suite: the scenarios that are it, or why this format has no such part. */
export type TufRow = { test: string; scenarios: readonly string[]; because?: string };

const row = (test: string, ...scenarios: string[]): TufRow => ({ test, scenarios });

export const TUF_ROWS: readonly TufRow[] = [
  row("test_basic_refresh_requests", "sync-001", "sync-003"),
  row("test_basic_refresh_trusted_data", "sync-002", "sync-003"),
  row("test_unsigned_initial_root", "refusal-001", "refusal-004"),
  row("test_invalid_initial_root", "refusal-002", "refusal-003"),
  row("test_unsigned_metadata", "refusal-010", "refusal-064"),
  row("test_invalid_sig_in_valid_metadata", "refusal-008", "refusal-046"),
  row("test_duplicate_sig_keyids", "refusal-006"),
  row("test_duplicate_keys", "refusal-007"),
  row("test_snapshot_does_not_meet_threshold", "refusal-005"),
  row("test_url_and_metadata_version_mismatch", "refusal-025", "refusal-048"),
  row("test_timestamp_content_changes", "refusal-013", "refusal-031"),
  row("test_new_timestamp_version_rollback", "refusal-012"),
  row("test_snapshot_rollback", "refusal-037"),
  row("test_targets_rollback", "refusal-030", "refusal-037"),
  row("test_targets_role_removal", "refusal-038"),
  {
    ...row("test_snapshot_hash_mismatch", "refusal-037"),
    because: "the platform document names revisions and no digests: a program document is signed by itself",
  },
  {
    ...row("test_targets_hash_mismatch", "refusal-037"),
    because: "as above; a bundle's digest is judged by the op bundle, bundle vectors",
  },
  row("test_timestamp_expired", "refusal-020", "refusal-021"),
  row("test_snapshot_expired", "refusal-020"),
  row("test_targets_expired", "refusal-035", "refusal-036"),
  row("test_expired_local_timestamp", "clock-013"),
  row("test_root_expired", "refusal-051", "refusal-052"),
  row("test_expired_local_root", "refusal-051"),
  row("test_targets_fast_forward_recovery", "refusal-060"),
  row("test_new_snapshot_fast_forward_recovery", "refusal-060", "refusal-062"),
  row("test_new_timestamp_fast_forward_recovery", "refusal-060"),
  row("test_root_rotation", ...Array.from({ length: 11 }, (_, index) => `refusal-0${40 + index}`), "refusal-053"),
  {
    ...row("test_multiple_changes_to_target"),
    because: "a device step opens no bundle; the bundle vectors have a digest behind which the bytes change",
  },
  {
    ...row("test_repository_substitutes_target_file"),
    because: "as above",
  },
  row("test_unusual_role_name", "sync-014"),
];
