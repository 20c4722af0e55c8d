package manual

// SignIn returns what the operator of a console is called and the web page to sign in
// at. Both are empty for a console that Lifeboat does not know by name.
func SignIn(id string) (name, page string) {
	c, err := loadConsole(id)
	if err != nil {
		return "", ""
	}
	return c.Name, c.SignIn
}
