// Package door opens the one way into a running Lifeboat from other programs of its user:
// a Unix socket in a folder that nobody else may enter, or a named pipe that nobody else
// may open on Windows. A data folder has a door for each purpose: one of whoever serves it,
// one of its window. Who comes through is not asked for a password: the file system and the
// system's kernel say who it is.
package door
