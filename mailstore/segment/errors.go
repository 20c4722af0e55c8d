package segment

import (
	"lifeboat/mailstore"
)

// notWritten says that a file or folder takes nothing more.
func notWritten(file string, cause error) error {
	if diskFull(cause) {
		return mailstore.Fail(mailstore.ErrDisk,
			"The disk is full: {file} takes no more mail. Make room; what is missing is fetched at the next try, and nothing that was here is lost.", "file", file).Because(cause)
	}
	return mailstore.Fail(mailstore.ErrDisk, "{file} cannot be written. See that the disk works and that the folder is yours; what is missing is fetched at the next try.",
		"file", file).Because(cause)
}

func notRead(file string, cause error) error {
	return mailstore.Fail(mailstore.ErrDisk, "{file} cannot be read. See that the disk works and that the file is yours.", "file", file).Because(cause)
}

// damage says that bytes are not what was written.
func damage(file string, cause error) error {
	return mailstore.Fail(mailstore.ErrDamaged, "Bytes of a message in {file} are not what was written. Run: lifeboat mail verify. Then lifeboat mirror fetches it again.",
		"file", file).Because(cause)
}

func readOnly(dir string) error {
	return mailstore.Fail(mailstore.ErrBusy, "{folder} was opened for reading only.", "folder", dir)
}
