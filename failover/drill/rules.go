package drill

// check holds a scenario to the rules.
func (p *parser) check(s *Scenario) {}
