package configs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/japanese"
)

func TestReadRecipients(t *testing.T) {
	sjis, err := japanese.ShiftJIS.NewEncoder().String("氏名,メールアドレス,種別\r\n青葉花子,hanako@example.jp,アカウント\r\n経理,keiri@example.jp,共有メールボックス\r\n")
	if err != nil {
		t.Fatal(err)
	}
	account := func(a string) Pasted { return Pasted{Address: a, Kind: KindAccount} }
	for name, c := range map[string]struct {
		text string
		want []Pasted
		bad  []string
	}{
		"column":      {"anna@example.test\r\nBen@Example.test\n\n", []Pasted{account("anna@example.test"), account("ben@example.test")}, nil},
		"names":       {`"Anna A." <anna@example.test>, Ben <ben@example.test>; eve@example.test`, []Pasted{account("anna@example.test"), account("ben@example.test"), account("eve@example.test")}, nil},
		"full-width":  {"青葉　ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ、taro@example.jp。", []Pasted{account("hanako@example.jp"), account("taro@example.jp")}, nil},
		"with a kind": {"keiri@example.jp\t共有\nall@example.jp\tgroup", []Pasted{{Address: "keiri@example.jp", Kind: KindShared}, {Address: "all@example.jp", Kind: KindGroup}}, nil},
		"Shift_JIS":   {sjis, []Pasted{account("hanako@example.jp"), {Address: "keiri@example.jp", Kind: KindShared}}, nil},
		"our columns": {
			"address,kind,aliases,secondary_user,primary_password\nanna@example.test,account,a@example.test b@example.test,anna2,geheim\n",
			[]Pasted{{Address: "anna@example.test", Kind: KindAccount, Aliases: []string{"a@example.test", "b@example.test"}, SecondaryUser: "anna2"}}, nil,
		},
		"an export of Exchange": {
			"DisplayName;PrimarySmtpAddress;RecipientTypeDetails;EmailAddresses\nInfo;info@example.test;SharedMailbox;\"SMTP:info@example.test smtp:office@example.test\"\n",
			[]Pasted{{Address: "info@example.test", Kind: KindShared, Aliases: []string{"office@example.test"}}}, nil,
		},
		"what cannot be read": {
			"anna@example.test\nthe whole team\nno@where@twice@\nanna@example.test\n", []Pasted{account("anna@example.test")},
			[]string{`pasted:2: there is no address in "the whole team". It was left out.`, "pasted:3: no@where@twice@ is not a mail address in plain half-width letters. It was left out.",
				"pasted:4: anna@example.test is listed already, at pasted:1. It was left out."},
		},
		"rows that are none": {
			"address,kind\n,account\nanna@example.test,robot\n\"ben@example.test,account\n", []Pasted{account("anna@example.test")},
			[]string{"pasted:2: there is no address in this row. It was left out.", "pasted:3: what robot is, is not known: account, group or shared. It is taken for an account.",
				"pasted:4: the quotation marks in this row do not match. The row was left out."},
		},
		"a header alone": {"email,type\n", nil, []string{"pasted:1: there are no rows below the names of the columns."}},
		"nothing":        {" \n", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, bad := ReadRecipients("pasted", []byte(c.text))
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("read otherwise (-want +got):\n%s", d)
			}
			var said []string
			for _, p := range bad {
				said = append(said, p.Text())
			}
			if d := cmp.Diff(c.bad, said); d != "" {
				t.Errorf("said otherwise (-want +got):\n%s", d)
			}
		})
	}
}

func TestReadRecipientsOfNoText(t *testing.T) {
	for name, data := range map[string]string{"binary": "\x81\x00\xff\xfe\x81", "too large": strings.Repeat("a", maxFile+1)} {
		if got, bad := ReadRecipients("pasted", []byte(data)); len(got) > 0 || len(bad) != 1 {
			t.Errorf("%s: %v, %v; want one sentence and nothing read", name, got, bad)
		}
	}
}

// Whatever is pasted: what is read are addresses, each once, and every sentence is one.
func FuzzReadRecipients(f *testing.F) {
	f.Add([]byte("Anna <anna@example.test>, ben@example.test\n"))
	f.Add([]byte("address,kind,aliases\n\"anna@example.test\",shared,a@example.test\n"))
	f.Add([]byte("\xff\xfea\x00@\x00b\x00"))
	f.Add([]byte("\x83\x81\x81[\x83\x8b,x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, bad := ReadRecipients("pasted", data)
		seen := map[string]bool{}
		for _, r := range found {
			for _, a := range append([]string{r.Address}, r.Aliases...) {
				if normal, ok := MailboxAddress(a); !ok || normal != a || seen[a] {
					t.Errorf("%q is no address, or twice", a)
				}
				seen[a] = true
			}
		}
		for _, p := range bad {
			checkSentence(t, p)
		}
	})
}
