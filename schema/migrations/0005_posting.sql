-- Bitmaps in place of an index entry for each record: three index trees cost an append more than its record.
CREATE TABLE audit_posting (
    kind  INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2), -- 0 event, 1 actor, 2 session
    id    INTEGER NOT NULL,                              -- event_kind.id, actor_name.id or session.id
    tile  INTEGER NOT NULL CHECK (tile >= 0),            -- of 256 records, counted from 0; complete tiles only
    bits0 INTEGER NOT NULL,                              -- records 1 to 64 of the tile, the oldest in the lowest bit
    bits1 INTEGER NOT NULL,                              -- 65 to 128
    bits2 INTEGER NOT NULL,                              -- 129 to 192
    bits3 INTEGER NOT NULL,                              -- 193 to 256
    PRIMARY KEY (kind, id, tile)
) STRICT, WITHOUT ROWID;

-- Each bit is there once, so a sum is their union; 1 << 63 is the lowest number, and no sum leaves the range.
INSERT INTO audit_posting
SELECT kind, id, place / 256,
       SUM(CASE place / 64 % 4 WHEN 0 THEN 1 << place % 64 ELSE 0 END),
       SUM(CASE place / 64 % 4 WHEN 1 THEN 1 << place % 64 ELSE 0 END),
       SUM(CASE place / 64 % 4 WHEN 2 THEN 1 << place % 64 ELSE 0 END),
       SUM(CASE place / 64 % 4 WHEN 3 THEN 1 << place % 64 ELSE 0 END)
FROM (
    SELECT 0 AS kind, event_id AS id, seq - 1 AS place FROM audit
    UNION ALL SELECT 1, actor_id, seq - 1 FROM audit
    UNION ALL SELECT 2, session, seq - 1 FROM audit WHERE session IS NOT NULL
)
WHERE place / 256 < (SELECT COALESCE(MAX(seq), 0) / 256 FROM audit)
GROUP BY kind, id, place / 256;

CREATE TRIGGER audit_posting_no_update BEFORE UPDATE ON audit_posting
BEGIN SELECT RAISE(ABORT, 'audit_posting is append-only'); END;
CREATE TRIGGER audit_posting_no_delete BEFORE DELETE ON audit_posting
BEGIN SELECT RAISE(ABORT, 'audit_posting is append-only'); END;

DROP INDEX audit_event;
DROP INDEX audit_actor;
DROP INDEX audit_session;
