-- Records that are committed together lie together: a row for each of them cost more than the record. What event, whose
-- and of which session it is, stands in the record; searches find it by the bitmaps. Rows from before hold one record.
ALTER TABLE audit RENAME TO audit_of_single_records;

CREATE TABLE audit (
    seq     INTEGER NOT NULL PRIMARY KEY,      -- of the last record in the row; counts records from 1 without gaps
    ts_us   INTEGER NOT NULL,                  -- µs, ts_utc of that record
    leaves  BLOB    NOT NULL,                  -- 32 bytes for each record, SHA-256(0x00 || line), oldest first
    records BLOB    NOT NULL                   -- as many lines of JSON, each with its newline, at most 65,535 bytes without
) STRICT;

INSERT INTO audit SELECT seq, ts_us, leaf, CAST(record || x'0a' AS BLOB) FROM audit_of_single_records ORDER BY seq;
DROP TABLE audit_of_single_records;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
