package look

// The signs of the mail page. Reply and forward are arrows that turn, as in every
// mail program.
const (
	IconSearch   Icon = "search"
	IconReply    Icon = "reply"
	IconReplyAll Icon = "replyall"
	IconForward  Icon = "forward"
	IconExport   Icon = "export" // out of a tray
	IconMore     Icon = "more"   // three dots
	IconPencil   Icon = "pencil" // to write
	IconInbox    Icon = "inbox"
	IconSent     Icon = "sent" // a paper plane
	IconFolder   Icon = "folder"
	IconArchive  Icon = "archive"
	IconClip     Icon = "clip" // something is attached
	IconFile     Icon = "file"
	IconCalendar Icon = "calendar"
	IconBin      Icon = "bin"
	IconClock    Icon = "clock"
)

func mailIcons() []Icon {
	return []Icon{
		IconSearch, IconReply, IconReplyAll, IconForward, IconExport, IconMore, IconPencil, IconInbox, IconSent, IconFolder,
		IconArchive, IconClip, IconFile, IconCalendar, IconBin, IconClock,
	}
}
