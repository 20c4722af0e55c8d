package cli

import (
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/mailstore"
)

func (s *session) mailVerify() *cobra.Command {
	t := s.tongue
	var req engine.VerifyRequest
	c := &cobra.Command{
		Use: "verify", Short: t.T("Read all mirrored mail, and say what is damaged; the next run of the mirror repairs it"), Args: count(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			told := s.Now()
			req.Tell = func(p mailstore.VerifyProgress) {
				if now := s.Now(); s.Terminal && now.Sub(told) > verifyToldEvery {
					told = now
					s.note(t.T("Read so far: {messages} of {of} messages", "messages", p.Messages, "of", p.Of))
				}
			}
			v, err := e.VerifyMail(c.Context(), req)
			if err != nil {
				return err
			}
			if err := s.document(v); err != nil {
				return err
			}
			s.showRebuilt(v.Rebuilt)
			for _, d := range v.Damaged {
				s.print(s.mailLine(d))
			}
			for _, l := range v.Lost {
				s.print("! " + s.say(l))
			}
			if v.Sound() {
				s.printT("{count} messages, {size}: every one is what the primary served.", "count", v.Messages, "size", size(v.Bytes))
				return nil
			}
			s.printT("{count} of {all} messages are damaged. lifeboat mirror fetches them again, as far as the primary still has them.",
				"count", len(v.Damaged), "all", v.Messages)
			return statusError{exitFailed}
		},
	}
	c.Flags().BoolVar(&req.Rebuild, "rebuild", false, t.T("first make a new index of what can be read of a damaged one"))
	return c
}

// showRebuilt tells what a new index was made of.
func (s *session) showRebuilt(r *engine.RebuiltMail) {
	switch {
	case r == nil:
		return
	case r.Whole:
		s.printT("A new index was made; it names all {count} messages of the old one.", "count", r.Messages)
	case r.Copied:
		s.printT("A new index was made; it names {count} messages, of the old one and of the copy of the day before.", "count", r.Messages)
	default:
		s.printT("A new index was made; it names {count} messages, all that could be read of the old one.", "count", r.Messages)
	}
	s.printT("Run lifeboat mirror now: it compares everything with the primary, and fetches what is missing.")
}

const verifyToldEvery = 2 * time.Second
