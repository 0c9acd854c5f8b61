// Checks a log by its tiles with the packages of Go's checksum database: the signatures, the root over what the tiles
// say, every leaf of them against the bytes of its entry, receipts, and that larger trees go on from smaller ones.
// Prints one JSON object: what was checked, or why it was refused.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"check/note"
	"check/tlog"
)

const height = 8

var folder = os.Args[1]

type checked struct {
	Signatures    int   `json:"signatures"`
	Leaves        int64 `json:"leaves"`
	Inclusions    int   `json:"inclusions"`
	Consistencies int   `json:"consistencies"`
}

type tiles struct{}

func (tiles) Height() int                         { return height }
func (tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (tiles) ReadTiles(all []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(all))
	for at, one := range all {
		// tile/8/<L>/<N> there, tile/<L>/<N> in C2SP tlog-tiles.
		raw, err := read(strings.Replace(one.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		found[at] = raw
	}
	return found, nil
}

func read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
}

func opened(raw []byte, keys note.Verifiers) (tlog.Tree, error) {
	signed, err := note.Open(raw, keys)
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 {
		return tlog.Tree{}, fmt.Errorf("no checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func check() (checked, error) {
	var done checked
	vkey, err := read("vkey")
	if err != nil {
		return done, err
	}
	key, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return done, err
	}
	keys := note.VerifierList(key)
	lines, err := read("checkpoints.jsonl")
	if err != nil {
		return done, err
	}
	var trees []tlog.Tree
	for _, line := range strings.Split(strings.TrimSpace(string(lines)), "\n") {
		var told struct{ Note string }
		if err := json.Unmarshal([]byte(line), &told); err != nil {
			return done, err
		}
		tree, err := opened([]byte(told.Note), keys)
		if err != nil {
			return done, err
		}
		trees = append(trees, tree)
		done.Signatures++
	}
	newest := trees[len(trees)-1]
	hashes := tlog.TileHashReader(newest, tiles{})
	root, err := tlog.TreeHash(newest.N, hashes)
	if err != nil {
		return done, err
	}
	if root != newest.Hash {
		return done, fmt.Errorf("the tiles have another root")
	}
	if err := steps(trees, &done); err != nil {
		return done, err
	}
	if err := leaves(newest.N, hashes, &done); err != nil {
		return done, err
	}
	return done, receipts(keys, &done)
}

func leaves(size int64, hashes tlog.HashReader, done *checked) error {
	for start := int64(0); start < size; start += 1 << height {
		width := min(size-start, 1<<height)
		tile := tlog.Tile{H: height, L: 0, N: start >> height, W: int(width)}
		raw, err := read(strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1))
		if err != nil {
			return err
		}
		for at := start; at < start+width; at++ {
			if len(raw) < 2 || len(raw) < 2+int(binary.BigEndian.Uint16(raw)) {
				return fmt.Errorf("a bundle breaks off")
			}
			end := 2 + int(binary.BigEndian.Uint16(raw))
			found, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, at)})
			if err != nil {
				return err
			}
			if found[0] != tlog.RecordHash(raw[2:end]) {
				return fmt.Errorf("entry %d is another than its leaf", at+1)
			}
			raw = raw[end:]
			done.Leaves++
		}
	}
	return nil
}

// That larger trees go on from smaller ones, by the proofs that are served; those that were signed are as signed.
func steps(trees []tlog.Tree, done *checked) error {
	raw, err := read("consistency.json")
	if err != nil {
		return err
	}
	var all []struct {
		From, To         int64
		FromRoot, ToRoot string
		Path             []string
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	for _, step := range all {
		older, err := tlog.ParseHash(step.FromRoot)
		if err != nil {
			return err
		}
		newer, err := tlog.ParseHash(step.ToRoot)
		if err != nil {
			return err
		}
		for _, tree := range trees {
			if tree.N == step.From && tree.Hash != older || tree.N == step.To && tree.Hash != newer {
				return fmt.Errorf("a proof is of another root than was signed")
			}
		}
		proof, err := parsed(step.Path)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(tlog.TreeProof(proof), step.To, newer, step.From, older); err != nil {
			return err
		}
		done.Consistencies++
	}
	return nil
}

func parsed(lines []string) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(lines))
	for at, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes[at] = hash
	}
	return hashes, nil
}

func receipts(keys note.Verifiers, done *checked) error {
	list, err := read("positions.json")
	if err != nil {
		return err
	}
	var positions []int64
	if err := json.Unmarshal(list, &positions); err != nil {
		return err
	}
	for _, position := range positions {
		raw, err := read(fmt.Sprintf("%d.tlog-proof", position))
		if err != nil {
			return err
		}
		entry, err := read(fmt.Sprintf("%d.entry", position))
		if err != nil {
			return err
		}
		head, rest, _ := strings.Cut(string(raw), "\n\n")
		tree, err := opened([]byte(rest), keys)
		if err != nil {
			return err
		}
		lines := strings.Split(head, "\n")
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
		if err != nil {
			return err
		}
		proof, err := parsed(lines[2:])
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
			return err
		}
		done.Inclusions++
	}
	return nil
}

func main() {
	done, err := check()
	said := map[string]any{"checked": done}
	if err != nil {
		said = map[string]any{"refused": err.Error()}
	}
	raw, _ := json.Marshal(said)
	fmt.Println(string(raw))
}
