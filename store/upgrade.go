package store

import (
	"context"
	"errors"
	"fmt"
)

// upgradeAtOnce is how many rows one transaction of an upgrade writes about.
const upgradeAtOnce = 500

// upgrade brings a store of an older schema to this one's: schema 2 added the
// index of Homes. A crash in it leaves the old schema and a part of the index:
// the next start drops that and begins anew. An engine for reading only stays as
// it is, and Check leaves out the index.
func (l *Ledger) upgrade(ctx context.Context) error {
	err := l.dropHomes(ctx)
	if errors.Is(err, ErrReadOnly) {
		l.older = true
		return nil
	}
	for after, more := "", true; more && err == nil; {
		after, more, err = l.indexSome(ctx, after)
	}
	if err == nil {
		err = l.engine.Update(ctx, func(tx Tx) error { return put(tx, schemaKey, schema{Schema}) })
	}
	if err != nil {
		return fmt.Errorf("bringing the store to schema %d: %w", Schema, err)
	}
	return nil
}

// dropHomes drops the index of Homes.
func (l *Ledger) dropHomes(ctx context.Context) error {
	for more := true; more; {
		err := l.engine.Update(ctx, func(tx Tx) error {
			var keys []string
			for entry, err := range under(tx, "home/") {
				if err != nil {
					return err
				}
				if keys = append(keys, entry.Key); len(keys) == upgradeAtOnce {
					break
				}
			}
			for _, key := range keys {
				if err := tx.Delete(key); err != nil {
					return err
				}
			}
			more = len(keys) == upgradeAtOnce
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// indexSome indexes the cases whose keys follow after, as many as fit a
// transaction, and says where to go on.
func (l *Ledger) indexSome(ctx context.Context, after string) (last string, more bool, err error) {
	err = l.engine.Update(ctx, func(tx Tx) error {
		last, more = after, false
		seen := 0
		for entry, err := range tx.Scan("case/"+after+"\x00", "case0") {
			if err != nil {
				return err
			}
			if seen == upgradeAtOnce {
				more = true
				break
			}
			seen, last = seen+1, entry.Key[len("case/"):]
			s, err := parseSnapshot(entry.Key, entry.Value)
			if err != nil {
				continue // a damaged case is named by whoever takes it
			}
			for _, row := range homeRows(s.Case) {
				if err := put(tx, row.key, row.entry); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return last, more, err
}
