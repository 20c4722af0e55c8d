package export

import (
	"errors"

	"lifeboat/mailstore"
)

// notWritten says that an export cannot be made.
func notWritten(target string, cause error) error {
	var said *mailstore.Error
	if errors.As(cause, &said) {
		return cause
	}
	if diskFull(cause) {
		return mailstore.Fail(mailstore.ErrDisk, "The disk is full, so {file} was not made. Make room or give another disk; nothing is left behind.", "file", target).Because(cause)
	}
	return mailstore.Fail(mailstore.ErrDisk, "{file} cannot be written, so nothing was exported. See that the disk works and that you may write there.", "file", target).Because(cause)
}

// leftOut is whether an error concerns one message alone.
func leftOut(err error) bool {
	return errors.Is(err, mailstore.ErrDamaged) || errors.Is(err, mailstore.ErrNotFound)
}

func notRead(file string, cause error) error {
	return mailstore.Fail(mailstore.ErrDisk, "{file} cannot be read and is left out. See that the disk works and that you may read the file.", "file", file).Because(cause)
}

func changed(file string, cause error) error {
	return mailstore.Fail(mailstore.ErrDamaged, "{file} is not what was exported, and is left out. Take another copy of it.", "file", file).Because(cause)
}

func noMail(file string) error {
	return mailstore.Fail(mailstore.ErrInvalid, "{file} is no mail, mailbox or zip file, and is left out.", "file", file)
}

func damagedZip(file string, cause error) error {
	return mailstore.Fail(mailstore.ErrDamaged, "{file} is damaged, and is left out. Take another copy of it.", "file", file).Because(cause)
}
