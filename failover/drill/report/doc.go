// Package report puts what a drill came to on paper: the after-action report of one
// drill, and the run card, the one page to have printed when mail fails.
//
// # The report
//
// It is for somebody who was not there, an auditor above all, and follows what NIST
// SP 800-84 asks of an after-action report (scope, objectives, participants,
// scenario, injects, what happened, observations, recommendations, actions with
// owner and date) and what ISO 22301:2019 section 8.5 asks of an exercise (planned
// with scope and objectives, a report with outcomes, recommendations and actions for
// improvement, against the times that the organisation has set itself). The verdict
// stands on top in one sentence, and each section below answers one question. What
// was not measured is said to be so, and a time from a compressed world is never
// called a recovery time.
//
// A report is first made as a plain document of headings, sentences and tables
// ([build]), in the reader's language, and then written as Markdown or as HTML. So
// both say the same, and each way of writing escapes in one place: texts of people
// and of scenarios are data, never markup. The JSON form is drill.Result itself.
//
// # The run card
//
// In an outage nobody can look anything up. [Runcard] writes who decides, how to
// tell an outage, the commands one after the other, what to tell people and where
// keys are kept, on one A4 page or 60 lines of 80 columns, whatever the settings
// hold: what is missing is a blank to be filled in by hand.
package report
