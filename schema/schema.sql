-- Generated from schema/migrations: what a database of the current version looks like.

CREATE TABLE actor_name (
    id   INTEGER NOT NULL PRIMARY KEY,         -- from 1
    name TEXT    NOT NULL UNIQUE               -- user name, `uid:…`, HTTP key name, or `valhallad`
) STRICT;

CREATE TRIGGER actor_name_no_delete BEFORE DELETE ON actor_name
BEGIN SELECT RAISE(ABORT, 'actor_name is append-only'); END;

CREATE TRIGGER actor_name_no_update BEFORE UPDATE ON actor_name
BEGIN SELECT RAISE(ABORT, 'actor_name is append-only'); END;

CREATE TABLE api_key (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 12), -- hex, part of the key's text
    name       TEXT    NOT NULL,                                     -- who acts with it
    role       INTEGER NOT NULL CHECK (role BETWEEN 1 AND 3),        -- 1 viewer, 2 operator, 3 owner
    sha256     TEXT    NOT NULL CHECK (length(sha256) = 64),         -- hex, of the key's text, which is stored nowhere
    created_us INTEGER NOT NULL,                                     -- µs, time of the record
    created_by TEXT    NOT NULL,                                     -- name of the actor
    expires_us INTEGER,                                              -- µs; NULL: never
    seq        INTEGER NOT NULL                                      -- audit.seq
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq     INTEGER NOT NULL PRIMARY KEY,      -- of the last record in the row; counts records from 1 without gaps
    ts_us   INTEGER NOT NULL,                  -- µs, ts_utc of that record
    leaves  BLOB    NOT NULL,                  -- 32 bytes for each record, SHA-256(0x00 || line), oldest first
    records BLOB    NOT NULL                   -- as many lines of JSON, each with its newline, at most 65,535 bytes without
) STRICT;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

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

CREATE TRIGGER audit_posting_no_delete BEFORE DELETE ON audit_posting
BEGIN SELECT RAISE(ABORT, 'audit_posting is append-only'); END;

CREATE TRIGGER audit_posting_no_update BEFORE UPDATE ON audit_posting
BEGIN SELECT RAISE(ABORT, 'audit_posting is append-only'); END;

CREATE TABLE cone_history (
    seq        INTEGER NOT NULL PRIMARY KEY,                 -- audit.seq
    band       INTEGER NOT NULL CHECK (band BETWEEN 0 AND 3),
    reason     TEXT    NOT NULL,
    updated_us INTEGER NOT NULL,                             -- µs; of the record, or as imported
    metrics    TEXT    NOT NULL,                             -- JSON object as its setter wrote it
    set_by     TEXT    NOT NULL                              -- name of the actor
) STRICT;

CREATE TRIGGER cone_history_no_delete BEFORE DELETE ON cone_history
BEGIN SELECT RAISE(ABORT, 'cone_history is append-only'); END;

CREATE TRIGGER cone_history_no_update BEFORE UPDATE ON cone_history
BEGIN SELECT RAISE(ABORT, 'cone_history is append-only'); END;

CREATE TABLE epoch (
    seq            INTEGER NOT NULL PRIMARY KEY,  -- audit.seq
    origin         TEXT    NOT NULL UNIQUE,       -- first line of the checkpoints, and the name of the key
    verifier_key   TEXT    NOT NULL,              -- <name>+<key ID>+<base64>, C2SP signed-note
    started_us     INTEGER NOT NULL,              -- µs, time of the record
    reason         TEXT    NOT NULL,              -- why it began
    refused_anchor TEXT                           -- the anchor that did not fit, verbatim; NULL when there was none
) STRICT;

CREATE TRIGGER epoch_no_delete BEFORE DELETE ON epoch
BEGIN SELECT RAISE(ABORT, 'epoch is append-only'); END;

CREATE TRIGGER epoch_no_update BEFORE UPDATE ON epoch
BEGIN SELECT RAISE(ABORT, 'epoch is append-only'); END;

CREATE TABLE event_kind (
    id   INTEGER NOT NULL PRIMARY KEY,         -- from 1
    name TEXT    NOT NULL UNIQUE               -- e.g. GO_SESSION_START
) STRICT;

CREATE TRIGGER event_kind_no_delete BEFORE DELETE ON event_kind
BEGIN SELECT RAISE(ABORT, 'event_kind is append-only'); END;

CREATE TRIGGER event_kind_no_update BEFORE UPDATE ON event_kind
BEGIN SELECT RAISE(ABORT, 'event_kind is append-only'); END;

CREATE TABLE health_signal (
    source      TEXT    NOT NULL PRIMARY KEY,
    level       INTEGER NOT NULL CHECK (level BETWEEN 0 AND 2),
    message     TEXT    NOT NULL,
    reported_us INTEGER NOT NULL,                            -- µs
    expires_us  INTEGER,                                     -- µs; stale from then on; NULL = never
    reporter    TEXT    NOT NULL                             -- name of the actor
) STRICT, WITHOUT ROWID;

CREATE TABLE health_status (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), -- there is at most one row
    status     INTEGER NOT NULL CHECK (status BETWEEN 0 AND 2),
    reasons    TEXT    NOT NULL,                             -- JSON array of sentences
    seq        INTEGER NOT NULL,                             -- audit.seq
    changed_us INTEGER NOT NULL                              -- µs, time of the record
) STRICT;

CREATE TABLE instance (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),  -- there is one row
    id         TEXT    NOT NULL CHECK (length(id) > 0),       -- 32 hex digits, drawn when the database was created
    created_us INTEGER NOT NULL                               -- µs, time of the first record
) STRICT;

CREATE TRIGGER instance_no_delete BEFORE DELETE ON instance
BEGIN SELECT RAISE(ABORT, 'instance never changes'); END;

CREATE TRIGGER instance_no_update BEFORE UPDATE ON instance
BEGIN SELECT RAISE(ABORT, 'instance never changes'); END;

CREATE TABLE loaded (
    what   TEXT    NOT NULL PRIMARY KEY CHECK (what IN ('policy', 'playbook')),
    sha256 TEXT    NOT NULL,                                 -- hex, of the file's bytes
    source TEXT    NOT NULL,                                 -- path, or `built-in`
    seq    INTEGER NOT NULL                                  -- audit.seq
) STRICT, WITHOUT ROWID;

CREATE TABLE operator_lock (
    operator  TEXT    NOT NULL PRIMARY KEY, -- who is locked
    reason    TEXT    NOT NULL,             -- why
    since_us  INTEGER NOT NULL,             -- µs, time of the record
    until_us  INTEGER,                      -- µs, from then on it holds no more; NULL: until it is taken away
    locked_by TEXT    NOT NULL,             -- name of the actor
    seq       INTEGER NOT NULL              -- audit.seq
) STRICT, WITHOUT ROWID;

CREATE TABLE playbook_progress (
    step       TEXT    NOT NULL PRIMARY KEY,                 -- id of the step
    done       INTEGER NOT NULL CHECK (done IN (0, 1)),
    notes      TEXT,
    operator   TEXT    NOT NULL,                             -- who set it last
    session    INTEGER,                                      -- session.id in which it was set; NULL when none
    updated_us INTEGER                                       -- µs; NULL when imported from files that do not tell
) STRICT, WITHOUT ROWID;

CREATE TABLE request_key (
    actor   TEXT    NOT NULL,                             -- name of who asked; keys of others are other keys
    key     TEXT    NOT NULL,                             -- as the client chose it
    digest  BLOB    NOT NULL CHECK (length(digest) = 32), -- SHA-256 over the method and its parameters
    answer  TEXT    NOT NULL,                             -- JSON, the result as it was sent
    kept_us INTEGER NOT NULL,                             -- µs, when it was answered
    PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX request_key_kept ON request_key (kept_us);

CREATE TABLE session (
    id          INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),         -- in order of start
    operator    TEXT    NOT NULL,                                    -- whose it is
    active      INTEGER NOT NULL CHECK (active IN (0, 1)),           -- 1 while it runs
    started_us  INTEGER,                                             -- µs; NULL only in an imported session
    ended_us    INTEGER,                                             -- µs; NULL while it runs
    cone_band   INTEGER CHECK (cone_band BETWEEN 0 AND 3),           -- band at start; NULL only in an imported session
    status      INTEGER CHECK (status BETWEEN 0 AND 2),              -- health at start; likewise
    why_ended   INTEGER CHECK (why_ended BETWEEN 0 AND 3),           -- end_reason; NULL while it runs
    first_seq   INTEGER NOT NULL CHECK (first_seq > 0),              -- audit.seq of the record that brought it here
    start_notes TEXT,                                                -- as given at start
    end_notes   TEXT,                                                -- as given at end
    snapshot    TEXT                                                 -- JSON, cone and status frozen at start; likewise
) STRICT;

CREATE UNIQUE INDEX session_active ON session (operator) WHERE active = 1;

CREATE INDEX session_operator ON session (operator);

CREATE TRIGGER session_ended BEFORE UPDATE ON session WHEN OLD.active = 0
BEGIN SELECT RAISE(ABORT, 'a session that has ended never changes'); END;

CREATE TRIGGER session_frozen BEFORE UPDATE OF
    id, operator, started_us, cone_band, status, first_seq, start_notes, snapshot ON session
BEGIN SELECT RAISE(ABORT, 'what a session froze at its start never changes'); END;

CREATE TRIGGER session_no_delete BEFORE DELETE ON session
BEGIN SELECT RAISE(ABORT, 'sessions are never deleted'); END;

CREATE TABLE session_note (
    seq     INTEGER NOT NULL PRIMARY KEY,                    -- audit.seq
    session INTEGER NOT NULL REFERENCES session (id),
    ts_us   INTEGER NOT NULL,                                -- µs, time of the record
    author  TEXT    NOT NULL,                                -- name of the actor
    text    TEXT    NOT NULL
) STRICT;

CREATE INDEX session_note_session ON session_note (session);

CREATE TRIGGER session_note_no_delete BEFORE DELETE ON session_note
BEGIN SELECT RAISE(ABORT, 'session_note is append-only'); END;

CREATE TRIGGER session_note_no_update BEFORE UPDATE ON session_note
BEGIN SELECT RAISE(ABORT, 'session_note is append-only'); END;

CREATE TABLE span (
    kind  INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3), -- ends: 0 health signal, 1 lock, 2 key; begins: 3 session
    name  TEXT    NOT NULL,                              -- source, operator, id of the key, id of the session
    at_us INTEGER NOT NULL,                              -- µs of the clock of spans
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE span_clock (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), -- there is at most one row
    span_us    INTEGER NOT NULL,                             -- µs of the clock of spans
    wall_us    INTEGER NOT NULL,                             -- µs, what the wall clock showed then
    running_us INTEGER NOT NULL,                             -- µs since the system was started, sleep included
    boot       TEXT    NOT NULL                              -- id of that start of the system; empty: not known
) STRICT;

CREATE TABLE threshold (
    name  TEXT NOT NULL PRIMARY KEY,                         -- as in schema/model/thresholds.cpp
    value ANY  NOT NULL                                      -- integer, real, or the name of a health level
) STRICT, WITHOUT ROWID;

CREATE TABLE tree_tile (
    level INTEGER NOT NULL CHECK (level >= 0),        -- 0: of records
    tile  INTEGER NOT NULL CHECK (tile >= 0),         -- index in its level, from 0; complete tiles only
    root  BLOB    NOT NULL CHECK (length(root) = 32), -- Merkle hash of 256 leaves, or of 256 roots of the level below
    PRIMARY KEY (level, tile)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER tree_tile_no_delete BEFORE DELETE ON tree_tile
BEGIN SELECT RAISE(ABORT, 'tree_tile is append-only'); END;

CREATE TRIGGER tree_tile_no_update BEFORE UPDATE ON tree_tile
BEGIN SELECT RAISE(ABORT, 'tree_tile is append-only'); END;

CREATE TABLE witnessed (
    origin TEXT    NOT NULL PRIMARY KEY,                   -- of the other log
    size   INTEGER NOT NULL CHECK (size > 0),              -- records in its tree
    root   TEXT    NOT NULL CHECK (length(root) = 64),     -- hex, the Merkle hash over them
    seq    INTEGER NOT NULL                                -- audit.seq
) STRICT, WITHOUT ROWID;
