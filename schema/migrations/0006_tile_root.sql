-- The hashes of a tile are there already: as `audit.leaf`, or as the roots of the tiles below. Kept a second time they
-- were a ninth of the database, and of what an append writes.
ALTER TABLE tree_tile RENAME TO tile_with_hashes;

CREATE TABLE tree_tile (
    level INTEGER NOT NULL CHECK (level >= 0),        -- 0: of records
    tile  INTEGER NOT NULL CHECK (tile >= 0),         -- index in its level, from 0; complete tiles only
    root  BLOB    NOT NULL CHECK (length(root) = 32), -- Merkle hash of 256 leaves, or of 256 roots of the level below
    PRIMARY KEY (level, tile)
) STRICT, WITHOUT ROWID;

INSERT INTO tree_tile SELECT level, tile, root FROM tile_with_hashes;
DROP TABLE tile_with_hashes;

CREATE TRIGGER tree_tile_no_update BEFORE UPDATE ON tree_tile
BEGIN SELECT RAISE(ABORT, 'tree_tile is append-only'); END;
CREATE TRIGGER tree_tile_no_delete BEFORE DELETE ON tree_tile
BEGIN SELECT RAISE(ABORT, 'tree_tile is append-only'); END;
