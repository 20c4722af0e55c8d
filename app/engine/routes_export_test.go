package engine

import (
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Book is the engine's book of routes.
func (e *Engine) Book() interface {
	relay.Routes
	Poke()
} {
	return e.routeBook()
}

// ReadRoutes reads a file of routes.
func ReadRoutes(data []byte) (map[string]relay.Routing, error) { return readRoutes(data) }

// Follow is the book's.
var Follow = (*routeBook).Follow

// BookOf is the book to follow.
func BookOf(e *Engine) *routeBook { return e.routeBook() }

// RouteOf is where mail from a domain leaves.
func RouteOf(e *Engine, domain string) failover.Role { return e.routeBook().Route(domain) }
