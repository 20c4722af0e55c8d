// Package chart draws the pile-up in front of a broken provider, and how it drained:
// how many messages waited for which provider, how old the oldest of them was, what
// was delivered where, and when the send route was switched. It draws for a terminal,
// with characters alone, and as SVG for reports. It does no I/O.
//
// A queue is looked at now and then, not always: between two samples the picture holds
// the last, and of the samples that fall into one column it shows the highest, so that
// no peak is lost by being short.
package chart
