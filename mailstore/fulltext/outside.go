package fulltext

import "time"

// Node is a query taken apart, for asking somebody who has an index of their own.
type Node struct {
	Kind  NodeKind
	Parts []Node // of AllOf, AnyOf, and the one of NoneOf
	// Field is where Text is looked for, of WordsIn: "from", "to" (Bcc, too), "cc",
	// "subject", "file"; empty: anywhere. Text is folded, see [Words].
	Field, Text string
	// From and Until bound when a message was received, of ReceivedIn: with the first and
	// without the second; zero: no bound.
	From, Until time.Time
	State       State // of InState
}

// NodeKind is what a Node asks for.
type NodeKind string

// The kinds of nodes.
const (
	AllOf      NodeKind = "all" // also of no parts, which everything fulfils
	AnyOf      NodeKind = "any"
	NoneOf     NodeKind = "none"
	WordsIn    NodeKind = "words"
	ReceivedIn NodeKind = "received"
	HasFiles   NodeKind = "files"
	InState    NodeKind = "state"
)

// Tree is the query taken apart.
func (q Query) Tree() Node {
	if q.root == nil {
		return Node{Kind: AllOf}
	}
	return tree(q.root)
}

func tree(e expr) Node {
	parts := func(kind NodeKind, all ...expr) Node {
		n := Node{Kind: kind}
		for _, e := range all {
			n.Parts = append(n.Parts, tree(e))
		}
		return n
	}
	switch e := e.(type) {
	case and:
		return parts(AllOf, e...)
	case or:
		return parts(AnyOf, e...)
	case not:
		return parts(NoneOf, e.what)
	case words:
		n := Node{Kind: WordsIn, Text: e.text}
		for _, k := range fieldKeys {
			if k.field == e.field {
				n.Field = k.names[0]
			}
		}
		return n
	case dates:
		return Node{Kind: ReceivedIn, From: e.from, Until: e.until}
	case attached:
		return Node{Kind: HasFiles}
	case State:
		return Node{Kind: InState, State: e}
	}
	return Node{Kind: AllOf} // there is no other kind
}
