-- Changes that came with a request key, and what was answered: a retry gets the first answer again. Not part of the trail;
-- rows are forgotten after a while.
CREATE TABLE request_key (
    actor   TEXT    NOT NULL,                             -- name of who asked; keys of others are other keys
    key     TEXT    NOT NULL,                             -- as the client chose it
    digest  BLOB    NOT NULL CHECK (length(digest) = 32), -- SHA-256 over the method and its parameters
    answer  TEXT    NOT NULL,                             -- JSON, the result as it was sent
    kept_us INTEGER NOT NULL,                             -- µs, when it was answered
    PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX request_key_kept ON request_key (kept_us);
