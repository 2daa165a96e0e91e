-- The name and key of the trail's checkpoints, from some record on. The newest row is in force.
CREATE TABLE epoch (
    seq            INTEGER NOT NULL PRIMARY KEY,  -- audit.seq
    origin         TEXT    NOT NULL UNIQUE,       -- first line of the checkpoints, and the name of the key
    verifier_key   TEXT    NOT NULL,              -- <name>+<key ID>+<base64>, C2SP signed-note
    started_us     INTEGER NOT NULL,              -- µs, time of the record
    reason         TEXT    NOT NULL,              -- why it began
    refused_anchor TEXT                           -- the anchor that did not fit, verbatim; NULL when there was none
) STRICT;

CREATE TRIGGER epoch_no_update BEFORE UPDATE ON epoch
BEGIN SELECT RAISE(ABORT, 'epoch is append-only'); END;
CREATE TRIGGER epoch_no_delete BEFORE DELETE ON epoch
BEGIN SELECT RAISE(ABORT, 'epoch is append-only'); END;

-- As a witness of other logs: the newest tree of each that was cosigned.
CREATE TABLE witnessed (
    origin TEXT    NOT NULL PRIMARY KEY,                   -- of the other log
    size   INTEGER NOT NULL CHECK (size > 0),              -- records in its tree
    root   TEXT    NOT NULL CHECK (length(root) = 64),     -- hex, the Merkle hash over them
    seq    INTEGER NOT NULL                                -- audit.seq
) STRICT, WITHOUT ROWID;
