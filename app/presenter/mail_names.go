package presenter

import (
	"path"
	"slices"
	"strings"

	"lifeboat/mailstore/export"
)

const (
	mostName   = 120 // octets of a file's name: with its folder it stays under what Windows takes
	mostEnding = 24  // of what is kept of its ending when it is too long
)

// FileName is what an attachment is called as a file: a name that every system takes for
// one in the folder at hand, whatever the sender wrote, and that ends as it did.
func FileName(name string) string {
	name = strings.TrimRight(clean(name), ". ")
	ending := path.Ext(name)
	if len(name) <= mostName || len(ending) > mostEnding {
		return export.SafeName(name, mostName)
	}
	return export.SafeName(strings.TrimRight(export.SafeName(name, mostName-len(ending)), ".")+ending, mostName)
}

// runs are the ends of names of files that a system would run, or whose contents it would
// trust as if they had not come from outside.
var runs = []string{
	// Windows
	".appinstaller", ".application", ".appref-ms", ".appx", ".appxbundle", ".bat", ".chm", ".cmd", ".com", ".cpl", ".diagcab", ".dll", ".exe",
	".gadget", ".hlp", ".hta", ".img", ".inf", ".ins", ".iso", ".isp", ".js", ".jse", ".library-ms", ".lnk", ".msc", ".msi", ".msix",
	".msixbundle", ".msp", ".mst", ".msu", ".ocx", ".one", ".pif", ".ps1", ".ps1xml", ".psc1", ".psd1", ".psm1", ".rdp", ".reg", ".rgs", ".scf",
	".scr", ".sct", ".search-ms", ".settingcontent-ms", ".shb", ".theme", ".url", ".vb", ".vbe", ".vbs", ".vhd", ".vhdx", ".website", ".ws",
	".wsc", ".wsf", ".wsh", ".xbap",
	// macOS
	".action", ".app", ".command", ".dmg", ".fileloc", ".inetloc", ".mpkg", ".pkg", ".scpt", ".terminal", ".webloc", ".workflow",
	// Linux
	".appimage", ".deb", ".desktop", ".flatpakref", ".rpm", ".run", ".sh", ".snap",
	// everywhere, where their programs are there
	".accde", ".accdr", ".ade", ".adp", ".bash", ".csh", ".docm", ".dotm", ".iqy", ".jar", ".jnlp", ".ksh", ".mde", ".php", ".pl", ".potm",
	".ppam", ".ppsm", ".pptm", ".py", ".pyc", ".pyw", ".pyz", ".rb", ".slk", ".sldm", ".xlam", ".xll", ".xlm", ".xlsb", ".xlsm", ".xltm", ".zsh",
}

// Runs says whether a file may run a program by being opened: by the name that it has as
// a file. One that is dressed up with characters that nobody sees, or that a system drops,
// is what it is without them.
func Runs(name string) bool {
	return slices.Contains(runs, strings.ToLower(path.Ext(FileName(name))))
}
