package imaplink

import (
	"strings"

	"lifeboat/mailstore"
)

// roles are the attributes of RFC 6154, in lower case, and Gmail's own.
var roles = map[string]mailstore.Role{
	`\sent`: mailstore.Sent, `\drafts`: mailstore.Drafts, `\junk`: mailstore.Junk, `\spam`: mailstore.Junk,
	`\trash`: mailstore.Trash, `\archive`: mailstore.Archive, `\all`: mailstore.All, `\allmail`: mailstore.All,
	`\flagged`: mailstore.Flagged, `\starred`: mailstore.Flagged, `\important`: mailstore.Important,
}

// usual are names that servers without SPECIAL-USE give to folders, in lower case:
// Microsoft's and those of common mail clients, in English and Japanese.
var usual = map[string]mailstore.Role{
	"sent": mailstore.Sent, "sent items": mailstore.Sent, "sent messages": mailstore.Sent, "送信済みアイテム": mailstore.Sent, "送信済み": mailstore.Sent, "送信済みトレイ": mailstore.Sent,
	"drafts": mailstore.Drafts, "下書き": mailstore.Drafts,
	"junk": mailstore.Junk, "junk email": mailstore.Junk, "junk e-mail": mailstore.Junk, "spam": mailstore.Junk, "bulk mail": mailstore.Junk, "迷惑メール": mailstore.Junk,
	"trash": mailstore.Trash, "deleted items": mailstore.Trash, "deleted messages": mailstore.Trash, "削除済みアイテム": mailstore.Trash, "ゴミ箱": mailstore.Trash, "ごみ箱": mailstore.Trash,
	"archive": mailstore.Archive, "アーカイブ": mailstore.Archive,
}

// guessRoles gives roles by name, those that no folder has by its attributes, and
// only to folders of the account's own at the top or right below INBOX.
func guessRoles(folders []Folder) {
	known := map[mailstore.Role]bool{}
	for _, f := range folders {
		known[f.Role] = true
	}
	given := map[mailstore.Role]bool{}
	for i := range folders {
		f := &folders[i]
		name := f.Name
		if f.Delimiter != "" {
			if rest, ok := strings.CutPrefix(name, "INBOX"+f.Delimiter); ok {
				name = rest
			}
			if strings.Contains(name, f.Delimiter) {
				continue
			}
		}
		role, ok := usual[strings.ToLower(name)]
		if ok && f.Role == mailstore.NoRole && f.Namespace == "" && !known[role] && !given[role] {
			f.Role, given[role] = role, true
		}
	}
}
