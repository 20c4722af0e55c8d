package store

import (
	"os"
	"sync"

	"github.com/ncruces/go-sqlite3"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"lifeboat/mailstore"
)

// memoryPages bounds what one connection of the database may take: 4096 pages of
// 64 KiB.
const memoryPages = 4096

// warm is the state of the database's code in this process. It is the library's, and
// one for all.
var warm struct { //nolint:gochecknoglobals // the library holds its compiled code in one as well
	once sync.Once
	err  error
}

// Warm makes the database's code ready, so that a later Open need not wait for it.
// SQLite comes as WebAssembly, which takes a second to compile; it is kept in the folder
// cache for the next process, which needs some 20 ms. A program that has other things to do
// at its start may call it beside them. The first call's cache is the one that counts.
func Warm(cache string) error {
	warm.once.Do(func() {
		config := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages).WithCoreFeatures(api.CoreFeaturesV2)
		// Without a folder to keep it in, it is compiled every time.
		if os.MkdirAll(cache, 0o700) == nil {
			if kept, err := wazero.NewCompilationCacheWithDir(cache); err == nil {
				config = config.WithCompilationCache(kept)
			}
		}
		sqlite3.RuntimeConfig = config
		if err := sqlite3.Initialize(); err != nil {
			warm.err = mailstore.Fail(mailstore.ErrDamaged,
				"The code that is kept ready in {folder} cannot be used. Remove that folder, and start again.", "folder", cache).Because(err)
		}
	})
	return warm.err
}
