-- Operators who are locked, and keys of programs that come over HTTP. Both are folds over the trail.
CREATE TABLE operator_lock (
    operator  TEXT    NOT NULL PRIMARY KEY, -- who is locked
    reason    TEXT    NOT NULL,             -- why
    since_us  INTEGER NOT NULL,             -- µs, time of the record
    until_us  INTEGER,                      -- µs, from then on it holds no more; NULL: until it is taken away
    locked_by TEXT    NOT NULL,             -- name of the actor
    seq       INTEGER NOT NULL              -- audit.seq
) STRICT, WITHOUT ROWID;

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
