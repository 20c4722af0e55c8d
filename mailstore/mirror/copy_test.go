package mirror_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"strings"
)

// copy fetches all bodies of all folders, all at once, and writes what comes into a
// file.
func (o order) copy(ctx context.Context) (err error) {
	file, err := os.Create(o.CopyTo)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	conn, err := dialer.DialContext(ctx, "tcp", o.Address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReaderSize(conn, 1<<20)
	var names []string
	for i, command := range []string{"a LOGIN " + o.User + " " + o.Password, `b LIST "" "*"`} {
		if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
			return err
		}
		for {
			text, err := in.ReadString('\n')
			if err != nil {
				return err
			}
			if m := listed.FindStringSubmatch(strings.TrimRight(text, "\r\n")); i == 1 && m != nil && !strings.Contains(m[1], "Noselect") {
				names = append(names, m[3])
			}
			if strings.HasPrefix(text, string(command[0])+" ") {
				break
			}
		}
	}
	var commands strings.Builder
	for _, name := range names {
		fmt.Fprintf(&commands, "x EXAMINE %s\r\ny UID FETCH 1:* BODY.PEEK[]\r\n", name)
	}
	commands.WriteString("z LOGOUT\r\n")
	if _, err := io.WriteString(conn, commands.String()); err != nil {
		return err
	}
	if _, err := io.Copy(file, in); err != nil {
		return err
	}
	return file.Sync()
}
