-- Spans are measured by a clock of their own, which goes on whatever the wall clock is set to. What a restart needs of
-- it, and the spans that records do not tell because their times were those of a clock that was wrong.
CREATE TABLE span_clock (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), -- there is at most one row
    span_us    INTEGER NOT NULL,                             -- µs of the clock of spans
    wall_us    INTEGER NOT NULL,                             -- µs, what the wall clock showed then
    running_us INTEGER NOT NULL,                             -- µs since the system was started, sleep included
    boot       TEXT    NOT NULL                              -- id of that start of the system; empty: not known
) STRICT;

CREATE TABLE span (
    kind  INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3), -- ends: 0 health signal, 1 lock, 2 key; begins: 3 session
    name  TEXT    NOT NULL,                              -- source, operator, id of the key, id of the session
    at_us INTEGER NOT NULL,                              -- µs of the clock of spans
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
