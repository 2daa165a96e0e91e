-- A database of version 7, the last one without a clock of spans: an active session, signals, locks and a key, as
-- `sqlite3 valhalla.db .dump` shows it.
PRAGMA application_id = 1447119944;
PRAGMA user_version = 7;
BEGIN TRANSACTION;
CREATE TABLE instance (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),  -- there is one row
    id         TEXT    NOT NULL CHECK (length(id) > 0),       -- 32 hex digits, drawn when the database was created
    created_us INTEGER NOT NULL                               -- µs, time of the first record
) STRICT;
INSERT INTO instance VALUES(1,'bdc34f48450ad89bb66c98fbbcf89bbe',1796080719771972);
CREATE TABLE event_kind (
    id   INTEGER NOT NULL PRIMARY KEY,         -- from 1
    name TEXT    NOT NULL UNIQUE               -- e.g. GO_SESSION_START
) STRICT;
INSERT INTO event_kind VALUES(1,'DATABASE_CREATE');
INSERT INTO event_kind VALUES(2,'EPOCH_START');
INSERT INTO event_kind VALUES(3,'POLICY_LOADED');
INSERT INTO event_kind VALUES(4,'PLAYBOOK_LOADED');
INSERT INTO event_kind VALUES(5,'GO_SESSION_START');
INSERT INTO event_kind VALUES(6,'HEALTH_REPORT');
INSERT INTO event_kind VALUES(7,'HEALTH_STATUS');
INSERT INTO event_kind VALUES(8,'OPERATOR_LOCK');
INSERT INTO event_kind VALUES(9,'KEY_CREATE');
INSERT INTO event_kind VALUES(10,'GO_SESSION_NOTE');
CREATE TABLE actor_name (
    id   INTEGER NOT NULL PRIMARY KEY,         -- from 1
    name TEXT    NOT NULL UNIQUE               -- user name, `uid:…`, HTTP key name, or `valhallad`
) STRICT;
INSERT INTO actor_name VALUES(1,'valhallad');
INSERT INTO actor_name VALUES(2,'root');
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
INSERT INTO session VALUES(1,'root',1,1796080724018300,NULL,1,0,NULL,5,'canned',NULL,'{"cone":{"band":"B","reason":"default of a new database","updated_at_utc":"2026-11-30T23:18:39.771972Z","metrics":{}},"status":{"status":"green","reasons":[]}}');
CREATE TABLE session_note (
    seq     INTEGER NOT NULL PRIMARY KEY,                    -- audit.seq
    session INTEGER NOT NULL REFERENCES session (id),
    ts_us   INTEGER NOT NULL,                                -- µs, time of the record
    author  TEXT    NOT NULL,                                -- name of the actor
    text    TEXT    NOT NULL
) STRICT;
INSERT INTO session_note VALUES(12,1,1796080724087730,'root','once');
CREATE TABLE cone_history (
    seq        INTEGER NOT NULL PRIMARY KEY,                 -- audit.seq
    band       INTEGER NOT NULL CHECK (band BETWEEN 0 AND 3),
    reason     TEXT    NOT NULL,
    updated_us INTEGER NOT NULL,                             -- µs; of the record, or as imported
    metrics    TEXT    NOT NULL,                             -- JSON object as its setter wrote it
    set_by     TEXT    NOT NULL                              -- name of the actor
) STRICT;
INSERT INTO cone_history VALUES(1,1,'default of a new database',1796080719771972,'{}','valhallad');
CREATE TABLE health_signal (
    source      TEXT    NOT NULL PRIMARY KEY,
    level       INTEGER NOT NULL CHECK (level BETWEEN 0 AND 2),
    message     TEXT    NOT NULL,
    reported_us INTEGER NOT NULL,                            -- µs
    expires_us  INTEGER,                                     -- µs; stale from then on; NULL = never
    reporter    TEXT    NOT NULL                             -- name of the actor
) STRICT, WITHOUT ROWID;
INSERT INTO health_signal VALUES('backup',0,'fine',1796080724028415,1796084324028415,'root');
INSERT INTO health_signal VALUES('disk',1,'slow',1796080724039597,NULL,'root');
CREATE TABLE health_status (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), -- there is at most one row
    status     INTEGER NOT NULL CHECK (status BETWEEN 0 AND 2),
    reasons    TEXT    NOT NULL,                             -- JSON array of sentences
    seq        INTEGER NOT NULL,                             -- audit.seq
    changed_us INTEGER NOT NULL                              -- µs, time of the record
) STRICT;
INSERT INTO health_status VALUES(1,1,'["Signal disk is yellow: slow."]',8,1796080724039597);
CREATE TABLE threshold (
    name  TEXT NOT NULL PRIMARY KEY,                         -- as in schema/model/thresholds.cpp
    value ANY  NOT NULL                                      -- integer, real, or the name of a health level
) STRICT, WITHOUT ROWID;
CREATE TABLE playbook_progress (
    step       TEXT    NOT NULL PRIMARY KEY,                 -- id of the step
    done       INTEGER NOT NULL CHECK (done IN (0, 1)),
    notes      TEXT,
    operator   TEXT    NOT NULL,                             -- who set it last
    session    INTEGER,                                      -- session.id in which it was set; NULL when none
    updated_us INTEGER                                       -- µs; NULL when imported from files that do not tell
) STRICT, WITHOUT ROWID;
CREATE TABLE loaded (
    what   TEXT    NOT NULL PRIMARY KEY CHECK (what IN ('policy', 'playbook')),
    sha256 TEXT    NOT NULL,                                 -- hex, of the file's bytes
    source TEXT    NOT NULL,                                 -- path, or `built-in`
    seq    INTEGER NOT NULL                                  -- audit.seq
) STRICT, WITHOUT ROWID;
INSERT INTO loaded VALUES('playbook','90e11641357ddef6e17310ad5cf1c33dd44635528f0a4cb64b5d4686ddc9f9a0','built-in',4);
INSERT INTO loaded VALUES('policy','957ccf3fa157f7ec5c82195b3641a39c959baef804bd2299b7a418e948aa9e38','built-in',3);
CREATE TABLE epoch (
    seq            INTEGER NOT NULL PRIMARY KEY,  -- audit.seq
    origin         TEXT    NOT NULL UNIQUE,       -- first line of the checkpoints, and the name of the key
    verifier_key   TEXT    NOT NULL,              -- <name>+<key ID>+<base64>, C2SP signed-note
    started_us     INTEGER NOT NULL,              -- µs, time of the record
    reason         TEXT    NOT NULL,              -- why it began
    refused_anchor TEXT                           -- the anchor that did not fit, verbatim; NULL when there was none
) STRICT;
INSERT INTO epoch VALUES(2,'valhalla.local/bdc34f48450ad89bb66c98fbbcf89bbe','valhalla.local/bdc34f48450ad89bb66c98fbbcf89bbe+48616301+AbfX/ewc9RkB5/lYdjNPqlFUt1OgHMX09INweFpvw4ot',1796080719783438,'first start',NULL);
CREATE TABLE witnessed (
    origin TEXT    NOT NULL PRIMARY KEY,                   -- of the other log
    size   INTEGER NOT NULL CHECK (size > 0),              -- records in its tree
    root   TEXT    NOT NULL CHECK (length(root) = 64),     -- hex, the Merkle hash over them
    seq    INTEGER NOT NULL                                -- audit.seq
) STRICT, WITHOUT ROWID;
CREATE TABLE request_key (
    actor   TEXT    NOT NULL,                             -- name of who asked; keys of others are other keys
    key     TEXT    NOT NULL,                             -- as the client chose it
    digest  BLOB    NOT NULL CHECK (length(digest) = 32), -- SHA-256 over the method and its parameters
    answer  TEXT    NOT NULL,                             -- JSON, the result as it was sent
    kept_us INTEGER NOT NULL,                             -- µs, when it was answered
    PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;
INSERT INTO request_key VALUES('root','k1',X'e4785b17271b8822903447accbba47cb69b9c4794cda2233e1a995db7c162c0d','{"active":true,"started_at_utc":"2026-11-30T23:18:44.018300Z","ended_at_utc":null,"cone_band":"B","status":"green","notes":"canned","snapshot":{"cone":{"band":"B","reason":"default of a new database","updated_at_utc":"2026-11-30T23:18:39.771972Z","metrics":{}},"status":{"status":"green","reasons":[]}},"id":1,"operator":"root","start_notes":"canned","end_notes":null,"end_reason":null,"first_seq":5}',1796080724018245);
INSERT INTO request_key VALUES('root','k2',X'5f7c391fad4f47b48f3a7791e91f069756574ec278f94de045c743ea50d3a612','{"active":true,"started_at_utc":"2026-11-30T23:18:44.018300Z","ended_at_utc":null,"cone_band":"B","status":"green","notes":"canned","snapshot":{"cone":{"band":"B","reason":"default of a new database","updated_at_utc":"2026-11-30T23:18:39.771972Z","metrics":{}},"status":{"status":"green","reasons":[]}},"id":1,"operator":"root","start_notes":"canned","end_notes":null,"end_reason":null,"first_seq":5}',1796080724087631);
CREATE TABLE operator_lock (
    operator  TEXT    NOT NULL PRIMARY KEY, -- who is locked
    reason    TEXT    NOT NULL,             -- why
    since_us  INTEGER NOT NULL,             -- µs, time of the record
    until_us  INTEGER,                      -- µs, from then on it holds no more; NULL: until it is taken away
    locked_by TEXT    NOT NULL,             -- name of the actor
    seq       INTEGER NOT NULL              -- audit.seq
) STRICT, WITHOUT ROWID;
INSERT INTO operator_lock VALUES('bert','left',1796080724048127,1796087924048127,'root',9);
INSERT INTO operator_lock VALUES('cora','gone',1796080724063595,NULL,'root',10);
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
INSERT INTO api_key VALUES('2c2b36f9488f','ci',2,'8e2a0d52b2d5c394248cdfc2eca257540b69ee2ad1b555b9df4e57f79dc8aac4',1796080724072300,'root',1796167124072300,11);
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
CREATE TABLE tree_tile (
    level INTEGER NOT NULL CHECK (level >= 0),        -- 0: of records
    tile  INTEGER NOT NULL CHECK (tile >= 0),         -- index in its level, from 0; complete tiles only
    root  BLOB    NOT NULL CHECK (length(root) = 32), -- Merkle hash of 256 leaves, or of 256 roots of the level below
    PRIMARY KEY (level, tile)
) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
    seq     INTEGER NOT NULL PRIMARY KEY,      -- of the last record in the row; counts records from 1 without gaps
    ts_us   INTEGER NOT NULL,                  -- µs, ts_utc of that record
    leaves  BLOB    NOT NULL,                  -- 32 bytes for each record, SHA-256(0x00 || line), oldest first
    records BLOB    NOT NULL                   -- as many lines of JSON, each with its newline, at most 65,535 bytes without
) STRICT;
INSERT INTO audit VALUES(1,1796080719771972,X'6232d55f63d10c5ced4eaf1e31fe8a25e8af48410fcdb896ae110cfd102fcccc',X'7b2276223a312c22736571223a312c2274735f757463223a22323032362d31312d33305432333a31383a33392e3737313937325a222c226576656e74223a2244415441424153455f435245415445222c226163746f72223a7b226e616d65223a2276616c68616c6c6164222c22766961223a226461656d6f6e227d2c2273657373696f6e223a6e756c6c2c227061796c6f6164223a7b22696e7374616e6365223a226264633334663438343530616438396262363663393866626263663839626265222c22636f6e65223a7b2262616e64223a2242222c22726561736f6e223a2264656661756c74206f662061206e6577206461746162617365222c22757064617465645f61745f757463223a22323032362d31312d33305432333a31383a33392e3737313937325a222c226d657472696373223a7b7d7d7d7d0a');
INSERT INTO audit VALUES(2,1796080719783438,X'5a820ccee886fa8c14a0a83cd6d84e10f517eed0cb992adfa69282166ec405dc',X'7b2276223a312c22736571223a322c2274735f757463223a22323032362d31312d33305432333a31383a33392e3738333433385a222c226576656e74223a2245504f43485f5354415254222c226163746f72223a7b226e616d65223a2276616c68616c6c6164222c22766961223a226461656d6f6e227d2c2273657373696f6e223a6e756c6c2c227061796c6f6164223a7b226f726967696e223a2276616c68616c6c612e6c6f63616c2f6264633334663438343530616438396262363663393866626263663839626265222c226b6579223a2276616c68616c6c612e6c6f63616c2f62646333346634383435306164383962623636633938666262636638396262652b34383631363330312b416266582f65776339526b42352f6c59646a4e50716c465574314f67484d583039494e776546707677346f74222c22726561736f6e223a226669727374207374617274222c22726566757365645f616e63686f72223a6e756c6c7d7d0a');
INSERT INTO audit VALUES(3,1796080719787487,X'087b82a979eff25b4355c47583c55e707127b543390435f97c6ac40d729179b0',X'7b2276223a312c22736571223a332c2274735f757463223a22323032362d31312d33305432333a31383a33392e3738373438375a222c226576656e74223a22504f4c4943595f4c4f41444544222c226163746f72223a7b226e616d65223a2276616c68616c6c6164222c22766961223a226461656d6f6e227d2c2273657373696f6e223a6e756c6c2c227061796c6f6164223a7b22736861323536223a2239353763636633666131353766376563356338323139356233363431613339633935396261656638303462643232393962376134313865393438616139653338222c22736f75726365223a226275696c742d696e227d7d0a');
INSERT INTO audit VALUES(4,1796080719791553,X'05f2c6a1b2e2b93e653a1db97e6ff13e212aa642a1a74c018be8356a5e532d7c',X'7b2276223a312c22736571223a342c2274735f757463223a22323032362d31312d33305432333a31383a33392e3739313535335a222c226576656e74223a22504c4159424f4f4b5f4c4f41444544222c226163746f72223a7b226e616d65223a2276616c68616c6c6164222c22766961223a226461656d6f6e227d2c2273657373696f6e223a6e756c6c2c227061796c6f6164223a7b22736861323536223a2239306531313634313335376464656636653137333130616435636631633333646434343633353532386630613463623634623564343638366464633966396130222c22736f75726365223a226275696c742d696e227d7d0a');
INSERT INTO audit VALUES(5,1796080724018300,X'b413844575f93226cc7b7e57a98fd36d2480b61e98c40af3a5ca68a81e04d5ec',X'7b2276223a312c22736571223a352c2274735f757463223a22323032362d31312d33305432333a31383a34342e3031383330305a222c226576656e74223a22474f5f53455353494f4e5f5354415254222c226163746f72223a7b226e616d65223a22726f6f74222c22766961223a22756e6978222c22756964223a302c22676964223a307d2c2273657373696f6e223a312c227061796c6f6164223a7b22737461727465645f61745f757463223a22323032362d31312d33305432333a31383a34342e3031383330305a222c22636f6e655f62616e64223a2242222c22737461747573223a22677265656e222c226e6f746573223a2263616e6e6564222c226964223a312c226f70657261746f72223a22726f6f74222c22736e617073686f74223a7b22636f6e65223a7b2262616e64223a2242222c22726561736f6e223a2264656661756c74206f662061206e6577206461746162617365222c22757064617465645f61745f757463223a22323032362d31312d33305432333a31383a33392e3737313937325a222c226d657472696373223a7b7d7d2c22737461747573223a7b22737461747573223a22677265656e222c22726561736f6e73223a5b5d7d7d7d7d0a');
INSERT INTO audit VALUES(6,1796080724028415,X'744d8522f8f6455fab198df2458a397940302b19910aebc93be26499b79045c2',X'7b2276223a312c22736571223a362c2274735f757463223a22323032362d31312d33305432333a31383a34342e3032383431355a222c226576656e74223a224845414c54485f5245504f5254222c226163746f72223a7b226e616d65223a22726f6f74222c22766961223a22756e6978222c22756964223a302c22676964223a307d2c2273657373696f6e223a312c227061796c6f6164223a7b22736f75726365223a226261636b7570222c226c6576656c223a22677265656e222c226d657373616765223a2266696e65222c22657870697265735f61745f757463223a22323032362d31322d30315430303a31383a34342e3032383431355a227d7d0a');
INSERT INTO audit VALUES(8,1796080724039597,X'4c9dbb64c0dd98052088e3e7e67476f3ed4b333dff3f5b437cdb84e8a55ad8010f48ce659de5ea1c1d3598acc079c2dac03aa5facb80ea9dd884f1786ee8629b',X'7b2276223a312c22736571223a372c2274735f757463223a22323032362d31312d33305432333a31383a34342e3033393539375a222c226576656e74223a224845414c54485f5245504f5254222c226163746f72223a7b226e616d65223a22726f6f74222c22766961223a22756e6978222c22756964223a302c22676964223a307d2c2273657373696f6e223a312c227061796c6f6164223a7b22736f75726365223a226469736b222c226c6576656c223a2279656c6c6f77222c226d657373616765223a22736c6f77222c22657870697265735f61745f757463223a6e756c6c7d7d0a7b2276223a312c22736571223a382c2274735f757463223a22323032362d31312d33305432333a31383a34342e3033393539375a222c226576656e74223a224845414c54485f535441545553222c226163746f72223a7b226e616d65223a2276616c68616c6c6164222c22766961223a226461656d6f6e227d2c2273657373696f6e223a6e756c6c2c227061796c6f6164223a7b226265666f7265223a22677265656e222c226e6f77223a7b22737461747573223a2279656c6c6f77222c22726561736f6e73223a5b225369676e616c206469736b2069732079656c6c6f773a20736c6f772e225d7d7d7d0a');
INSERT INTO audit VALUES(9,1796080724048127,X'4130176393faa4e590d1be76557ea4525549b92bac50e3e47da7253cbba162fd',X'7b2276223a312c22736571223a392c2274735f757463223a22323032362d31312d33305432333a31383a34342e3034383132375a222c226576656e74223a224f50455241544f525f4c4f434b222c226163746f72223a7b226e616d65223a22726f6f74222c22766961223a22756e6978222c22756964223a302c22676964223a307d2c2273657373696f6e223a312c227061796c6f6164223a7b226f70657261746f72223a2262657274222c22726561736f6e223a226c656674222c22756e74696c5f757463223a22323032362d31322d30315430313a31383a34342e3034383132375a227d7d0a');
INSERT INTO audit VALUES(10,1796080724063595,X'3e53bf6d51658ac3e89ca5bd2f6d60fa525950c6563fae15d80a4b8754071325',X'7b2276223a312c22736571223a31302c2274735f757463223a22323032362d31312d33305432333a31383a34342e3036333539355a222c226576656e74223a224f50455241544f525f4c4f434b222c226163746f72223a7b226e616d65223a22726f6f74222c22766961223a22756e6978222c22756964223a302c22676964223a307d2c2273657373696f6e223a312c227061796c6f6164223a7b226f70657261746f72223a22636f7261222c22726561736f6e223a22676f6e65222c22756e74696c5f757463223a6e756c6c7d7d0a');
INSERT INTO audit VALUES(11,1796080724072300,X'6335c216c487244534b927c895305eebc1ddc8d37a7f3bc163f0122cee8fcc01',X'7b2276223a312c22736571223a31312c2274735f757463223a22323032362d31312d33305432333a31383a34342e3037323330305a222c226576656e74223a224b45595f435245415445222c226163746f72223a7b226e616d65223a22726f6f74222c22766961223a22756e6978222c22756964223a302c22676964223a307d2c2273657373696f6e223a312c227061796c6f6164223a7b226964223a22326332623336663934383866222c226e616d65223a226369222c22726f6c65223a226f70657261746f72222c22736861323536223a2238653261306435326232643563333934323438636466633265636132353735343062363965653261643162353535623964663465353766373964633861616334222c22657870697265735f61745f757463223a22323032362d31322d30315432333a31383a34342e3037323330305a227d7d0a');
INSERT INTO audit VALUES(12,1796080724087730,X'425fca786869e802d4a41ac95851f1ad672e9b7ec0e4f199e77360d492df2097',X'7b2276223a312c22736571223a31322c2274735f757463223a22323032362d31312d33305432333a31383a34342e3038373733305a222c226576656e74223a22474f5f53455353494f4e5f4e4f5445222c226163746f72223a7b226e616d65223a22726f6f74222c22766961223a22756e6978222c22756964223a302c22676964223a307d2c2273657373696f6e223a312c227061796c6f6164223a7b226964223a312c2274657874223a226f6e6365227d7d0a');
CREATE INDEX session_operator ON session (operator);
CREATE UNIQUE INDEX session_active ON session (operator) WHERE active = 1;
CREATE INDEX session_note_session ON session_note (session);
CREATE TRIGGER event_kind_no_update BEFORE UPDATE ON event_kind
BEGIN SELECT RAISE(ABORT, 'event_kind is append-only'); END;
CREATE TRIGGER event_kind_no_delete BEFORE DELETE ON event_kind
BEGIN SELECT RAISE(ABORT, 'event_kind is append-only'); END;
CREATE TRIGGER actor_name_no_update BEFORE UPDATE ON actor_name
BEGIN SELECT RAISE(ABORT, 'actor_name is append-only'); END;
CREATE TRIGGER actor_name_no_delete BEFORE DELETE ON actor_name
BEGIN SELECT RAISE(ABORT, 'actor_name is append-only'); END;
CREATE TRIGGER instance_no_update BEFORE UPDATE ON instance
BEGIN SELECT RAISE(ABORT, 'instance never changes'); END;
CREATE TRIGGER instance_no_delete BEFORE DELETE ON instance
BEGIN SELECT RAISE(ABORT, 'instance never changes'); END;
CREATE TRIGGER cone_history_no_update BEFORE UPDATE ON cone_history
BEGIN SELECT RAISE(ABORT, 'cone_history is append-only'); END;
CREATE TRIGGER cone_history_no_delete BEFORE DELETE ON cone_history
BEGIN SELECT RAISE(ABORT, 'cone_history is append-only'); END;
CREATE TRIGGER session_note_no_update BEFORE UPDATE ON session_note
BEGIN SELECT RAISE(ABORT, 'session_note is append-only'); END;
CREATE TRIGGER session_note_no_delete BEFORE DELETE ON session_note
BEGIN SELECT RAISE(ABORT, 'session_note is append-only'); END;
CREATE TRIGGER session_frozen BEFORE UPDATE OF
    id, operator, started_us, cone_band, status, first_seq, start_notes, snapshot ON session
BEGIN SELECT RAISE(ABORT, 'what a session froze at its start never changes'); END;
CREATE TRIGGER session_ended BEFORE UPDATE ON session WHEN OLD.active = 0
BEGIN SELECT RAISE(ABORT, 'a session that has ended never changes'); END;
CREATE TRIGGER session_no_delete BEFORE DELETE ON session
BEGIN SELECT RAISE(ABORT, 'sessions are never deleted'); END;
CREATE TRIGGER epoch_no_update BEFORE UPDATE ON epoch
BEGIN SELECT RAISE(ABORT, 'epoch is append-only'); END;
CREATE TRIGGER epoch_no_delete BEFORE DELETE ON epoch
BEGIN SELECT RAISE(ABORT, 'epoch is append-only'); END;
CREATE INDEX request_key_kept ON request_key (kept_us);
CREATE TRIGGER audit_posting_no_update BEFORE UPDATE ON audit_posting
BEGIN SELECT RAISE(ABORT, 'audit_posting is append-only'); END;
CREATE TRIGGER audit_posting_no_delete BEFORE DELETE ON audit_posting
BEGIN SELECT RAISE(ABORT, 'audit_posting is append-only'); END;
CREATE TRIGGER tree_tile_no_update BEFORE UPDATE ON tree_tile
BEGIN SELECT RAISE(ABORT, 'tree_tile is append-only'); END;
CREATE TRIGGER tree_tile_no_delete BEFORE DELETE ON tree_tile
BEGIN SELECT RAISE(ABORT, 'tree_tile is append-only'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
COMMIT;
