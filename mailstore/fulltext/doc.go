// Package fulltext is how mail is found: what a person types ([Parse]), what the
// words of a message are ([Prepare]), and the index that brings the two together in
// the mirror's database ([Put], [Remove], [Query.Plan]).
//
// It holds no connection of its own. The store runs [Schema] as one of its
// migrations and hands in its transactions, so that a message and its words come and
// go in one stroke.
package fulltext
