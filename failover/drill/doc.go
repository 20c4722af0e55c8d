// Package drill rehearses outages, measures how they went, and keeps the record.
//
// A failover that nobody has seen is a hope. Those who audit continuity know that
// too: ISO 22301 section 8.5 wants exercises that are planned, held and evaluated,
// and NIST SP 800-84 says how. Two of its kinds are here. A functional drill
// ([Session]) plays an outage in the built-in world (package lab): real servers on
// loopback sockets break, the product's own code finds it and repairs it, alone or
// with the admin deciding. A tabletop ([Table]) is talked through by those who would
// decide on the day: injects come at their time, as the help desk would hear them,
// decisions are recorded by name, and nothing is touched. Both end in one [Result],
// which is all that a report is made from, and go into one [History].
//
// # A scenario is data
//
// What happens, when, and what would be right is a [Scenario], a YAML file. Its
// texts are English templates and thereby the keys of their translations. Its
// script follows moments as well as the clock: "15 s after the first mail arrived at
// the secondary, the primary is mended". So the same file fits a quick machine and a
// slow one, and an admin who thinks for a minute. It also says how it ends when all
// goes right, which is not always a switch: of the nine that come with Lifeboat some
// are about leaving everything as it is.
//
// # Time
//
// A session's times are those of the world's clock, which may run faster than life
// (lab.Options.Factor). What waits by the clock is compressed then: TTLs, retries,
// the pace of detection. What the network takes is not. So the factor stands beside
// every figure, and at any factor but 1 no goal is met or missed and nothing is
// called an RTO.
//
// # How it is measured
//
// The fault begins when the script's first act breaks something. It is detected when
// detection says what the scenario's file says is wrong, and, where a switch is
// right, says it firmly enough to act on. The decision is the yes of whoever
// decides. The times of a switch are what the run that changed the records tells;
// first mail, drained and home are read off the world's ledger, which follows every
// message from its writer to its mailbox. Nothing is estimated, and a time that a
// drill never came to is absent and not zero.
//
// # How it is judged
//
// Checks are about right and wrong: what was sent has arrived, once; detection
// named the fault; the right moves were made and no others; a way back that was
// asked for too early was refused; at the end mail is led where it belongs. Times
// are never checks, since a slow machine is no defect. They are held against goals
// and against what the organisation has set itself ([Targets]), and what comes of
// that is a recommendation.
package drill
