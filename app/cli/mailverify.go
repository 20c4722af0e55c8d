package cli

import (
	"time"

	"github.com/spf13/cobra"

	"lifeboat/mailstore"
)

func (s *session) mailVerify() *cobra.Command {
	t := s.tongue
	return &cobra.Command{
		Use: "verify", Short: t.T("Read all mirrored mail, and say what is damaged; the next run of the mirror repairs it"), Args: count(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			told := s.Now()
			v, err := e.VerifyMail(c.Context(), func(p mailstore.VerifyProgress) {
				if now := s.Now(); s.Terminal && now.Sub(told) > verifyToldEvery {
					told = now
					s.note(t.T("Read so far: {messages} of {of} messages", "messages", p.Messages, "of", p.Of))
				}
			})
			if err != nil {
				return err
			}
			if err := s.document(v); err != nil {
				return err
			}
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
}

const verifyToldEvery = 2 * time.Second
