package dkim_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

// verifiers are programs of others that say of each message whether it has a valid
// signature of example.test, given the text of the key's record.
var verifiers = map[string]func(t *testing.T, record string, messages []string) []bool{
	"go-msgauth": byGoMsgauth,
	"dkimpy":     byPython,
	"Mail::DKIM": byPerl,
}

func byGoMsgauth(t *testing.T, record string, messages []string) []bool {
	t.Helper()
	var out []bool
	for _, m := range messages {
		found, err := dkim.VerifyWithOptions(strings.NewReader(m), &dkim.VerifyOptions{
			LookupTXT: func(string) ([]string, error) { return []string{record}, nil },
		})
		if err != nil {
			t.Logf("go-msgauth: %v", err)
		}
		ours := false
		for _, v := range found {
			ours = ours || v.Domain == "example.test" && v.Err == nil
		}
		out = append(out, ours)
	}
	return out
}

const pythonProgram = `
import sys, json, base64, dkim
work = json.load(sys.stdin)
out = []
for m in work["messages"]:
    try:
        out.append(bool(dkim.DKIM(base64.b64decode(m)).verify(dnsfunc=lambda *a, **k: work["record"].encode())))
    except dkim.DKIMException as e:
        sys.stderr.write(str(e) + "\n")
        out.append(False)
json.dump(out, sys.stdout)
`

func byPython(t *testing.T, record string, messages []string) []bool {
	t.Helper()
	return ask(t, record, messages, "python3-dkim", "/usr/bin/python3", "-c", pythonProgram)
}

const perlProgram = `
use strict; use warnings; use JSON::PP; use MIME::Base64; use Mail::DKIM::Verifier; use Mail::DKIM::DNS; use Net::DNS;
my $work = decode_json(join("", <STDIN>));
{ no warnings "redefine"; *Mail::DKIM::DNS::query_async = sub {
    my ($name, $type, %prms) = @_;
    my $record = Net::DNS::RR->new(name => $name, type => "TXT", txtdata => [$work->{record} =~ /(.{1,255})/g]);
    return sub { $prms{Callbacks}{Success}->($record) };
} }
my @out;
for my $m (@{$work->{messages}}) {
  my $v = Mail::DKIM::Verifier->new();
  $v->PRINT(decode_base64($m)); $v->CLOSE;
  push @out, $v->result eq "pass" ? JSON::PP::true : JSON::PP::false;
  print STDERR $v->result_detail, "\n" if $v->result ne "pass";
}
print encode_json(\@out);
`

func byPerl(t *testing.T, record string, messages []string) []bool {
	t.Helper()
	return ask(t, record, messages, "libmail-dkim-perl", "perl", "-e", perlProgram)
}

// ask has a program verify messages. Without it the test fails on Linux, where `make
// test` installs it, and is skipped elsewhere.
func ask(t *testing.T, record string, messages []string, debianPackage, program string, args ...string) []bool {
	t.Helper()
	work := struct {
		Record   string   `json:"record"`
		Messages []string `json:"messages"`
	}{Record: record}
	for _, m := range messages {
		work.Messages = append(work.Messages, base64.StdEncoding.EncodeToString([]byte(m)))
	}
	in, err := json.Marshal(work)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	var said []byte
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		said = exit.Stderr
	}
	if err != nil && runtime.GOOS != "linux" {
		t.Skipf("no verifier here; on Linux this test runs with the Debian package %s", debianPackage)
	}
	if err != nil {
		t.Fatalf("install the Debian package %s (make test does that): %v: %s", debianPackage, err, said)
	}
	var verdicts []bool
	if err := json.Unmarshal(out, &verdicts); err != nil || len(verdicts) != len(messages) {
		t.Fatalf("%s says %q: %v", debianPackage, out, err)
	}
	return verdicts
}
