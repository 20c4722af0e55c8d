package mirror

import (
	"strings"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// wants reports whether a folder is mirrored. all are the listed folders, by name:
// what lies below a folder that is left out is left out too.
func (r Rules) wants(f imaplink.Folder, all map[string]imaplink.Folder) bool {
	for _, pattern := range r.Include {
		if like(pattern, f.Name) {
			return true
		}
	}
	if f.Namespace != "" {
		return false // another's; its owner is an account of its own
	}
	for at := f; ; {
		role := roleOf(at)
		if role == mailstore.Junk && !r.Junk || role == mailstore.Trash && !r.Trash {
			return false
		}
		for _, pattern := range r.Exclude {
			if like(pattern, at.Name) {
				return false
			}
		}
		cut := -1
		if at.Delimiter != "" {
			cut = strings.LastIndex(at.Name, at.Delimiter)
		}
		if cut < 0 {
			return true
		}
		parent, listed := all[at.Name[:cut]]
		if !listed {
			parent = imaplink.Folder{Name: at.Name[:cut], Delimiter: at.Delimiter}
		}
		at = parent
	}
}

// like reports whether a name fits a pattern, in which "*" stands for any characters.
func like(pattern, name string) bool {
	parts := strings.Split(strings.ToLower(pattern), "*")
	rest, ok := strings.CutPrefix(strings.ToLower(name), parts[0])
	if !ok {
		return false
	}
	if len(parts) == 1 {
		return rest == ""
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, last)
}

// roleOf is the folder's role: as the server says (RFC 6154), or, where it says
// nothing, as its name does. Microsoft 365 has no SPECIAL-USE, and names these
// folders in the owner's language.
func roleOf(f imaplink.Folder) mailstore.Role {
	if strings.EqualFold(f.Name, "INBOX") {
		return mailstore.Inbox
	}
	if f.Role != mailstore.NoRole {
		return f.Role
	}
	name := strings.ToLower(f.Name)
	if f.Delimiter != "" {
		name = strings.TrimPrefix(name, "inbox"+f.Delimiter) // servers that put all folders below the inbox
	}
	switch name {
	case "junk", "junk email", "junk e-mail", "spam", "bulk mail", "迷惑メール", "迷惑メール フォルダー":
		return mailstore.Junk
	case "trash", "deleted items", "deleted messages", "deleted", "bin", "ゴミ箱", "削除済みアイテム", "削除済み":
		return mailstore.Trash
	case "sent", "sent items", "sent messages", "sent mail", "送信済み", "送信済みアイテム", "送信済みメール":
		return mailstore.Sent
	case "drafts", "draft", "下書き":
		return mailstore.Drafts
	case "archive", "アーカイブ":
		return mailstore.Archive
	}
	return mailstore.NoRole
}
