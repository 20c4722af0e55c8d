// Package servers starts real DNS and mail servers for tests: BIND, Knot and PowerDNS, Postfix and Dovecot, a root and a
// resolver of their own, and a network namespace in which ports 25 and 53 are free.
//
// Fakes show that Lifeboat does what its authors believe; only the servers that the world runs show whether the belief
// is right. So a contract suite has two backends, one in memory for every run of every developer, and the real one here.
// Only tests and benchmarks import this package.
//
// # How a server runs
//
// A server is a plain child process: no container, no service manager, nothing written outside a directory of its own
// that is removed afterwards. [Run] starts a [Program] in a process group of its own, waits until it really answers (by
// asking it, never by sleeping), keeps what it prints, kills the whole group when the test ends, and shows the log's
// tail when the test failed. A program that is not installed fails the test on Linux with the name of the Debian
// package, and skips it on other systems.
//
// By default a server listens on 127.0.0.1 at a high port that no other test has, so tests that start servers may run in
// parallel. Where the real ports matter (an MX is always port 25), the test moves into a namespace first and chooses its
// addresses from 127.0.0.0/8, all of which exist there:
//
//	func TestDelivery(t *testing.T) {
//		if !servers.InNamespace(t, servers.Namespace{ResolvConf: "nameserver 127.0.0.53\n"}) {
//			return
//		}
//		authority := servers.StartBIND(t, servers.DNSConfig{Listen: []string{"127.0.53.1:53"}, Zones: ...})
//		servers.StartRoot(t, servers.RootConfig{Listen: "127.0.53.10:53", Delegations: ...})
//		servers.StartResolver(t, servers.ResolverConfig{Listen: "127.0.0.53:53", Root: "127.0.53.10"})
//		...
//	}
//
// # How to add a server
//
//  1. Look at its package with the eyes of an ordinary user: which files does it write, where, and which setting moves
//     each into one directory? Pid files, control sockets, state and caches are the usual ones.
//  2. Write StartX(t testing.TB, config XConfig) *X in a file of its own: make the directory with tempDir, write the
//     settings there, choose the address with [FreeAddress] unless the caller gave one, and hand [Run] a [Program] whose
//     Ready asks the server a question that only a working server answers.
//  3. Embed *[Process] in X, so that tests can stop, kill, pause and restart it.
//  4. Name its package, with the reason, in .ci/packages.
//  5. Add a test that starts it and uses it once. It must send nothing beyond loopback: many servers ask for updates,
//     root servers or a security status when they start.
package servers
