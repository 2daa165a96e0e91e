// SPDX-License-Identifier: Apache-2.0

// Verifies what valhalla writes with the libraries of Go's checksum database (golang.org/x/mod/sumdb), which know
// nothing of valhalla: signatures by `note`, the tree and its proofs by `tlog`. Used by tests/system/test_independent.py.
//
//	verify -key VKEY -tiles DIR [-older CHECKPOINT]… [-growth REQUEST -from CHECKPOINT] [-proof FILE]… [-flips N -seed S]
//
// -tiles    a directory of `audit tiles`: checkpoint, every hash tile, every entry
// -older    a checkpoint that the newest one must continue; the proof is Go's own, from our tiles
// -growth   our proof that it does: an add-checkpoint request from the size of -from
// -proof    a .tlog-proof file
// -flips    tries N random single-bit changes in each kind of file, and all of them in proofs and checkpoints
package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// files reads whole files; a test of a changed bit lays the changed content over the one on the disk.
type files struct {
	root    string
	changed map[string][]byte
}

func (f files) read(name string) ([]byte, error) {
	if data, ok := f.changed[name]; ok {
		return data, nil
	}
	return os.ReadFile(filepath.Join(f.root, name))
}

func parseCheckpoint(data []byte, verifiers note.Verifiers) (tlog.Tree, string, error) {
	signed, err := note.Open(data, verifiers)
	if err != nil {
		return tlog.Tree{}, "", err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != signed.Sigs[0].Name {
		return tlog.Tree{}, "", fmt.Errorf("not three lines under the key's name: %q", signed.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, "", err
	}
	root, err := parseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, signed.Text, err
}

func parseHash(text string) (tlog.Hash, error) {
	var hash tlog.Hash
	data, err := base64.StdEncoding.DecodeString(text)
	if err == nil && len(data) != tlog.HashSize {
		err = fmt.Errorf("%d bytes are no hash", len(data))
	}
	copy(hash[:], data)
	return hash, err
}

// tiles reads the layout of C2SP tlog-tiles, whose paths do not carry the height.
type tiles struct{ from files }

func (t tiles) Height() int { return tileHeight }
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range wanted {
		data, err := t.from.read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		if len(data) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", tile.Path(), len(data))
		}
		out = append(out, data)
	}
	return out, nil
}
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// bundlePath is that of the entries under the level-0 tile with this number.
func bundlePath(number int64, width int) string {
	tile := tlog.Tile{H: tileHeight, L: 0, N: number, W: width}
	return strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
}

func checkEntries(from files, tree tlog.Tree, hashes tlog.HashReader, only int64) error {
	for first := int64(0); first < tree.N; first += 1 << tileHeight {
		number := first >> tileHeight
		if only >= 0 && number != only {
			continue
		}
		width := 1 << tileHeight
		if left := tree.N - first; left < int64(width) {
			width = int(left)
		}
		data, err := from.read(bundlePath(number, width))
		if err != nil {
			return err
		}
		var indexes []int64
		var leaves []tlog.Hash
		for i := 0; i < width; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return fmt.Errorf("bundle %d ends in entry %d", number, i)
			}
			size := int(binary.BigEndian.Uint16(data))
			leaves = append(leaves, tlog.RecordHash(data[2:2+size]))
			indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(i)))
			data = data[2+size:]
		}
		if len(data) != 0 {
			return fmt.Errorf("bundle %d has %d bytes too many", number, len(data))
		}
		stored, err := hashes.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i := range stored {
			if stored[i] != leaves[i] {
				return fmt.Errorf("entry %d is not what the tree has", first+int64(i))
			}
		}
	}
	return nil
}

// checkTiles reads every hash through tlog's own reader, which checks each tile against the root.
func checkTiles(from files, verifiers note.Verifiers, only int64) (tlog.Tree, tlog.HashReader, error) {
	data, err := from.read("checkpoint")
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	tree, _, err := parseCheckpoint(data, verifiers)
	if err != nil {
		return tree, nil, err
	}
	hashes := tlog.TileHashReader(tree, tiles{from})
	return tree, hashes, checkEntries(from, tree, hashes, only)
}

func checkProofFile(data []byte, verifiers note.Verifiers) error {
	text := string(data)
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "extra ") ||
		!strings.HasPrefix(lines[2], "index ") {
		return errors.New("not a proof file with its record")
	}
	record, err := base64.StdEncoding.DecodeString(lines[1][len("extra "):])
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(lines[2][len("index "):], 10, 64)
	if err != nil || strconv.FormatInt(index, 10) != lines[2][len("index "):] {
		return errors.New("no index")
	}
	tree, _, err := parseCheckpoint([]byte(checkpoint), verifiers)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := parseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(record))
}

// checkGrowth checks an add-checkpoint request against the checkpoint that it says to begin from.
func checkGrowth(request []byte, older tlog.Tree, verifiers note.Verifiers) error {
	head, checkpoint, found := strings.Cut(string(request), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != fmt.Sprintf("old %d", older.N) {
		return fmt.Errorf("not a request from size %d", older.N)
	}
	tree, _, err := parseCheckpoint([]byte(checkpoint), verifiers)
	if err != nil {
		return err
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := parseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash)
}

func flipped(data []byte, bit int) []byte {
	changed := append([]byte(nil), data...)
	changed[bit/8] ^= 1 << (bit % 8)
	return changed
}

// sameMeaning: bits that base64 leaves unused can change without changing what is said. Go's decoder allows them.
func sameMeaning(a, b []byte) bool {
	la, lb := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	if len(la) != len(lb) {
		return false
	}
	for i := range la {
		if la[i] == lb[i] {
			continue
		}
		x, y := la[i][strings.LastIndex(la[i], " ")+1:], lb[i][strings.LastIndex(lb[i], " ")+1:]
		dx, ex := base64.StdEncoding.DecodeString(x)
		dy, ey := base64.StdEncoding.DecodeString(y)
		if ex != nil || ey != nil || string(dx) != string(dy) {
			return false
		}
	}
	return true
}

// tryFlips returns how many changes were rejected; an accepted one is an error.
func tryFlips(data []byte, bits []int, check func([]byte) error) (int, error) {
	rejected := 0
	for _, bit := range bits {
		changed := flipped(data, bit)
		if check(changed) != nil {
			rejected++
		} else if !sameMeaning(data, changed) {
			return rejected, fmt.Errorf("bit %d can be changed unnoticed", bit)
		}
	}
	return rejected, nil
}

func allBits(data []byte) []int {
	bits := make([]int, len(data)*8)
	for i := range bits {
		bits[i] = i
	}
	return bits
}

func someBits(data []byte, count int, dice *rand.Rand) []int {
	bits := make([]int, count)
	for i := range bits {
		bits[i] = dice.Intn(len(data) * 8)
	}
	return bits
}

func attackTiles(from files, tree tlog.Tree, verifiers note.Verifiers, count int, dice *rand.Rand) (int, error) {
	rejected := 0
	for i := 0; i < count; i++ {
		number := dice.Int63n((tree.N + 255) >> tileHeight)
		width := 1 << tileHeight
		if left := tree.N - number<<tileHeight; left < int64(width) {
			width = int(left)
		}
		leaf := tlog.Tile{H: tileHeight, L: 0, N: number, W: width}
		for _, name := range []string{bundlePath(number, width), strings.Replace(leaf.Path(), "tile/8/", "tile/", 1)} {
			data, err := from.read(name)
			if err != nil {
				return rejected, err
			}
			done, err := tryFlips(data, someBits(data, 1, dice), func(changed []byte) error {
				_, _, err := checkTiles(files{from.root, map[string][]byte{name: changed}}, verifiers, number)
				return err
			})
			rejected += done
			if err != nil {
				return rejected, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return rejected, nil
}

type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

func run() error {
	key := flag.String("key", "", "verifier key")
	dir := flag.String("tiles", "", "directory of tiles")
	growth := flag.String("growth", "", "add-checkpoint request")
	begin := flag.String("from", "", "checkpoint that -growth begins from")
	flips := flag.Int("flips", 0, "random changes to try")
	seed := flag.Int64("seed", 1, "of the random changes")
	var older, proofs list
	flag.Var(&older, "older", "older checkpoint")
	flag.Var(&proofs, "proof", "proof file")
	flag.Parse()

	verifier, err := note.NewVerifier(*key)
	if err != nil {
		return err
	}
	verifiers := note.VerifierList(verifier)
	dice := rand.New(rand.NewSource(*seed))
	rejected := 0

	from := files{root: *dir}
	tree, hashes, err := checkTiles(from, verifiers, -1)
	if err != nil {
		return fmt.Errorf("%s: %w", *dir, err)
	}
	checkpoint, err := from.read("checkpoint")
	if err != nil {
		return err
	}
	if *flips > 0 {
		done, err := tryFlips(checkpoint, allBits(checkpoint), func(changed []byte) error {
			_, _, err := parseCheckpoint(changed, verifiers)
			return err
		})
		if err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
		rejected += done
		if done, err = attackTiles(from, tree, verifiers, *flips, dice); err != nil {
			return err
		}
		rejected += done
	}
	for _, name := range older {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		before, _, err := parseCheckpoint(data, verifiers)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if before.N == 0 || before.N == tree.N {
			continue
		}
		proof, err := tlog.ProveTree(tree.N, before.N, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if *growth != "" {
		request, err := os.ReadFile(*growth)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(*begin)
		if err != nil {
			return err
		}
		before, _, err := parseCheckpoint(data, verifiers)
		if err != nil {
			return err
		}
		check := func(data []byte) error { return checkGrowth(data, before, verifiers) }
		if err := check(request); err != nil {
			return fmt.Errorf("%s: %w", *growth, err)
		}
		if *flips > 0 {
			done, err := tryFlips(request, allBits(request), check)
			if err != nil {
				return fmt.Errorf("%s: %w", *growth, err)
			}
			rejected += done
		}
	}
	for _, name := range proofs {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		check := func(data []byte) error { return checkProofFile(data, verifiers) }
		if err := check(data); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if *flips > 0 {
			done, err := tryFlips(data, allBits(data), check)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			rejected += done
		}
	}
	fmt.Printf("verified %d records, %d older checkpoints, %d proofs; %d changes rejected\n", tree.N, len(older),
		len(proofs), rejected)
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "verify:", err)
		os.Exit(1)
	}
}
